"""The duties that the contract's articles make, one function an article; pure."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from sla.calendars import CalendarMissing, WorkingDays, add_days
from sla.contract import Contract, Instalment
from sla.obligations.facts import A, B, Fact, first, payments
from sla.obligations.lateness import ZERO, LatePeriod, first_chargeable, late_delivery, late_payment

DAY = timedelta(days=1)
KIND_LABELS = {
    "development": "完成开发",
    "delivery": "完成实施并交付",
    "acceptance": "组织验收",
    "invoice": "开具发票",
    "payment": "支付服务费",
    "drill": "举行应急演练",
    "answer": "答复违约通知",
    "assessment": "年度考核",
    "rectification": "整改",
}
Facts = tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Duty:
    """Who owes what by when, and whether it is done; `clause` names the clause of the contract file."""

    key: str
    kind: str
    clause: str
    owed_by: str
    due: date | None
    since: date
    """The day from which it is known."""
    done: date | None = None
    settled: bool = False
    """Nothing remains to be done although nobody did anything: a payment that deductions ate up."""
    payer: str | None = None
    instalment: str | None = None
    subject: str | None = None
    amount: Decimal | None = None
    paid: Decimal | None = None
    covered_until: date | None = None
    """Why there is no due date: working days are known up to this day only."""
    charge_clause: str = ""
    charge_from: date | None = None
    charged: Callable[[date], tuple[LatePeriod, ...]] | None = None
    """Up to a day → what being late costs."""
    terminable_from: date | None = None


def working_day(contract: Contract, calendar: WorkingDays, n: int) -> tuple[date | None, date | None]:
    """Return the n-th working day after signing, or (None, the last day known): nobody guesses holidays."""
    try:
        return add_days(calendar, contract.signed, n), None
    except CalendarMissing as missing:
        return None, missing.covered_until or contract.signed


def delivery_due(contract: Contract, calendar: WorkingDays) -> date | None:
    """Return the last day on which the delivery is in time (第四条)."""
    return working_day(contract, calendar, contract.delivery.total_working_days)[0]


def delivery(contract: Contract, facts: Facts, calendar: WorkingDays) -> Iterator[Duty]:
    """Development, delivery and acceptance (第四条、第十条、第二十四条)."""
    terms, signed = contract.delivery, contract.signed
    developed, delivered = first(facts, "development_reported"), first(facts, "delivery_reported")
    built = developed or delivered
    due, covered = working_day(contract, calendar, terms.development_working_days)
    yield Duty(
        "development", "development", "implementation", B, due, signed, _on(built), covered_until=covered
    )
    due, covered = working_day(contract, calendar, terms.total_working_days)
    yield Duty(
        "delivery",
        "delivery",
        "implementation",
        B,
        due,
        signed,
        _on(delivered),
        covered_until=covered,
        charge_clause=terms.clause,
        charge_from=due + DAY if due else None,
        charged=partial(late_delivery, contract, due, _on(delivered)) if due else None,
        terminable_from=due + DAY * (terms.terminate_after_days + 1) if due else None,
    )
    if delivered:
        day = delivered.on + DAY * terms.acceptance_days
        done = _on(first(facts, "accepted"))
        yield Duty("acceptance", "acceptance", "acceptance", A, day, delivered.on, done)


def invoices(contract: Contract, facts: Facts) -> Iterator[Duty]:
    """One invoice an instalment, or one a payer; done when every payer has got its own (第二十三条)."""
    for instalment in contract.instalments:
        issued = [f for f in facts if f.kind == "invoice_issued" and f.instalment == instalment.key]
        days = [_invoiced(issued, payer) for payer in contract.payers]
        done = max(day for day in days if day) if all(days) else None
        yield Duty(
            f"invoice:{instalment.key}",
            "invoice",
            "payment",
            B,
            instalment.invoice_by,
            contract.signed,
            done,
            instalment=instalment.key,
        )


def _invoiced(issued: list[Fact], payer: str) -> date | None:
    return next((fact.on for fact in issued if fact.payer in (None, payer)), None)


def payments_due(
    contract: Contract, facts: Facts, payables: Mapping[tuple[str, str], Decimal]
) -> Iterator[Duty]:
    """Each payer's own part of each instalment (第二十二条、第二十三条、第二十六条)."""
    for instalment in contract.instalments:
        for payer in contract.payers:
            yield _payment(contract, instalment, payer, payables[instalment.key, payer], facts)


def _payment(contract: Contract, instalment: Instalment, payer: str, payable: Decimal, facts: Facts) -> Duty:
    paid = payments(facts, instalment.key, payer)
    return Duty(
        f"payment:{instalment.key}:{payer}",
        "payment",
        "payment",
        A,
        instalment.due,
        contract.signed,
        paid_on(paid, payable),
        settled=payable <= ZERO,
        payer=payer,
        instalment=instalment.key,
        amount=payable,
        paid=sum((amount for _, amount in paid), ZERO),
        charge_clause=contract.late_payment.clause,
        charge_from=first_chargeable(contract, instalment.due),
        charged=partial(late_payment, contract, instalment.due, payable, paid),
    )


def paid_on(paid: tuple[tuple[date, Decimal], ...], payable: Decimal) -> date | None:
    """Return the day on which everything was paid."""
    so_far = ZERO
    for day, amount in paid:
        so_far += amount
        if so_far >= payable:
            return day
    return None


def drills(contract: Contract, facts: Facts) -> Iterator[Duty]:
    """A drill in every period of so many months of the service (第十七条)."""
    held = [fact.on for fact in facts if fact.kind == "drill_held"]
    begin, number = contract.service_from, 1
    while (end := _months_after(contract.service_from, contract.drills.every_months * number) - DAY) <= (
        contract.service_to
    ):
        done = next((day for day in held if begin <= day <= end), None)
        yield Duty(f"drill:{number}", "drill", contract.drills.clause, B, end, begin, done)
        begin, number = end + DAY, number + 1


def _months_after(day: date, months: int) -> date:
    """Return the same day of a later month, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def answers(contract: Contract, facts: Facts) -> Iterator[Duty]:
    """A written answer to every breach notice, by the side that got it (第二十七条)."""
    for notice in facts:
        if notice.kind == "breach_notice":
            answer = next(
                (f for f in facts if f.kind == "breach_answer" and f.subject == notice.subject), None
            )
            yield Duty(
                f"answer:{notice.subject}",
                "answer",
                "breach_notice",
                B if notice.side == A else A,
                notice.on + DAY * contract.support.breach_reply_days,
                notice.on,
                _on(answer),
                subject=notice.subject,
            )


def assessments(contract: Contract, facts: Facts) -> Iterator[Duty]:
    """The yearly assessment, and putting right what failed it by the day set for that (第二十八条)."""
    held = [fact for fact in facts if fact.kind == "assessment"]
    done = held[0].on if held else None
    yield Duty("assessment", "assessment", "assessment", A, contract.service_to, contract.service_from, done)
    for number, failed in enumerate(held, 1):
        if failed.outcome == "failed" and failed.until:
            again = held[number] if number < len(held) else None
            passed = again.on if again and again.outcome == "passed" else None
            refused = again.on if again and again.outcome == "failed" else failed.until + DAY
            yield Duty(
                f"rectification:{number}",
                "rectification",
                "assessment",
                B,
                failed.until,
                failed.on,
                passed,
                terminable_from=refused,
            )


def _on(fact: Fact | None) -> date | None:
    return fact.on if fact else None
