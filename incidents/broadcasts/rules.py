"""Rules of a broadcast slot; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

SCHEDULED, SENT, LATE, MISSED, CLOSING = "scheduled", "sent", "late", "missed", "closing"
CLOSING_SLOT = -1
FIELDS = ("impact", "progress", "next_step", "expected")
LABELS = {"impact": "影响范围", "progress": "处置进展", "next_step": "下一步措施", "expected": "预计恢复时间"}
STATE_LABELS = {SCHEDULED: "待通报", SENT: "按时", LATE: "迟报", MISSED: "漏报", CLOSING: "恢复通报"}
EVENT_WORDS = {
    SCHEDULED: "待通报",
    SENT: "通报按时",
    LATE: "通报迟报",
    MISSED: "通报漏报",
    CLOSING: "恢复通报",
}
AUTOMATIC = "自动通报，暂无新的进展。"


class Receipt(NamedTuple):
    """How one recipient was told: accepted outside the platform, or opened inside it."""

    person_id: int
    name: str
    address: str
    accepted_at: datetime | None
    opened_at: datetime | None
    answer: str | None

    @property
    def reached_at(self) -> datetime | None:
        """The earliest instant at which the recipient counts as reached."""
        times = [t for t in (self.accepted_at, self.opened_at) if t]
        return min(times) if times else None


def reached_at(receipts: Sequence[Receipt]) -> datetime | None:
    """Return when the last recipient was reached; None while somebody isn't, or with nobody to tell."""
    times = [r.reached_at for r in receipts]
    if not times or any(t is None for t in times):
        return None
    return max(t for t in times if t is not None)


def slot_state(due: datetime, tolerance: timedelta, now: datetime, reached: datetime | None) -> str:
    """Return the state of a slot: on time when everybody was reached by due + tolerance (§2.8)."""
    limit = due + tolerance
    if reached is not None:
        return SENT if reached <= limit else LATE
    return SCHEDULED if now <= limit else MISSED


def has_words(text: Mapping[str, str] | None) -> bool:
    """Whether a person has written anything for the slot."""
    return any((text or {}).get(name, "").strip() for name in FIELDS)
