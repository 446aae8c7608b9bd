"""What a drill measured: outages from samples, and whether each limit of the plan was kept. All pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


class Sample(NamedTuple):
    """One answer of a probe: seconds since the drill began, and whether it was good."""

    at: float
    ok: bool


class Outage(NamedTuple):
    """From the last good answer to the first of enough good ones in a row; `ended` None: not yet."""

    began: float
    ended: float | None

    @property
    def seconds(self) -> float | None:
        """How long it lasted, None while it lasts."""
        return None if self.ended is None else self.ended - self.began


def outage(samples: Sequence[Sample], since: float, need: int) -> Outage | None:
    """Return the first outage after `since`, merged over relapses shorter than `need` good answers.

    It counts from the last good answer before the first bad one, because nobody knows better; None when
    the probe never failed. Samples must be in order of time.
    """
    began: float | None = None
    last_good: float | None = None
    streak: list[float] = []
    for sample in samples:
        if began is None:
            if sample.ok:
                last_good = sample.at
            elif sample.at >= since:
                began = max(since, last_good) if last_good is not None else since
            continue
        streak = [*streak, sample.at] if sample.ok else []
        if len(streak) >= need:
            return Outage(began, streak[0])
    return None if began is None else Outage(began, None)


def steady(samples: Sequence[Sample], need: int) -> bool:
    """Whether the last `need` answers were all good."""
    return len(samples) >= need and all(sample.ok for sample in samples[-need:])


def failing_for(samples: Sequence[Sample], now: float) -> float:
    """Return for how many seconds the probe has been failing without a good answer in between."""
    failing = 0.0
    for sample in reversed(samples):
        if sample.ok:
            break
        failing = now - sample.at
    return failing


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing the plan demands: what was wanted, what came out, and whether that is enough."""

    key: str
    """rto, rpo, probe:<name>, step:<id>, measured:<name>."""
    wanted: float | str | None
    found: float | str | None
    met: bool

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {"key": self.key, "wanted": self.wanted, "found": self.found, "met": self.met}


def rto_of(outages: Iterable[Outage | None]) -> float | None:
    """Return the seconds from the first service lost to the last one back; None while any is still out.

    0 when no probe noticed anything.
    """
    seen = [each for each in outages if each is not None]
    if any(each.ended is None for each in seen):
        return None
    if not seen:
        return 0.0
    return max(each.ended or 0.0 for each in seen) - min(each.began for each in seen)


def lost_rows(measured: Mapping[str, Any]) -> int | None:
    """Return the rows lost by what playbooks measured: said outright, or counted before and after.

    None when nobody counted. More rows than before is no loss: somebody went on working.
    """
    for name in ("rows_lost", "lost_rows"):
        if measured.get(name) is not None:
            return int(measured[name])
    before, after = measured.get("rows_before"), measured.get("rows_after")
    if before is None or after is None:
        return None
    return max(0, int(before) - int(after))


def judge(
    *,
    rto: float | None,
    rto_limit: float | None,
    lost_rows: int | None,
    rpo_limit: int | None,
    must: Mapping[str, bool],
    steps: Mapping[str, tuple[float, float | None]],
) -> list[Criterion]:
    """Return every criterion; the drill has passed when all are met.

    `steps` maps a response step to its limit and to the seconds it took (None: never done). What could not
    be measured counts as not met: silence is no proof.
    """
    found = []
    if rto_limit is not None:
        found.append(Criterion("rto", rto_limit, rto, rto is not None and rto <= rto_limit))
    if rpo_limit is not None:
        met = lost_rows is not None and lost_rows <= rpo_limit
        found.append(Criterion("rpo", rpo_limit, lost_rows, met))
    found += [Criterion(f"probe:{name}", "ok", "ok" if ok else "failed", ok) for name, ok in must.items()]
    for key, (limit, took) in steps.items():
        found.append(Criterion(f"step:{key}", limit, took, took is not None and took <= limit))
    return found


def passed(criteria: Iterable[Criterion]) -> bool:
    """Whether everything the plan demands was kept."""
    return all(each.met for each in criteria)
