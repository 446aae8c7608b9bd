"""Which contract version is in force when, what an amendment may change, and what it does change. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sla.contract import Contract

PROPOSED, AGREED, REFUSED, WITHDRAWN = "proposed", "agreed", "refused", "withdrawn"
STATE_LABELS = {PROPOSED: "待对方确认", AGREED: "双方已确认", REFUSED: "对方未同意", WITHDRAWN: "已撤回"}
STEP_LABELS = {PROPOSED: "提出变更", AGREED: "确认变更", REFUSED: "不同意", WITHDRAWN: "撤回"}
AHEAD = timedelta(hours=1)
"""Agreed so long before its day begins, an amendment is known to every process when the day begins."""


class Agreed(NamedTuple):
    """An amendment both parties signed: in force from an instant on."""

    effective_at: datetime
    id: int
    digest: str


class Change(NamedTuple):
    """One value that differs: its path in the file, and the two values; None where there is none."""

    path: str
    old: str | None
    new: str | None


def in_force_at(agreed: Iterable[Agreed], at: datetime) -> str | None:
    """Return the digest of the version in force at `at`; None when no amendment has begun by then.

    Of two that begin on the same day the one agreed on later (the higher id) counts.
    """
    begun = [each for each in agreed if each.effective_at <= at]
    return max(begun).digest if begun else None


def day_begins(day: date, contract: Contract) -> datetime:
    """Return the instant at which a day begins in the contract's zone."""
    return datetime(day.year, day.month, day.day, tzinfo=contract.zone)


def lost_names(current: Contract, draft: Contract) -> list[tuple[str, str]]:
    """Return (kind, name) of everything recorded cases may refer to that the draft no longer has.

    Numbers and readings may change; the keys by which history is recorded may only grow, and number and
    zone make it the same agreement.
    """
    lost = [("number", current.number)] if draft.number != current.number else []
    lost += [("zone", current.zone.key)] if draft.zone.key != current.zone.key else []
    for kind in ("fault_classes", "modules", "payers"):
        mine, theirs = getattr(current, kind), getattr(draft, kind)
        lost += [(kind, key) for key in mine if key not in theirs]
    return lost


def differences(current: str, draft: str) -> list[Change]:
    """Return every value that differs between two contract texts, by its path, in the draft's order."""
    old, new = dict(_leaves(tomllib.loads(current))), dict(_leaves(tomllib.loads(draft)))
    paths = [*new, *(path for path in old if path not in new)]
    return [Change(path, old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path)]


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        for place, each in enumerate(value, start=1):
            name = each.get("key", place) if isinstance(each, Mapping) else place
            yield from _leaves(each, f"{path}.{name}")
    elif isinstance(value, list):
        yield path, "、".join(str(each) for each in value)
    else:
        yield path, str(value)
