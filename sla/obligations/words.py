"""Obligations in words: what each is called, and what follows from being late."""

from __future__ import annotations

from collections.abc import Sequence

from kernel.web.formats import localdate, money
from kernel.web.i18n import gettext as _
from sla.contract import Contract
from sla.obligations.duties import KIND_LABELS
from sla.obligations.facts import Fact
from sla.obligations.lateness import LatePeriod
from sla.obligations.rules import MISSED, Obligation

PARTY_LABELS = {"a": "甲方", "b": "乙方"}


def title(contract: Contract, obligation: Obligation) -> str:
    """Return what the obligation is called."""
    duty = obligation.duty
    instalments = {each.key: each.name for each in contract.instalments}
    words = _(KIND_LABELS[duty.kind])
    if duty.payer and duty.instalment:
        payer = contract.payers[duty.payer].name
        return _("%(what)s：%(payer)s %(half)s", what=words, payer=payer, half=instalments[duty.instalment])
    if duty.instalment:
        return _("%(what)s：%(about)s", what=words, about=instalments[duty.instalment])
    if duty.subject or duty.kind == "drill":
        return _("%(what)s：%(about)s", what=words, about=duty.subject or duty.key.partition(":")[2])
    return words


def article(contract: Contract, clause: str) -> str:
    """Return the article of a clause."""
    return contract.clauses[clause].article if clause in contract.clauses else ""


def follows(contract: Contract, obligation: Obligation) -> str:
    """Return what being late has cost, or what it would lead to and from when."""
    duty = obligation.duty
    said = []
    if duty.covered_until:
        said.append(_("工作日历只到%(day)s，不推算其后的放假安排。", day=localdate(duty.covered_until)))
    said += [_period(period) for period in obligation.periods]
    if obligation.charge:
        said.append(article(contract, duty.charge_clause))
    elif obligation.open and duty.charge_from:
        said.append(_("自%(day)s起按日计违约金", day=localdate(duty.charge_from)))
    if obligation.terminable:
        said.append(_("甲方有权解除合同"))
    elif obligation.state == MISSED and duty.terminable_from:
        said.append(_("自%(day)s起甲方可解除合同", day=localdate(duty.terminable_from)))
    return _("；").join(said)


def _period(period: LatePeriod) -> str:
    daily, amount = money(period.per_day), money(period.amount)
    return _("逾期 %(days)s 天 × %(daily)s = %(amount)s", days=period.days, daily=daily, amount=amount)


def fact_words(contract: Contract, fact: Fact) -> str:
    """Return a fact's particulars in one line, without its free text."""
    instalments = {each.key: each.name for each in contract.instalments}
    parts = [
        contract.payers[fact.payer].name if fact.payer and fact.payer in contract.payers else fact.payer,
        instalments.get(fact.instalment or "", fact.instalment),
        money(fact.amount) if fact.amount is not None else None,
        fact.subject,
        _("限%(day)s前整改", day=localdate(fact.until)) if fact.until else None,
    ]
    return " · ".join(part for part in parts if part)


def lines(contract: Contract, found: Sequence[Obligation]) -> str:
    """Return obligations as lines of a message."""
    said = (
        (f"{title(contract, o)}（{article(contract, o.duty.clause)}）", follows(contract, o)) for o in found
    )
    return "\n".join("：".join(filter(None, parts)) for parts in said)
