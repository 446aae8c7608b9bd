"""Half-yearly settlement: each payer's part of an instalment, what is deducted, what is carried over; pure.

Everything is exact to the fen: parts sum to their whole by the method of the largest remainder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal

from sla.contract import Contract, Instalment
from sla.obligations.facts import Fact, payments, waived
from sla.obligations.lateness import FEN, ZERO, fen, late_delivery, late_payment, total

PENALTY, CREDIT, LATE_DELIVERY = "penalty", "credit", "late_delivery"
CHARGE_LABELS = {PENALTY: "违约金", CREDIT: "冲回退还", LATE_DELIVERY: "逾期交付"}
DEDUCT_LABELS = {"city": "集中从一方份额扣除，不足部分结转下期", "pro_rata": "各付款方按份额分摊"}


@dataclass(frozen=True, slots=True)
class Charge:
    """Something deducted (positive) or given back (negative), with what it rests on."""

    kind: str
    ref: str
    """The penalty's number, or `delivery`."""
    amount: Decimal
    on: date
    """The day from which it may be settled."""
    clause: str = ""
    incident: str | None = None
    title: str = ""
    row: int | None = None
    """The penalty's id, while it is not yet settled."""


@dataclass(frozen=True, slots=True)
class LateCharge:
    """What party A owes for an earlier instalment that a payer paid late (第二十六条)."""

    payer: str
    instalment: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """One payer in one instalment."""

    payer: str
    share: Decimal
    brought: Decimal
    """Deductions carried over from the instalment before."""
    charged: Decimal
    """This instalment's charges that fall on the payer."""
    deducted: Decimal
    carried: Decimal
    late: Decimal
    """The price of having paid earlier instalments late."""

    @property
    def payable(self) -> Decimal:
        """What is to be paid of this instalment; being late with it costs by the day."""
        return self.share - self.deducted

    @property
    def total(self) -> Decimal:
        """What is to be paid, with the price of earlier lateness."""
        return self.payable + self.late


@dataclass(frozen=True, slots=True)
class Statement:
    """The settlement of one instalment."""

    instalment: str
    year: int
    half: int
    due: date
    cut_off: date
    """Charges up to this day are in it."""
    charges: tuple[Charge, ...]
    late: tuple[LateCharge, ...]
    lines: tuple[Line, ...]

    def line(self, payer: str) -> Line:
        """Return a payer's line."""
        return next(line for line in self.lines if line.payer == payer)


def half_of(contract: Contract, instalment: Instalment) -> tuple[int, int]:
    """Return the year of an instalment and its number in that year, by which people ask for it."""
    year = instalment.due.year
    same = sorted(each.due for each in contract.instalments if each.due.year == year)
    return year, same.index(instalment.due) + 1


def instalment_of(contract: Contract, year: int, half: int) -> Instalment | None:
    """Return the instalment of a half-year."""
    return next((i for i in contract.instalments if half_of(contract, i) == (year, half)), None)


def shares(contract: Contract, instalment: Instalment) -> dict[str, Decimal]:
    """Return each payer's part; over all instalments a payer's parts sum to its annual fee."""
    before = sum(
        (i.share for i in contract.instalments[: contract.instalments.index(instalment)]), Decimal(0)
    )
    return {
        payer.key: fen(payer.annual_fee * (before + instalment.share)) - fen(payer.annual_fee * before)
        for payer in contract.payers.values()
    }


