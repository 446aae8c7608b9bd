"""The page being rendered: its time, zone and token, for filters and macros that take no request."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where a page is made."""

    now: datetime
    zone: ZoneInfo
    csrf: str = ""


_moment: ContextVar[Moment] = ContextVar("moment")


def moment() -> Moment:
    """Return the moment of the running request; outside of one, an error says so."""
    try:
        return _moment.get()
    except LookupError:
        raise RuntimeError("no page is being rendered: call use_moment first") from None


def use_moment(value: Moment) -> None:
    """Render in `value` from here on in this context."""
    _moment.set(value)


def aware(at: datetime) -> datetime:
    """Return `at`, refusing a time without a zone: it would be shown wrong without a sign of it."""
    if at.tzinfo is None:
        raise ValueError(f"naive datetime {at!r}: times are aware and UTC")
    return at.astimezone(UTC)
