"""What the parties put on record about the contract: facts with dates; pure.

A fact is never changed. A correction is a new fact that withdraws an earlier one, so both stay readable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

A, B = "a", "b"
DELIVER, DECIDE, PAY, NOTIFY = (
    "obligation.deliver",
    "obligation.decide",
    "obligation.pay",
    "obligation.notify",
)
RECORD = "obligation.record"


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of the record; `on` is the day it happened, `side` the party that recorded it."""

    id: int
    kind: str
    on: date
    side: str = ""
    payer: str | None = None
    instalment: str | None = None
    subject: str | None = None
    """What it is about: a notice's number, an obligation's key."""
    amount: Decimal | None = None
    outcome: str | None = None
    until: date | None = None
    text: str = ""
    withdraws: int | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fact: who may record it, and which fields it needs or may carry."""

    label: str
    right: str
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ("text",)
    outcomes: Mapping[str, str] | None = None
    once: bool = False
    """Only one such fact stands at a time."""


OUTCOME_LABELS = {"corrected": "已纠正", "denied": "否认违约", "passed": "合格", "failed": "不合格"}
ANSWERS = {key: OUTCOME_LABELS[key] for key in ("corrected", "denied")}
ASSESSMENTS = {key: OUTCOME_LABELS[key] for key in ("passed", "failed")}
FIELD_LABELS = {
    "payer": "付款方",
    "instalment": "期次",
    "subject": "所针对的事项",
    "amount": "金额（元）",
    "outcome": "结论",
    "until": "整改期限",
    "text": "说明",
    "withdraws": "所撤回的记录",
}
KINDS: dict[str, Kind] = {
    "development_reported": Kind("开发完成", right=DELIVER, once=True),
    "delivery_reported": Kind("交付报告", right=DELIVER, once=True),
    "accepted": Kind("组织验收", right=DECIDE, once=True),
    "invoice_issued": Kind("开具发票", right=DELIVER, needs=("instalment",), may=("payer", "amount", "text")),
    "payment_received": Kind("付款", right=PAY, needs=("payer", "instalment", "amount")),
    "breach_notice": Kind("违约通知", right=NOTIFY, needs=("text",), may=()),
    "breach_answer": Kind(
        "对违约通知的答复", right=NOTIFY, needs=("subject", "outcome", "text"), may=(), outcomes=ANSWERS
    ),
    "drill_held": Kind("应急演练", right=DECIDE),
    "assessment": Kind(
        "年度考核", right=DECIDE, needs=("outcome",), may=("until", "text"), outcomes=ASSESSMENTS
    ),
    "waiver": Kind("免除义务", right=NOTIFY, needs=("subject", "text"), may=()),
    "withdrawal": Kind("撤回记录", right=RECORD, needs=("withdraws", "text"), may=()),
}


def standing(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Return the facts that hold: without those withdrawn, and without the withdrawals; by day, then row."""
    known = list(facts)
    gone = {fact.withdraws for fact in known}
    kept = [fact for fact in known if fact.id not in gone and fact.kind != "withdrawal"]
    return tuple(sorted(kept, key=lambda fact: (fact.on, fact.id)))


def first(facts: Iterable[Fact], kind: str) -> Fact | None:
    """Return the earliest standing fact of a kind."""
    return next((fact for fact in facts if fact.kind == kind), None)


def waived(facts: Iterable[Fact], key: str) -> Fact | None:
    """Return the waiver of an obligation."""
    return next((fact for fact in facts if fact.kind == "waiver" and fact.subject == key), None)


def payments(facts: Iterable[Fact], instalment: str, payer: str) -> tuple[tuple[date, Decimal], ...]:
    """Return what a payer has paid of an instalment, by day."""
    return tuple(
        (fact.on, fact.amount or Decimal(0))
        for fact in facts
        if fact.kind == "payment_received" and (fact.instalment, fact.payer) == (instalment, payer)
    )
