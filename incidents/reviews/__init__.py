"""Reviews after closing: what caused it, what was done, what keeps it from coming back, and by whom."""
