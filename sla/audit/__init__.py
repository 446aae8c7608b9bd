"""Audit of a foreign incident log against a contract (contract.md §4); needs no database."""
