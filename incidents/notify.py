"""Messages that incidents cause, all through the outbox. Each key says its message once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from incidents import people
from incidents.models import Incident
from kernel.identity.directory import Recipient
from kernel.identity.models import Person
from kernel.outbox import Draft, enqueue
from kernel.outbox.reach import ways
from kernel.outbox.reach.rules import NOTICE
from kernel.platform import Platform
from sla.verdict import Verdict

_TELL_A = {
    "restored": "已登记恢复，请确认或退回",
    "backup_in_service": "备用设备已投入使用，请确认或退回",
    "exclusion_claimed": "乙方申请剔除时间，请决定",
    "class_changed": "乙方变更故障类别，请会签",
    "false_alarm_claimed": "乙方认为是误报，请决定",
    "merged_into": "乙方申请并入另一故障，请决定",
    "reopened": "故障已重开",
}
_TELL_B = {
    "restoration_rejected": "甲方退回恢复，故障重开",
    "reopened": "故障已重开",
    "exclusion_refused": "甲方未同意剔除",
    "class_refused": "甲方未同意类别变更",
    "false_alarm_refused": "甲方未同意误报",
}


def outcome(
    platform: Platform, session: Session, now: datetime, incident: Incident, verdict: Verdict
) -> None:
    """Tell both parties that a clock was missed, with clause and amount."""
    missed = [c for c in (verdict.response, verdict.repair) if c.state == "missed"]
    if not missed or incident.drill:
        return
    words = {"response": "响应", "repair": "修复"}
    clocks = "、".join(words[c.obligation] for c in missed)
    title = f"【超时】{clocks}已超过约定时限：{incident.title}"
    lines = [f"{incident.number} {incident.title}"]
    for clock in missed:
        due = clock.due_at.astimezone(platform.zone)
        lines.append(f"{words[clock.obligation]}应在 {due:%Y-%m-%d %H:%M:%S} 前完成（{clock.article}）。")
    if verdict.penalty:
        lines.append(
            f"拟扣违约金 ¥{verdict.penalty:,}（{verdict.contract.penalty.article}），以甲方确认为准。"
        )
    told = people.managers(session, now) + people.party_a(session, now, incident.payers)
    key = "outcome:" + "+".join(c.obligation for c in missed) + f":{verdict.penalty}"
    _tell(platform, session, now, incident, told, key, title, "\n".join(lines))


def happened(
    platform: Platform, session: Session, now: datetime, incident: Incident, verdict: Verdict, cause: str
) -> None:
    """Tell the other party of an event that asks something of it; the reporter hears the answer."""
    key = f"{cause}:{incident.version}"
    for words, to_party_a in ((_TELL_A.get(cause), True), (_TELL_B.get(cause), False)):
        if words:
            told = (
                people.party_a(session, now, incident.payers)
                if to_party_a
                else people.engineers(session, now)
            )
            body = f"{incident.number} {incident.title}\n{words}。"
            _tell(platform, session, now, incident, told, key, f"【{words}】{incident.title}", body)
    if cause == "responded" and incident.reporter_id is not None:
        reply = next((e.data.get("text", "") for e in verdict.events if e.type == "responded"), "")
        person = session.get(Person, incident.reporter_id)
        if person is not None:
            body = f"您报告的 {incident.number} {incident.title} 已有工程师响应：\n{reply}"
            reporter = Recipient(
                person.id, person.username, person.display_name, person.email, None, person.phone
            )
            _tell(platform, session, now, incident, [reporter], key, f"【已响应】{incident.title}", body)


def remind(
    platform: Platform,
    session: Session,
    now: datetime,
    incident: Incident,
    words: str,
    since: datetime,
    key: str,
) -> None:
    """Remind those who decide of what has been open since; nothing follows from it."""
    asked = since.astimezone(platform.zone)
    title = f"【待决定】{words}：{incident.title}"
    body = (
        f"{incident.number} {incident.title}\n{asked:%Y-%m-%d %H:%M} 提出，尚未决定：{words}。\n"
        "决定之前合同结论不变；本提醒不产生任何法律后果。"
    )
    told = people.supervisors(session, now)
    _tell(platform, session, now, incident, told, f"remind:{key}:{since:%Y%m%d%H%M%S}", title, body)


def _tell(
    platform: Platform,
    session: Session,
    now: datetime,
    incident: Incident,
    told: Iterable[Recipient],
    key: str,
    title: str,
    body: str,
) -> None:
    url = f"/incidents/{incident.number}"
    text = f"{body}\n\n{platform.settings.base_url}{url}"
    people_told = list({person.id: person for person in told}.values())
    drafts = []
    for way in ways(platform, session, people_told, NOTICE):
        once = f"incident:{incident.id}:{key}:{way.channel}:{way.person.id}"
        ref = f"incident:{incident.number}"
        drafts.append(Draft(once, ref, way.channel, way.address, title, text, way.person.id, url))
    enqueue(session, now, drafts)
