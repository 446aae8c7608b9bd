"""The kernel: what every package of the product stands on, with no business word in it."""
