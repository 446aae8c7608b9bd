"""A probe while it runs: results come in, changes and figures come out; nothing here writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo

from incidents.monitoring import rules
from incidents.monitoring.probes import Result, Spec
from incidents.monitoring.rules import Limits, Standing, Window


@dataclass(frozen=True, slots=True)
class Change:
    """The state of a probe has changed; in the order in which it happened."""

    tracker: Tracker
    before: Standing
    after: Standing
    at: datetime
    words: str
    detail: str


@dataclass(slots=True)
class Day:
    """What has been counted of a day since the last time it was written."""

    checks: int = 0
    failures: int = 0
    seen: float = 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What is to be written of a probe now and then."""

    probe_id: int
    days: dict[date, Day]
    last: Result | None
    checked_at: datetime | None


@dataclass(slots=True)
class Tracker:
    """One probe's configuration, where it stands, and what has not been written yet."""

    id: int
    key: str
    name: str
    kind: str
    spec: Spec
    interval: int
    timeout: float
    limits: Limits
    module: str | None
    payer: str | None
    fault_class: str | None
    windows: tuple[Window, ...]
    version: int
    standing: Standing = field(default_factory=Standing)
    last: Result | None = None
    checked_at: datetime | None = None
    days: dict[date, Day] = field(default_factory=dict)

    def take(self, result: Result, at: datetime, zone: tzinfo) -> Change | None:
        """Take in a result; returns the change it makes, if any."""
        day = self.days.setdefault(at.astimezone(zone).date(), Day())
        gap = (at - self.checked_at).total_seconds() if self.checked_at else float(self.interval)
        day.checks += 1
        day.failures += not result.ok
        day.seen += rules.counted(gap, self.interval)
        self.last, self.checked_at = result, at
        return self._move(rules.advance(self.standing, self.limits, at, ok=result.ok), at, result)

    def rest(self, at: datetime) -> Change | None:
        """It is maintained now: nobody asks, and nothing counts."""
        self.checked_at = None
        if self.standing.state == rules.MAINTENANCE:
            return None
        return self._move(Standing(rules.MAINTENANCE, at, flaps=self.standing.flaps), at, None)

    def _move(self, after: Standing, at: datetime, result: Result | None) -> Change | None:
        before, self.standing = self.standing, after
        if before.state == after.state:
            return None
        words, detail = (result.words, result.detail) if result else ("", "")
        return Change(self, before, after, at, words, detail)

    def figures(self) -> Figures:
        """Hand over what has been counted."""
        found, self.days = self.days, {}
        return Figures(self.id, found, self.last, self.checked_at)
