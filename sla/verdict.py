"""Judges one incident: a pure function of (contract version, events, as-of time).

The contract's view is the customer's: only what party A approved or countersigned changes it. The
provider's view, always given beside it, takes every claim that is not refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from sla.contract import Contract
from sla.events import Event
from sla.exclusions import Exclusion, holes
from sla.facts import Facts
from sla.fold import NotStartedError, fold
from sla.grid import Grid, slots_missed, slots_owed
from sla.intervals import Span, measured, used_up

__all__ = ["Backup", "ClockVerdict", "NotStartedError", "Verdict", "judge", "penalty_of_case"]

CLOCK_STATES = ("met", "missed", "pending", "excluded", "unobserved")
MET, MISSED, PENDING, EXCLUDED, UNOBSERVED = CLOCK_STATES
BACKUP_STATES = OPEN, LATE = "open", "late"
_FEN = Decimal("0.01")
_NOTHING = Decimal("0.00")
_CONTRACT_VIEW = ("approved",)
_PROVIDER_VIEW = ("approved", "claimed")


class ClockVerdict(NamedTuple):
    """One clock: ``state`` is met, missed, pending, excluded or unobserved; time counted in whole seconds."""

    obligation: str
    article: str
    started_at: datetime
    due_at: datetime
    state: str
    counted_seconds: int
    ended_at: datetime | None


class Backup(NamedTuple):
    """The duty to bring backup equipment into service (第十五条): ``open``, then ``late``."""

    due_at: datetime
    state: str


class Verdict(NamedTuple):
    """Everything that follows from an incident's events; times in UTC, money in yuan."""

    contract: Contract
    events: Sequence[Event]
    as_of: datetime
    started_at: datetime
    fault_class: str
    claimed_class: str
    response: ClockVerdict
    repair: ClockVerdict
    provider_repair: ClockVerdict
    outages: tuple[Grid, ...]
    exclusions: tuple[Exclusion, ...]
    restored_at: datetime | None
    major_since: datetime | None
    grids: tuple[Grid, ...]
    slots: int
    slots_missed: int
    backup_obligation: Backup | None
    penalty_cases: int
    penalty: Decimal
    data_faults: int
    excluded: str | None
    drill: bool
    modules: frozenset[str]
    payers: frozenset[str]

    @property
    def down(self) -> bool:
        """Whether service is down at the as-of time."""
        return self.outages[-1][1] is None

    @property
    def readings(self) -> tuple[str, ...]:
        """The keys of the contract's readings that had a part in this verdict."""
        from sla.readings import readings_used

        return readings_used(self)

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON-like values, times in the contract's zone."""
        from sla.verdict_form import as_dict

        return as_dict(self)

    def digest(self) -> str:
        """Return the SM3 over contract version, events, as-of time and result."""
        return self.sealed()[1]

    def sealed(self) -> tuple[str, str]:
        """Return the result as canonical JSON, and the digest."""
        from sla.verdict_form import sealed

        return sealed(self)


class _View(NamedTuple):
    """What one side says about the repair clock."""

    limit: timedelta
    holes: list[Span]


def judge(contract: Contract, events: Sequence[Event], as_of: datetime) -> Verdict:
    """Return the verdict on one incident at ``as_of``; later events are as if they had not happened.

    ``events`` may come in any order; they are taken by (``at``, ``seq``). ``as_of`` carries an offset.
    Raises ``NotStartedError`` when no detection or report is among them yet.
    """
    facts = fold(contract, events, as_of)
    in_force, claimed = facts.class_in_force(), facts.claimed_class()
    exclusions = facts.claims.exclusions() if facts.claims is not None else []
    spans = facts.outages
    outages: list[Grid] = [*spans]
    if facts.down_since is not None:
        spans = [*spans, (facts.down_since, as_of)]
        outages.append((facts.down_since, None))
    all_grids = _grids(facts, as_of) if facts.down_since is not None else tuple(facts.grids)

    repair = _repair(facts, _view(contract, in_force, exclusions, _CONTRACT_VIEW, as_of), spans)
    provider = repair
    if claimed != in_force or exclusions:
        provider = _repair(facts, _view(contract, claimed, exclusions, _PROVIDER_VIEW, as_of), spans)
    missed = slots_missed(contract, all_grids, facts.sent, as_of) if all_grids else 0
    response = _response(facts, as_of)
    cases = _cases(facts, response, repair, missed)
    return Verdict(
        contract,
        facts.events,
        as_of,
        facts.started_at,
        in_force,
        claimed,
        response,
        repair,
        provider,
        tuple(outages),
        tuple(exclusions),
        facts.outages[-1][1] if facts.down_since is None else None,
        all_grids[0][0] if all_grids else None,
        all_grids,
        slots_owed(contract, all_grids, as_of) if all_grids else 0,
        missed,
        _backup(facts, in_force, repair, outages),
        cases,
        cases * penalty_of_case(contract, facts.payers) if cases else _NOTHING,
        facts.faults,
        facts.excluded,
        facts.drill,
        frozenset(facts.modules),
        frozenset(facts.payers),
    )


