"""Contract files that ship with the product; another city adds its own TOML file."""
