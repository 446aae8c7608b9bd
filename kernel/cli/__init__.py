"""The command line's kernel part: serving, administration, backup."""