def _view(
    contract: Contract, key: str, exclusions: list[Exclusion], states: tuple[str, ...], as_of: datetime
) -> _View:
    return _View(contract.fault_classes[key].limit, holes(exclusions, states, as_of) if exclusions else [])


def _grids(facts: Facts, as_of: datetime) -> tuple[Grid, ...]:
    """Return the grids while service is down; an open outage is long from the very limit on."""
    major_at = facts.major_until(as_of + timedelta.resolution)
    return tuple(facts.grids) if major_at is None else (*facts.grids, (major_at, None))


def _seconds(span: timedelta) -> int:
    return span.days * 86400 + span.seconds


def _response(facts: Facts, as_of: datetime) -> ClockVerdict:
    rule, start, ended = facts.contract.response, facts.started_at, facts.responded_at
    due = start + rule.limit
    if facts.excluded is not None:
        state = EXCLUDED
    elif ended is not None:
        state = MET if ended <= due else MISSED
    elif as_of <= due:
        state = PENDING
    else:
        state = MISSED if facts.closed or not _unseen(facts, due) else UNOBSERVED
    counted = _seconds((ended or facts.agreed_at or as_of) - start)
    return ClockVerdict("response", rule.article, start, due, state, counted, ended)


def _repair(facts: Facts, view: _View, spans: list[Span]) -> ClockVerdict:
    down = facts.down_since is not None
    counted = measured(spans, view.holes)
    due = used_up(spans, view.holes, view.limit)
    if facts.excluded is not None:
        state = EXCLUDED
    elif counted <= view.limit:
        state = PENDING if down else MET
    else:
        state = UNOBSERVED if down and not facts.closed and _unseen(facts, due) else MISSED
    ended = None if down else spans[-1][1]
    article = facts.contract.repair.article
    return ClockVerdict("repair", article, facts.started_at, due, state, _seconds(counted), ended)


def _unseen(facts: Facts, due: datetime) -> bool:
    """Whether the platform was blind at the due instant, so that silence proves nothing."""
    running = facts.blind_from is not None and facts.blind_from <= due
    return running or any(start <= due <= end for start, end in facts.blind)


def _backup(facts: Facts, in_force: str, repair: ClockVerdict, outages: list[Grid]) -> Backup | None:
    if not facts.contract.fault_classes[in_force].backup or repair.state not in (MISSED, UNOBSERVED):
        return None
    served = any(end is not None and end > repair.due_at for _, end in outages)
    return Backup(repair.due_at, LATE if served else OPEN)


def _cases(facts: Facts, response: ClockVerdict, repair: ClockVerdict, slots: int) -> int:
    if facts.drill or facts.excluded is not None:
        return 0
    options = facts.contract.options
    missed = (response.state == MISSED) + (repair.state == MISSED)
    missed += options.broadcast_penalised and slots > 0
    return missed if options.penalty_per == "clock" else min(missed, 1)


def penalty_of_case(contract: Contract, payers: set[str] | frozenset[str]) -> Decimal:
    """Return the yuan of one case (第二十五条), to the fen, half up.

    The base is the annual fee, or by option the shares of the payers touched; names that are not payers
    of the contract have no share.
    """
    base = contract.annual_fee
    if contract.options.penalty_base == "affected_payers":
        base = sum((contract.payers[key].annual_fee for key in payers if key in contract.payers), _NOTHING)
    return (base * contract.penalty.rate).quantize(_FEN, ROUND_HALF_UP)
