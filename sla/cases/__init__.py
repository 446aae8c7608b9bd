"""Judged cases: the newest verdict on every subject, and all earlier ones, readable for ever."""
