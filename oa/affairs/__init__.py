"""Affairs of the office: duty roster."""
