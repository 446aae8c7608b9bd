"""Call people when a rung comes due: page rows and messages, in the transaction that claimed the rung."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from incidents import people
from incidents.models import Incident
from incidents.oncall import links, rules, words
from incidents.oncall.callees import Callee, callees
from incidents.oncall.models import OncallPage
from kernel import audit
from kernel.identity.directory import people_with_role
from kernel.outbox import Draft, enqueue
from kernel.outbox.reach import ways
from kernel.outbox.reach.rules import PAGE
from kernel.platform import Platform
from sla.contract import Contract
from sla.events import Event
from sla.ladder import CALL, unanswered_since
from sla.verdict import Verdict


def on_rungs(
    platform: Platform,
    session: Session,
    now: datetime,
    incident: Incident,
    contract: Contract,
    verdict: Verdict,
    events: Sequence[Event],
    rows: Sequence[Any],
) -> None:
    """Act on the incident's rungs that are due; those of one ladder that come together call once.

    What was answered or restored between the rung's due time and now calls nobody.
    """
    waiting = {
        CALL: verdict.excluded is None and unanswered_since(verdict, events) is not None,
        "repair": verdict.excluded is None and verdict.down,
    }
    for clock, needed in waiting.items():
        due = [row for row in rows if row.clock == clock]
        if due and needed:
            targets = rules.union([rules.targets(contract, clock, row.rung) for row in due])
            said = words.of(platform, incident, contract, verdict, events, due[-1])
            _call(platform, session, now, incident, due[-1], targets, said)


def _call(
    platform: Platform,
    session: Session,
    now: datetime,
    incident: Incident,
    row: Any,
    targets: Sequence[str],
    said: words.Words,
) -> None:
    found = callees(session, now, incident.payers, targets)
    pages = {
        callee.person.id: OncallPage(
            incident_id=incident.id, deadline_id=row.id, clock=row.clock, rung=row.rung, due_at=row.due_at,
            at=now, person_id=callee.person.id, target=callee.target,
        )
        for callee in found.people
    }  # fmt: skip
    session.add_all(pages.values())
    session.flush()
    enqueue(session, now, _drafts(platform, session, now, incident, found.people, pages, said))
    detail = {"clock": row.clock, "rung": row.rung, "due_at": row.due_at, "people": sorted(pages)}
    audit.record(session, now, "oncall.called", f"incident:{incident.number}", detail)
    if found.gaps:
        _alarm(platform, session, now, incident, found.gaps)


def _drafts(
    platform: Platform,
    session: Session,
    now: datetime,
    incident: Incident,
    called: Sequence[Callee],
    pages: dict[int, OncallPage],
    said: words.Words,
) -> list[Draft]:
    may_answer = {person.id for person in people.managers(session, now)}
    url = f"/incidents/{incident.number}"
    drafts = []
    for way in ways(platform, session, [c.person for c in called], PAGE):
        page = pages[way.person.id]
        title, body = said.for_party_a if page.target == rules.PARTY_A else said.for_party_b
        text = f"{body}\n\n{platform.settings.base_url}{url}"
        if way.channel == "email" and way.person.id in may_answer and page.clock == CALL:
            link = f"{platform.settings.base_url}/answer/{links.token(platform, page)}"
            text += f"\n\n不登录直接答复（限本人使用一次，{links.HOURS}小时内有效，请勿转发）：\n{link}"
        key = f"page:{page.deadline_id}:{way.channel}:{way.person.id}"
        ref = f"incident:{incident.number}"
        drafts.append(Draft(key, ref, way.channel, way.address, title, text, way.person.id, url))
    return drafts


def _alarm(
    platform: Platform, session: Session, now: datetime, incident: Incident, gaps: Sequence[str]
) -> None:
    """A gap in the roster is told to those who can close it, once a day and role."""
    day = now.astimezone(platform.zone)
    roles = sorted(platform.catalogue.permissions["duty.edit"].roles)
    told = list({p.id: p for p in people_with_role(session, now, roles)}.values())
    drafts = []
    for gap in gaps:
        title = f"【值班空缺】{day:%m-%d %H:%M} {rules.TARGET_LABELS[gap]}无人值班"
        body = f"{title}\n{incident.number}已改为呼叫其他人员。请尽快编排并发布值班表。"
        drafts += [
            Draft(f"dutygap:{gap}:{day:%Y%m%d}:{way.channel}:{way.person.id}", "duty", way.channel,
                  way.address, title, body, way.person.id, "/duty")
            for way in ways(platform, session, told, PAGE)
        ]  # fmt: skip
    enqueue(session, now, drafts)
