"""What being late costs by the day (第二十四条、第二十六条), each day rounded half up to the fen; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from sla.contract import Contract

FEN = Decimal("0.01")
ZERO = Decimal("0.00")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LatePeriod:
    """Days in a row, first and last included, that cost the same each."""

    first: date
    last: date
    base: Decimal
    per_day: Decimal

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    @property
    def amount(self) -> Decimal:
        """What they cost together."""
        return self.per_day * self.days


def fen(amount: Decimal) -> Decimal:
    """Round to the fen, half up."""
    return amount.quantize(FEN, ROUND_HALF_UP)


def total(periods: Sequence[LatePeriod]) -> Decimal:
    """Return what the periods cost together."""
    return sum((each.amount for each in periods), ZERO)


def late_delivery(
    contract: Contract, due: date, delivered: date | None, until: date
) -> tuple[LatePeriod, ...]:
    """Return the days after `due` up to the delivery, or up to `until` while there is none."""
    last = min(delivered or until, until)
    if last <= due:
        return ()
    per_day = fen(contract.annual_fee * contract.delivery.late_rate_per_day)
    return (LatePeriod(due + DAY, last, contract.annual_fee, per_day),)


def first_chargeable(contract: Contract, due: date) -> date:
    """Return the first day on which money unpaid costs something: after the due date and the grace."""
    return due + DAY * (contract.late_payment.grace_days + 1)


def late_payment(
    contract: Contract, due: date, owed: Decimal, paid: Sequence[tuple[date, Decimal]], until: date
) -> tuple[LatePeriod, ...]:
    """Return the chargeable days up to `until`, split where a payment changed what was unpaid.

    A day counts with what was unpaid when it began: money that arrives on a day still was late that day.
    """
    rate = contract.late_payment.rate_per_day
    start = first_chargeable(contract, due)
    changes = sorted({start, *(day + DAY for day, _ in paid if start < day + DAY <= until)})
    periods = []
    for position, begin in enumerate(changes):
        end = changes[position + 1] - DAY if position + 1 < len(changes) else until
        unpaid = owed - sum((amount for day, amount in paid if day < begin), ZERO)
        if unpaid > ZERO and begin <= end:
            periods.append(LatePeriod(begin, end, unpaid, fen(unpaid * rate)))
    return tuple(periods)
