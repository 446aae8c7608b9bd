"""What party B asks of party A, and what has no effect on the contract's verdict before A decides."""
