"""In words: why the parties' views differ, and what would change in yuan if party A agreed."""

from __future__ import annotations

from decimal import Decimal

from incidents.queries import Detail
from incidents.views import Names
from kernel.web.formats import localtime, money
from kernel.web.i18n import gettext as _
from sla.verdict import Verdict

_NOTHING = Decimal("0.00")


def in_words(found: Detail, names: Names) -> list[str]:
    """Return a sentence for each event that makes the difference, and one for the money."""
    verdict = found.verdict
    said = []
    if verdict.claimed_class != verdict.fault_class:
        at = max(e.at for e in verdict.events if e.type == "class_changed")
        words = _(
            "乙方于%(at)s将类别改为“%(new)s”，甲方尚未会签：乙方按“%(new)s”计，合同按“%(old)s”计。",
            at=localtime(at),
            new=names.fault_class(verdict.claimed_class),
            old=names.fault_class(verdict.fault_class),
        )
        said.append(words)
    said += [
        _(
            "申请 %(claim)s 主张剔除%(start)s至%(end)s，甲方尚未决定：乙方不计这段时间，合同照常计入。",
            claim=each.claim,
            start=localtime(each.start),
            end=localtime(each.end),
        )
        for each in verdict.exclusions
        if each.state == "claimed"
    ]
    if said:
        now, then = money(verdict.penalty), money(if_agreed(verdict))
        said.append(_("甲方如全部同意，违约金由%(now)s变为%(then)s。", now=now, then=then))
    return said


def if_agreed(verdict: Verdict) -> Decimal:
    """Return the penalty if party A agreed to everything that party B claims."""
    if not verdict.penalty_cases or verdict.provider_repair.state == verdict.repair.state:
        return verdict.penalty
    options = verdict.contract.options
    left = int(verdict.response.state == "missed")
    left += int(options.broadcast_penalised and verdict.slots_missed > 0)
    cases = left if options.penalty_per == "clock" else min(left, 1)
    return verdict.penalty / verdict.penalty_cases * cases if cases else _NOTHING
