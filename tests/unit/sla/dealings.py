"""Short ways to write facts and contracts for money and obligations."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from sla.calendars import chinese_working_days
from sla.contract import Contract
from sla.contract_file import load_contract
from sla.obligations import duties
from sla.obligations.facts import Fact, standing
from sla.obligations.rules import Obligation, assess
from sla.settlement import rules
from sla.settlement.rules import Charge, Record, Statement

HUAIBEI = load_contract("huaibei-2025")
CALENDAR = chinese_working_days()


def contract(**options: Any) -> Contract:
    """Return the contract of Huaibei with other options."""
    return replace(HUAIBEI, options=replace(HUAIBEI.options, **options))


def day(text: str) -> date:
    """Read 03-31 as a day of 2025, or a whole date."""
    return date.fromisoformat(text if len(text) > 5 else f"2025-{text}")


def facts(*rows: tuple[Any, ...]) -> tuple[Fact, ...]:
    """Return facts from (kind, day, {fields})."""
    return tuple(
        Fact(number, kind, day(on), **(more[0] if more else {}))
        for number, (kind, on, *more) in enumerate(rows, 1)
    )


def paid(payer: str, on: str, amount: str, instalment: str = "h1") -> tuple[Any, ...]:
    """Return the row of a payment."""
    return ("payment_received", on, {"payer": payer, "instalment": instalment, "amount": Decimal(amount)})


def full(terms: Contract = HUAIBEI) -> dict[tuple[str, str], Decimal]:
    """Return what every payer owes without any deduction."""
    return {
        (i.key, payer): share for i in terms.instalments for payer, share in rules.shares(terms, i).items()
    }


def obligations(
    *rows: tuple[Any, ...], today: str = "06-01", terms: Contract = HUAIBEI
) -> dict[str, Obligation]:
    """Return the obligations by key."""
    found = assess(terms, facts(*rows), full(terms), CALENDAR, day(today))
    return {each.key: each for each in found}


def penalty(amount: str, on: str = "02-10", number: int = 1) -> Charge:
    """Return a penalty that has become final, or a credit when the amount is negative."""
    value = Decimal(amount)
    kind = rules.PENALTY if value > 0 else rules.CREDIT
    return Charge(kind, f"P2025-{number:04d}", value, day(on))


def statements(
    terms: Contract, items: list[list[Charge]], *rows: tuple[Any, ...], cut_off: str | None = None
) -> list[Statement]:
    """Settle the instalments one after the other, each with its own items."""
    record = Record(standing(facts(*rows)), duties.delivery_due(terms, CALENDAR))
    done: list[Statement] = []
    for instalment, charges in zip(terms.instalments, items, strict=False):
        until = day(cut_off) if cut_off else instalment.due
        done.append(rules.settle(terms, instalment, done, charges, record, until))
    return done
