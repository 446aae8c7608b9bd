"""Alembic migrations; they ship with the product."""
