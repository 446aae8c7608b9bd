"""The contract's obligations: from its terms and the facts on record to who owes what by when; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from sla.calendars import WorkingDays
from sla.contract import Contract
from sla.obligations import duties
from sla.obligations.duties import Duty
from sla.obligations.facts import Fact, standing, waived
from sla.obligations.lateness import ZERO, LatePeriod, total

UPCOMING, DUE, MET, LATE, MISSED, WAIVED, UNKNOWN = (
    "upcoming", "due", "met", "late", "missed", "waived", "unknown",
)  # fmt: skip
STATE_LABELS = {
    UPCOMING: "未到期",
    DUE: "临近到期",
    MET: "按时履行",
    LATE: "逾期履行",
    MISSED: "逾期未履行",
    WAIVED: "已免除",
    UNKNOWN: "日期待定",
}
OPEN = frozenset({UPCOMING, DUE, MISSED, UNKNOWN})
Payables = Mapping[tuple[str, str], Decimal]
"""(instalment, payer) → what is to be paid."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """One thing that a party owes, as it stands."""

    duty: Duty
    state: str
    days_late: int = 0
    periods: tuple[LatePeriod, ...] = ()
    """The days that cost something, up to now."""
    terminable: bool = False
    """Whether the other side has had the right to terminate."""

    @property
    def key(self) -> str:
        """Names it for good: in deadlines, waivers, calendars."""
        return self.duty.key

    @property
    def due(self) -> date | None:
        """The last day on which it is met in time."""
        return self.duty.due

    @property
    def open(self) -> bool:
        """Whether it still has to be done."""
        return self.state in OPEN

    @property
    def charge(self) -> Decimal:
        """What being late has cost up to now."""
        return total(self.periods)


def assess(
    contract: Contract,
    facts: Iterable[Fact],
    payables: Payables,
    calendar: WorkingDays,
    today: date,
) -> list[Obligation]:
    """Return every obligation of the contract, by due date; those without one last."""
    known = standing(facts)
    found = [
        *duties.delivery(contract, known, calendar),
        *duties.invoices(contract, known),
        *duties.payments_due(contract, known, payables),
        *duties.drills(contract, known),
        *duties.answers(contract, known),
        *duties.assessments(contract, known),
    ]
    judged = [_judge(contract, duty, known, today) for duty in found]
    return sorted(judged, key=lambda each: (each.due or date.max, each.key))


def _judge(contract: Contract, duty: Duty, facts: tuple[Fact, ...], today: date) -> Obligation:
    soon = timedelta(days=max(contract.obligations.remind_days, default=0))
    if waived(facts, duty.key):
        return Obligation(replace(duty, charged=None), WAIVED)
    if duty.due is None:
        return Obligation(duty, UNKNOWN)
    end = duty.done or today
    days_late = max(0, (end - duty.due).days)
    if duty.done:
        state = LATE if days_late else MET
    elif duty.settled:
        state = MET
    else:
        state = MISSED if days_late else DUE if duty.due - today <= soon else UPCOMING
    periods = duty.charged(today) if duty.charged else ()
    terminable = duty.terminable_from is not None and end >= duty.terminable_from
    return Obligation(duty, state, 0 if duty.settled else days_late, periods, terminable)


def overdue(found: Iterable[Obligation]) -> list[Obligation]:
    """Return what should have been done and is not."""
    return [each for each in found if each.state == MISSED]


def charges(found: Iterable[Obligation], owed_by: str) -> Decimal:
    """Return what a party's lateness has cost so far."""
    return sum((each.charge for each in found if each.duty.owed_by == owed_by), ZERO)
