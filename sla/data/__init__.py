"""Tables that ship with the product."""
