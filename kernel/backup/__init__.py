"""Backups: one file with a consistent state of database and files, and a digest of each part."""
