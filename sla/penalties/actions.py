"""What the reader of a penalty's page may decide now, and what will follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kernel.identity.actor import Actor
from kernel.web.formats import money
from kernel.web.i18n import gettext as _
from sla.penalties import ledger, rules
from sla.penalties.models import Penalty
from sla.penalties.service import RIGHTS


@dataclass(frozen=True, slots=True)
class Action:
    """A button of the penalty's page."""

    key: str
    label: str
    consequences: Sequence[str]
    reason: bool
    danger: bool


def offered(penalty: Penalty, actor: Actor, days: int, now: datetime) -> list[Action]:
    """Return what the actor may decide now, each with what will follow from it."""
    possible = rules.possible(ledger.life_of(penalty), now)
    amount = money(penalty.amount)
    words = {
        "confirm": (
            _("确认违约"),
            [_("乙方收到通知，可在%(days)s日内接受或提出异议；在此之前不扣款。", days=days)],
        ),
        "withdraw": (_("撤回"), [_("以 −%(amount)s 的分录冲回，不扣款；撤回后不能恢复。", amount=amount)]),
        "accept": (
            _("接受"),
            [_("记录立即生效，%(amount)s 在下一期付款中扣除；不能再提出异议。", amount=amount)],
        ),
        "contest": (_("提出异议"), [_("甲方收到通知，须决定维持或免除；决定之前不扣款。")]),
        "finalize": (
            _("转为生效"),
            [_("异议期内未收到异议；%(amount)s 在下一期付款中扣除。", amount=amount)],
        ),
        "uphold": (_("维持"), [_("异议不成立，记录生效，%(amount)s 在下一期付款中扣除。", amount=amount)]),
        "waive": (_("免除"), [_("以 −%(amount)s 的分录冲回，不扣款；免除后不能恢复。", amount=amount)]),
    }
    return [
        Action(d.key, *words[d.key], d.reason, d.entry in rules.VOID)
        for d in possible
        if actor.may(RIGHTS[d.party])
    ]
