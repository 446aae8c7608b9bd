"""After the run: the evaluation sheet, both signatures, and the end once every item is verified.

The headings are those of a drill evaluation (GB/T 38645-2020, GB/T 46792-2025, by their published outlines):
execution of the plan, workability of the plan, command, responders, equipment, communication.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from drills import incident, items, log, notices, rules, service
from drills.log import Said
from drills.models import Drill, DrillItem
from kernel.errors import Conflict, FieldError, Forbidden, Invalid
from kernel.identity.actor import Actor
from kernel.platform import Platform
from kernel.web.i18n import gettext as _
from kernel.web.worded import worded
from sla import pinned
from sla.obligations import service as obligations
from sla.obligations.told import Told

ASPECT_LABELS = {
    "execution": "预案执行情况",
    "plan": "预案的可操作性",
    "command": "指挥协调",
    "responders": "处置人员到位与能力",
    "equipment": "设备、工具与物资",
    "communication": "信息报告与通报",
}
GRADE_LABELS = {"good": "好", "fair": "一般", "poor": "差"}
CONCLUSION_LABELS = {"passed": "达到演练目的", "partly": "部分达到演练目的", "missed": "未达到演练目的"}
LONGEST = 4000


def evaluate(
    platform: Platform, session: Session, now: datetime, actor: Actor, number: str, sheet: Mapping[str, str]
) -> Drill:
    """Hand in the evaluation: grades, findings, conclusion; 422 names what is missing."""
    drill = service.find(session, number, for_update=True)
    kept = _checked(sheet)
    log.append(session, now, drill, service.who_of(actor), [Said("evaluated", kept)])
    told = ("provider_manager", "supervisor")
    notices.tell(platform, session, now, drill, told, "evaluated", "【请签字】应急演练报告")
    return drill


def _checked(sheet: Mapping[str, str]) -> dict[str, str]:
    errors = [
        FieldError(name, "请选择评价。") for name in ASPECT_LABELS if sheet.get(name) not in GRADE_LABELS
    ]
    if sheet.get("conclusion") not in CONCLUSION_LABELS:
        errors.append(FieldError("conclusion", "请选择结论。"))
    if not sheet.get("findings", "").strip():
        errors.append(FieldError("findings", "请写明演练中发现的情况。"))
    kept = {
        name: sheet.get(name, "").strip() for name in (*ASPECT_LABELS, "conclusion", "findings", "advice")
    }
    errors += [
        FieldError(name, _("最多%(most)s字。", most=LONGEST)) for name, v in kept.items() if len(v) > LONGEST
    ]
    if errors:
        raise Invalid(_("；").join(dict.fromkeys(_(e.message) for e in errors)), errors=errors)
    return kept


def sign(platform: Platform, session: Session, now: datetime, actor: Actor, number: str, text: str) -> Drill:
    """Sign the report for one's party, B first; what is signed is the hash of everything up to here.

    Party A's signature ends the drill: its incident is confirmed, and the contract's calendar learns that a
    drill was held (第十七条).
    """
    drill = service.find(session, number, for_update=True)
    party = "a" if actor.may("drill.approve") else "b"
    life = log.life_of(session, drill)
    if party == "a" and "signed_b" not in life.at and drill.state == rules.EVALUATED:
        raise Conflict("请乙方负责人先签字。", code="impossible")
    if party == "b" and "signed_b" in life.at and drill.state == rules.EVALUATED:
        raise Conflict("乙方已经签字。", code="stale")
    signed = Said(f"signed_{party}", {"signs": drill.head}, text.strip() or None)
    log.append(session, now, drill, service.who_of(actor), [signed])
    if party == "a":
        words = text.strip() or worded("演练报告已签字。")
        incident.confirmed(platform, session, now, drill, actor, words)
        _held(platform, session, now, actor, drill)
    return drill


def _held(platform: Platform, session: Session, now: datetime, actor: Actor, drill: Drill) -> None:
    """Put the drill on the contract's record, when it really ran to an end."""
    if drill.outcome not in (rules.COMPLETED, rules.FAILED):
        return
    contract = pinned.in_force(platform)
    on = (drill.started_at or now).astimezone(contract.zone).date()
    told = Told("drill_held", on=on, text=f"{drill.number} {drill.title}")
    obligations.add_fact(platform, session, now, actor, contract, told)


def send_back(session: Session, now: datetime, actor: Actor, number: str, text: str) -> Drill:
    """Take the evaluation back so that it is done again; 422 without a reason."""
    drill = service.find(session, number, for_update=True)
    if not text.strip():
        raise Invalid.field("text", "请说明退回的理由。")
    if not actor.may("drill.evaluate"):
        raise Forbidden("评估由甲方退回。")
    log.append(session, now, drill, service.who_of(actor), [Said("returned", {}, text.strip())])
    return drill


def close(session: Session, now: datetime, actor: Actor, number: str) -> Drill:
    """Let party A end it once every improvement item is verified or dropped."""
    drill = service.find(session, number, for_update=True)
    wanted = select(DrillItem.seq).where(DrillItem.drill_id == drill.id, DrillItem.state.in_(items.PENDING))
    left = session.scalars(wanted.order_by(DrillItem.seq)).all()
    if left:
        raise Conflict(_("还有%(n)s项整改事项没有核验。", n=len(left)), code="impossible")
    log.append(session, now, drill, service.who_of(actor), [Said("items_closed")])
    return drill
