"""What the calendar's page shows: months, the year at a glance, and the facts the actor may record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kernel.identity.actor import Actor
from kernel.web.formats import monthname
from kernel.web.i18n import gettext as _
from sla.contract import Contract
from sla.obligations import record, words
from sla.obligations.facts import FIELD_LABELS, KINDS, OUTCOME_LABELS, A, B, Fact, standing
from sla.obligations.rules import DUE, MISSED, STATE_LABELS, UPCOMING, Obligation

TONES = {
    "upcoming": "neutral",
    "due": "near",
    "met": "met",
    "late": "near",
    "missed": "over",
    "waived": "paused",
    "unknown": "unobserved",
}
Option = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Form:
    """A dialog to record one kind of fact: its fields, and the choices of those that have any."""

    kind: str
    label: str
    fields: tuple[tuple[str, str, bool], ...]
    """(name, label, whether it is needed)."""
    options: dict[str, list[Option]]


def months(found: Sequence[Obligation]) -> list[tuple[str, str, list[Obligation]]]:
    """Return (anchor, heading, obligations) by the month they are due in."""
    groups: dict[str, list[Obligation]] = defaultdict(list)
    for each in found:
        groups[f"{each.due:%Y-%m}" if each.due else ""].append(each)
    return [(key or "unknown", _heading(rows[0].due), rows) for key, rows in groups.items()]


def _heading(due: date | None) -> str:
    if due is None:
        return _("日期待定")
    return _("%(year)s年%(month)s", year=due.year, month=monthname(due.month))


def remaining(obligation: Obligation, today: date) -> str:
    """Return the days left or over, of what still has to be done."""
    if obligation.due is None or not obligation.open:
        return ""
    days = (obligation.due - today).days
    if days < 0:
        return _("已逾期 %(n)s 天", n=-days)
    return _("今天到期") if days == 0 else _("还有 %(n)s 天", n=days)


def year(contract: Contract, found: Sequence[Obligation]) -> dict[date, dict[str, Any]]:
    """Return the days on which something is due, for the heat map."""
    levels = {MISSED: "over", DUE: 4, UPCOMING: 2}
    days: dict[date, dict[str, Any]] = {}
    for each in found:
        if each.due:
            title = f"{words.title(contract, each)}（{_(STATE_LABELS[each.state])}）"
            known = days.setdefault(each.due, {"level": 1, "text": ""})
            known["text"] += ("；" if known["text"] else "") + title
            level = levels.get(each.state, 1)
            known["level"] = max(known["level"], level, key=lambda v: 5 if v == "over" else int(v))
    return days


def forms(actor: Actor, contract: Contract, facts: Sequence[Fact], found: Sequence[Obligation]) -> list[Form]:
    """Return the facts that the actor may record now; those that have nothing to refer to are left out."""
    made = []
    for key, kind in KINDS.items():
        if actor.may(kind.right):
            options = _options(actor, contract, key, facts, found)
            names = [n for n in FIELD_LABELS if n in (*kind.needs, *kind.may)]
            if all(options.get(name, True) for name in kind.needs):
                fields = tuple((name, FIELD_LABELS[name], name in kind.needs) for name in names)
                made.append(Form(key, kind.label, fields, options))
    return made


def _options(
    actor: Actor, contract: Contract, key: str, facts: Sequence[Fact], found: Sequence[Obligation]
) -> dict[str, list[Option]]:
    kind, side = KINDS[key], record.side_of(actor)
    scopes = actor.scopes(kind.right)
    options = {
        "payer": [(p.key, p.name) for p in contract.payers.values() if scopes is None or p.key in scopes],
        "instalment": [(each.key, each.name) for each in contract.instalments],
        "outcome": [(name, _(OUTCOME_LABELS[name])) for name in kind.outcomes or ()],
        "withdraws": _own(contract, facts, side, actor),
    }
    mine = [each for each in found if each.open]
    if key == "breach_answer":
        asked = [each for each in mine if each.duty.kind == "answer" and each.duty.owed_by == side]
        options["subject"] = [(each.duty.subject or "", words.title(contract, each)) for each in asked]
    if key == "waiver":
        theirs = [each for each in mine if each.duty.owed_by == (B if side == A else A)]
        options["subject"] = [(each.key, words.title(contract, each)) for each in theirs]
    return options


def _own(contract: Contract, facts: Sequence[Fact], side: str, actor: Actor) -> list[Option]:
    scopes = actor.scopes("obligation.record")
    return [
        (str(fact.id), f"{fact.on} {_(KINDS[fact.kind].label)} {words.fact_words(contract, fact)}".strip())
        for fact in reversed(standing(facts))
        if fact.side == side
        and actor.may(KINDS[fact.kind].right)
        and (scopes is None or fact.payer in scopes)
    ]
