"""What a report consists of, before it becomes page, paper or workbook: each of them writes these alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from kernel.web import formats

NOTHING = formats.NOTHING


class Figure(NamedTuple):
    """One value: as people read it, as a workbook keeps it, and the list it leads to."""

    text: str
    value: str | int | Decimal | None = None
    href: str | None = None
    tone: str | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; `numeric` are the columns set to the right, `more` is said below when rows are left out."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Figure]]
    numeric: frozenset[int] = frozenset()
    widths: Sequence[float] = ()
    total: Sequence[Figure] | None = None
    empty: str = ""
    more: Figure | None = None
    kind: str = "grid"


@dataclass(frozen=True, slots=True)
class Numbers:
    """Single figures with their names."""

    items: Sequence[tuple[str, Figure]]
    kind: str = "numbers"


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart of the shell: `macro` with its arguments."""

    macro: str
    title: str
    rows: Sequence[dict[str, Any]]
    kind: str = "picture"


Part = Grid | Numbers | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report under a heading."""

    key: str
    title: str
    parts: Sequence[Part]
    note: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


def count(value: int, href: str | None = None, tone: str | None = None) -> Figure:
    """A number of things."""
    return Figure(f"{value:,}", value, href, tone if value else None)


def words(text: str | None, href: str | None = None) -> Figure:
    """A text."""
    return Figure(text or NOTHING, text or NOTHING, href)


def percent(value: str | None, href: str | None = None, tone: str | None = None) -> Figure:
    """A share in percent, as the figures keep it."""
    if value is None:
        return Figure(NOTHING, None, href)
    return Figure(f"{value}%", Decimal(value), href, tone)


def yuan(value: str, href: str | None = None) -> Figure:
    """An amount of money."""
    return Figure(formats.money(value), Decimal(value), href)


def seconds(value: int | None) -> Figure:
    """A duration; a workbook keeps its seconds."""
    return Figure(formats.duration(value), value)


def moment(value: str | None, zone: ZoneInfo) -> Figure:
    """A time, as the figures keep it."""
    text = formats.localtime(None if value is None else datetime.fromisoformat(value), zone)
    return Figure(text, text)
