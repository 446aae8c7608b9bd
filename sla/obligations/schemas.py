"""What the API takes and gives: obligations, and facts on record."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from kernel.edge.inputs import BIGGEST
from sla.contract import Contract
from sla.obligations import words
from sla.obligations.models import ContractFact
from sla.obligations.rules import Obligation
from sla.obligations.told import Told


class FactIn(BaseModel):
    """Put a fact on record; which further fields it needs depends on its kind."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(
        max_length=40,
        description="development_reported | delivery_reported | accepted | invoice_issued | payment_received"
        " | breach_notice | breach_answer | drill_held | assessment | waiver | withdrawal",
    )
    on: date | None = Field(default=None, description="the day it happened; today when left out")
    payer: str | None = Field(default=None, max_length=40)
    instalment: str | None = Field(default=None, max_length=40)
    subject: str | None = Field(default=None, max_length=120)
    amount: str | Decimal | None = Field(default=None, description="yuan, at most two decimals")
    outcome: str | None = Field(default=None, max_length=20)
    until: date | None = None
    text: str | None = Field(default=None, max_length=4000)
    withdraws: int | None = Field(default=None, ge=1, le=BIGGEST)

    def told(self) -> Told:
        """Return the fact as the service takes it."""
        amount = None if self.amount is None else str(self.amount)
        return Told(**(self.model_dump() | {"amount": amount}))


def as_dict(contract: Contract, obligation: Obligation) -> dict[str, Any]:
    """Return an obligation as JSON values; money as decimal strings."""
    duty = obligation.duty
    return {
        "key": obligation.key,
        "kind": duty.kind,
        "title": words.title(contract, obligation),
        "article": words.article(contract, duty.clause),
        "owed_by": duty.owed_by,
        "payer": duty.payer,
        "instalment": duty.instalment,
        "subject": duty.subject,
        "due": _iso(duty.due),
        "done": _iso(duty.done),
        "state": obligation.state,
        "days_late": obligation.days_late,
        "amount": _yuan(duty.amount),
        "paid": _yuan(duty.paid),
        "charge": _yuan(obligation.charge),
        "charge_article": words.article(contract, duty.charge_clause) or None,
        "charge_from": _iso(duty.charge_from),
        "terminable": obligation.terminable,
        "terminable_from": _iso(duty.terminable_from),
        "covered_until": _iso(duty.covered_until),
        "follows": words.follows(contract, obligation),
    }


def fact_as_dict(row: ContractFact, zone: ZoneInfo) -> dict[str, Any]:
    """Return a fact as JSON values."""
    return {
        "id": row.id,
        "kind": row.kind,
        "on": row.happened_on.isoformat(),
        "party": row.side,
        "payer": row.payer,
        "instalment": row.instalment,
        "subject": row.subject,
        "amount": _yuan(row.amount),
        "outcome": row.outcome,
        "until": _iso(row.until),
        "text": row.text,
        "withdraws": row.withdraws,
        "actor": row.actor,
        "recorded_at": row.recorded_at.astimezone(zone).isoformat(),
    }


def _iso(day: Any) -> str | None:
    return day.isoformat() if day else None


def _yuan(amount: Any) -> str | None:
    return None if amount is None else f"{amount:.2f}"
