"""Exclusion claims over many incidents: claimed once, decided once for all or for each (第二十九条)."""
