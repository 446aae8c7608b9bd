"""Reminders of what awaits a decision: rows of the one engine that have no effect but a message. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple


class Reminder(NamedTuple):
    """A deadline of the one engine; it reminds and decides nothing."""

    clock: str
    rung: str
    due_at: datetime


def growing(clock: str, since: datetime, now: datetime, pause: timedelta) -> Reminder:
    """Return the next reminder: one pause after `since`, then after twice that, four times …"""
    rung, due = 1, since + pause
    while due <= now:
        rung, due = rung + 1, since + pause * 2**rung
    return Reminder(clock, str(rung), due)