def allocate(amount: Decimal, weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Divide an amount by weights, to the fen, so that the parts sum to it; equal remainders go by order."""
    whole, sign = sum(weights.values(), Decimal(0)), -1 if amount < 0 else 1
    exact = {key: abs(amount) * weight / whole for key, weight in weights.items()}
    parts = {key: value.quantize(FEN, ROUND_FLOOR) for key, value in exact.items()}
    missing = int((abs(amount) - sum(parts.values(), ZERO)) / FEN)
    for key in sorted(weights, key=lambda k: parts[k] - exact[k])[:missing]:
        parts[key] += FEN
    return {key: part * sign for key, part in parts.items()}


def share_out(contract: Contract, amount: Decimal) -> dict[str, Decimal]:
    """Return on whom an amount falls by the option `deduct_from` (contract.md §2.12)."""
    payers = contract.payers
    if contract.options.deduct_from == "pro_rata":
        return allocate(amount, {key: payer.annual_fee for key, payer in payers.items()})
    bearer = "city" if "city" in payers else next(iter(payers))
    return {key: amount if key == bearer else ZERO for key in payers}


@dataclass(frozen=True, slots=True)
class Record:
    """What a settlement rests on, besides the contract: facts that stand, and the delivery's due date."""

    facts: tuple[Fact, ...]
    delivery_due: date | None


def settle(
    contract: Contract,
    instalment: Instalment,
    earlier: Sequence[Statement],
    items: Iterable[Charge],
    record: Record,
    cut_off: date,
) -> Statement:
    """Return the statement of an instalment from the earlier ones, the ledger's items and the record."""
    charges = [*items, *_delivery(contract, earlier, record, cut_off)]
    falls = share_out(contract, sum((charge.amount for charge in charges), ZERO))
    late = tuple(_late_charges(contract, earlier, record, cut_off))
    year, half = half_of(contract, instalment)
    return Statement(
        instalment=instalment.key,
        year=year,
        half=half,
        due=instalment.due,
        cut_off=cut_off,
        charges=tuple(charges),
        late=late,
        lines=tuple(
            _line(payer, share, _brought(earlier, payer), falls[payer], late)
            for payer, share in shares(contract, instalment).items()
        ),
    )


def _line(
    payer: str, share: Decimal, brought: Decimal, charged: Decimal, late: tuple[LateCharge, ...]
) -> Line:
    wanted = brought + charged
    deducted = min(wanted, share)
    owed = sum((each.amount for each in late if each.payer == payer), ZERO)
    return Line(payer, share, brought, charged, deducted, wanted - deducted, owed)


def _brought(earlier: Sequence[Statement], payer: str) -> Decimal:
    return earlier[-1].line(payer).carried if earlier else ZERO


def _delivery(
    contract: Contract, earlier: Sequence[Statement], record: Record, cut_off: date
) -> list[Charge]:
    """Return what late delivery came to since the earlier statements (第二十四条)."""
    if record.delivery_due is None:
        return []
    delivered = next((fact.on for fact in record.facts if fact.kind == "delivery_reported"), None)
    waiver = waived(record.facts, "delivery")
    periods = () if waiver else late_delivery(contract, record.delivery_due, delivered, cut_off)
    known = [charge for each in earlier for charge in each.charges if charge.kind == LATE_DELIVERY]
    before = sum((charge.amount for charge in known), ZERO)
    words = [f"{each.first} — {each.last}：{each.days} × {each.per_day}" for each in periods]
    title = " ".join([*words, *([f"− {before}"] if known else [])])
    if rest := total(periods) - before:
        return [Charge(LATE_DELIVERY, "delivery", rest, cut_off, contract.delivery.article, title=title)]
    return []


def _late_charges(
    contract: Contract, earlier: Sequence[Statement], record: Record, cut_off: date
) -> Iterable[LateCharge]:
    """Yield what paying the earlier instalments late came to since the earlier statements."""
    for statement in earlier:
        for line in statement.lines:
            cost = late_cost(contract, statement, line, record.facts, cut_off)
            known = [
                each.amount
                for other in earlier
                for each in other.late
                if (each.payer, each.instalment) == (line.payer, statement.instalment)
            ]
            if rest := cost - sum(known, ZERO):
                yield LateCharge(line.payer, statement.instalment, rest)


def late_cost(
    contract: Contract, statement: Statement, line: Line, facts: tuple[Fact, ...], until: date
) -> Decimal:
    """Return what paying one line late has cost up to a day."""
    if waived(facts, f"payment:{statement.instalment}:{line.payer}"):
        return ZERO
    paid = payments(facts, statement.instalment, line.payer)
    return total(late_payment(contract, statement.due, line.payable, paid, until))


def cut_off(instalment: Instalment, today: date) -> date:
    """Return the day up to which charges belong to an instalment that is drawn up today."""
    return min(instalment.due, today)


def in_time(items: Iterable[Charge], until: date) -> list[Charge]:
    """Return the ledger's items that may be settled by a day."""
    return [item for item in items if item.on <= until]
