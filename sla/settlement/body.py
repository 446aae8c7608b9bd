"""A statement as JSON values: what is frozen, hashed, printed and shown is this one structure; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from sla.contract import Contract
from sla.obligations.lateness import ZERO
from sla.settlement.rules import Charge, LateCharge, Line, Statement, instalment_of

FIGURES = (
    "share", "brought_forward", "charged", "deducted", "carried_over", "payable", "late_payment", "total",
)  # fmt: skip
FIGURE_LABELS = {
    "share": "本期份额",
    "brought_forward": "上期结转",
    "charged": "本期应扣",
    "deducted": "实扣",
    "carried_over": "结转下期",
    "payable": "本期应付",
    "late_payment": "逾期付款违约金",
    "total": "合计应付",
}
Body = dict[str, Any]


def body_of(contract: Contract, statement: Statement, version: int) -> Body:
    """Return the statement as JSON values; money as decimal strings."""
    instalment = instalment_of(contract, statement.year, statement.half)
    payers = [_line(contract, line) for line in statement.lines]
    return {
        "contract": {
            "key": contract.key,
            "number": contract.number,
            "title": contract.title,
            "digest": contract.digest,
            "parties": {key: party.name for key, party in contract.parties.items()},
        },
        "year": statement.year,
        "half": statement.half,
        "version": version,
        "instalment": statement.instalment,
        "name": instalment.name if instalment else statement.instalment,
        "due": statement.due.isoformat(),
        "cut_off": statement.cut_off.isoformat(),
        "deduct_from": contract.options.deduct_from,
        "payers": payers,
        "totals": totals(payers),
        "charges": [_charge(charge) for charge in statement.charges],
        "late_payments": [
            {"payer": each.payer, "instalment": each.instalment, "amount": f"{each.amount:.2f}"}
            for each in statement.late
        ],
    }


def _line(contract: Contract, line: Line) -> dict[str, str]:
    deducted = (line.brought, line.charged, line.deducted, line.carried)
    figures = (line.share, *deducted, line.payable, line.late, line.total)
    texts = {name: f"{value:.2f}" for name, value in zip(FIGURES, figures, strict=True)}
    return {"payer": line.payer, "name": contract.payers[line.payer].name, **texts}


def _charge(charge: Charge) -> dict[str, Any]:
    return {
        "kind": charge.kind,
        "ref": charge.ref,
        "clause": charge.clause,
        "incident": charge.incident,
        "title": charge.title,
        "on": charge.on.isoformat(),
        "amount": f"{charge.amount:.2f}",
    }


def totals(payers: Iterable[dict[str, str]]) -> dict[str, str]:
    """Return the sums of the payers' figures."""
    rows = list(payers)
    return {name: f"{sum((Decimal(row[name]) for row in rows), ZERO):.2f}" for name in FIGURES}


def statement_of(body: Body) -> Statement:
    """Return the statement that a frozen body holds."""
    return Statement(
        instalment=body["instalment"],
        year=body["year"],
        half=body["half"],
        due=date.fromisoformat(body["due"]),
        cut_off=date.fromisoformat(body["cut_off"]),
        charges=tuple(
            Charge(
                kind=each["kind"],
                ref=each["ref"],
                amount=Decimal(each["amount"]),
                on=date.fromisoformat(each["on"]),
                clause=each["clause"],
                incident=each["incident"],
                title=each["title"],
            )
            for each in body["charges"]
        ),
        late=tuple(
            LateCharge(each["payer"], each["instalment"], Decimal(each["amount"]))
            for each in body["late_payments"]
        ),
        lines=tuple(_line_of(each) for each in body["payers"]),
    )


def _line_of(row: dict[str, str]) -> Line:
    value = {name: Decimal(row[name]) for name in FIGURES}
    return Line(
        payer=row["payer"],
        share=value["share"],
        brought=value["brought_forward"],
        charged=value["charged"],
        deducted=value["deducted"],
        carried=value["carried_over"],
        late=value["late_payment"],
    )


def seen_by(body: Body, scopes: frozenset[str] | None) -> Body:
    """Return what people of some payers see: their own lines, and the charges if any falls on them."""
    if scopes is None:
        return body
    payers = [row for row in body["payers"] if row["payer"] in scopes]
    touched = any(Decimal(row["charged"]) or Decimal(row["brought_forward"]) for row in payers)
    return body | {
        "payers": payers,
        "totals": totals(payers),
        "charges": body["charges"] if touched else [],
        "late_payments": [each for each in body["late_payments"] if each["payer"] in scopes],
    }
