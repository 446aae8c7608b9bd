"""Call people when a rung comes due: page rows and messages, in the transaction that claimed the rung."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents import people
from incidents.models import Incident
from incidents.oncall import links, rules, words
from incidents.oncall.callees import Callees, callees
from incidents.oncall.models import OncallPage
from kernel import audit
from kernel.db import table_of
from kernel.db.bulk import insert_many
from kernel.db.objects import object_of
from kernel.db.prepared import Listed
from kernel.identity.directory import people_with_role
from kernel.outbox import Draft, enqueue
from kernel.outbox.reach import Way, ways
from kernel.outbox.reach.rules import PAGE
from kernel.platform import Platform
from sla.events import Event
from sla.ladder import CALL, unanswered_since
from sla.verdict import Verdict


class Due(NamedTuple):
    """An incident with its deadlines that are due, judged as of now."""

    incident: Incident
    verdict: Verdict
    events: Sequence[Event]
    rows: Sequence[Any]


class _Call(NamedTuple):
    """A rung that calls people: those behind its targets, in these words."""

    incident: Incident
    row: Any
    called: Callees
    said: words.Words


def on_rungs(platform: Platform, session: Session, now: datetime, due: Sequence[Due]) -> None:
    """Act on the rungs that are due; those of one ladder of an incident that come together call once.

    What was answered or restored between the rung's due time and now calls nobody. Many incidents ask about
    the same people at the same instant: each question is asked once for all of them.
    """
    behind = cache(lambda payers, targets: callees(session, now, payers, targets))
    calls = []
    for each in due:
        for rows in _calling(each):
            called = behind(tuple(each.incident.payers), _targets(each, rows))
            said = words.of(platform, each.incident, each.verdict, each.events, rows[-1])
            calls.append(_Call(each.incident, rows[-1], called, said))
    if calls:
        _call(platform, session, now, calls)


def _calling(due: Due) -> Iterator[Sequence[Any]]:
    """Yield the rungs that come due together, by ladder, as far as anybody need still be called."""
    verdict = due.verdict
    waiting = {
        CALL: verdict.excluded is None and unanswered_since(verdict, due.events) is not None,
        "repair": verdict.excluded is None and verdict.down,
    }
    for clock, needed in waiting.items():
        rows = [row for row in due.rows if row.clock == clock]
        if rows and needed:
            yield rows


def _targets(due: Due, rows: Sequence[Any]) -> tuple[str, ...]:
    return rules.union([rules.targets(due.verdict.contract, row.clock, row.rung) for row in rows])


def _call(platform: Platform, session: Session, now: datetime, calls: Sequence[_Call]) -> None:
    pages = _pages(session, now, calls)
    may_answer = {person.id for person in people.managers(session, now)}
    reached = cache(lambda called: ways(platform, session, called, PAGE))
    drafts: list[Draft] = []
    link = links.signer(platform)
    for call, mine in zip(calls, pages, strict=True):
        row, taken = call.row, reached(tuple(callee.person for callee in call.called.people))
        drafts += _drafts(platform.settings.base_url, link, call, mine, taken, may_answer)
        detail = {"clock": row.clock, "rung": row.rung, "due_at": row.due_at, "people": sorted(mine)}
        audit.record(session, now, "oncall.called", f"incident:{call.incident.number}", detail)
    enqueue(session, now, drafts, fresh=True)  # a page's key names its deadline, which fires once
    if gaps := {gap: call.incident for call in reversed(calls) for gap in call.called.gaps}:
        _alarm(platform, session, now, gaps)


_NUMBERS = Listed(
    lambda rungs: select(OncallPage.deadline_id, OncallPage.person_id, OncallPage.id).where(
        OncallPage.deadline_id.in_(rungs)
    ),
    table_of(OncallPage).c.deadline_id.type,
    gathered=True,
)


def _pages(session: Session, now: datetime, calls: Sequence[_Call]) -> list[dict[int, OncallPage]]:
    """Write the pages of many calls together; returns each call's by person, to read only."""
    rows = [
        {
            callee.person.id: {
                "incident_id": call.incident.id, "deadline_id": call.row.id, "clock": call.row.clock,
                "rung": call.row.rung, "due_at": call.row.due_at, "at": now,
                "person_id": callee.person.id, "target": callee.target, "used_at": None,
            }
            for callee in call.called.people
        }
        for call in calls
    ]  # fmt: skip
    insert_many(session, OncallPage, [row for each in rows for row in each.values()])
    found = _NUMBERS.rows(session, sorted({call.row.id for call in calls}))
    numbers = {(rung, person): number for rung, person, number in found}
    return [
        {
            person: object_of(OncallPage, {"id": numbers[row["deadline_id"], person], **row})
            for person, row in each.items()
        }
        for each in rows
    ]


def _drafts(
    base: str,
    link: Callable[[OncallPage], str],
    call: _Call,
    pages: Mapping[int, OncallPage],
    taken: Sequence[Way],
    may_answer: Collection[int],
) -> list[Draft]:
    url, ref = f"/incidents/{call.incident.number}", f"incident:{call.incident.number}"
    drafts = []
    for way in taken:
        page = pages[way.person.id]
        title, body = call.said.for_party_a if page.target == rules.PARTY_A else call.said.for_party_b
        text = f"{body}\n\n{base}{url}"
        if way.channel == "email" and way.person.id in may_answer and page.clock == CALL:
            text += f"\n\n不登录直接答复（限本人使用一次，{links.HOURS}小时内有效，请勿转发）：\n"
            text += f"{base}/answer/{link(page)}"
        key = f"page:{page.deadline_id}:{way.channel}:{way.person.id}"
        drafts.append(Draft(key, ref, way.channel, way.address, title, text, way.person.id, url))
    return drafts


def _alarm(platform: Platform, session: Session, now: datetime, gaps: Mapping[str, Incident]) -> None:
    """A gap in the roster is told to those who can close it, once a day and role, with who met it first."""
    day = now.astimezone(platform.zone)
    roles = sorted(platform.catalogue.permissions["duty.edit"].roles)
    told = list({p.id: p for p in people_with_role(session, now, roles)}.values())
    drafts = []
    for gap, incident in gaps.items():
        title = f"【值班空缺】{day:%m-%d %H:%M} {rules.TARGET_LABELS[gap]}无人值班"
        body = f"{title}\n{incident.number}已改为呼叫其他人员。请尽快编排并发布值班表。"
        drafts += [
            Draft(f"dutygap:{gap}:{day:%Y%m%d}:{way.channel}:{way.person.id}", "duty", way.channel,
                  way.address, title, body, way.person.id, "/duty")
            for way in ways(platform, session, told, PAGE)
        ]  # fmt: skip
    enqueue(session, now, drafts)
