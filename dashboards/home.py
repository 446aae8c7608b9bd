"""The first page after login: what must I do now, how long have I got."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from incidents import queries, rules, views
from incidents.models import Incident
from incidents.reviews.waiting import waiting
from kernel.edge import PageRouter, Read, platform_of, public, require
from kernel.identity.actor import Actor
from kernel.outbox.service import unread
from kernel.web.i18n import gettext as _
from kernel.web.templating import begin, render
from sla import pinned
from sla.exposure.service import exposure
from sla.report.headline import headline
from sla.verdict import Verdict

router = PageRouter()


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that waits for the actor: what, and by when."""

    what: str
    title: str
    url: str
    due_at: datetime | None
    started_at: datetime
    clause: str

    @property
    def urgency(self) -> tuple[bool, datetime]:
        """Sort by due time; what has none comes last, the oldest first."""
        return self.due_at is None, self.due_at or self.started_at


@router.get("/")
def home(request: Request, actor: Annotated[Actor, Depends(public)], session: Read) -> Response:
    """Show the actor's work, or lead to the login, or to where the first password is changed."""
    if actor.anonymous or actor.must_change_password:
        return RedirectResponse("/login" if actor.anonymous else "/account", 303)
    return _board(request, actor, session, "dashboards/home.html")


@router.get("/live")
def live(request: Request, actor: Annotated[Actor, Depends(require("home.read"))], session: Read) -> Response:
    """Return the parts that change."""
    return _board(request, actor, session, "dashboards/_live.html")


def _board(request: Request, actor: Actor, session: Read, template: str) -> Response:
    platform = platform_of(request)
    now = platform.clock.now()
    contract = pinned.in_force(platform)
    begin(request)
    found = queries.open_with_verdicts(session, actor, now)
    report = risk = None
    if actor.may("report.read"):
        report = headline(session, actor, contract, now - timedelta(days=30), now + timedelta(seconds=1))
        risk = exposure(session, contract, now, report.scopes)
    return render(
        request,
        template,
        tasks=_urgent_first(tasks_of(actor, found)) + _urgent_first(_reviews(session, actor)),
        open=found,
        names=views.Names(contract),
        tones=views.TONES,
        state_word=views.state_word,
        report=report,
        risk=risk,
        messages=unread(session, actor.person_id or 0, 8),
    )


def tasks_of(actor: Actor, found: Sequence[tuple[Incident, Verdict]]) -> list[Task]:
    """Return what the open incidents ask of the actor."""
    tasks: list[Task] = []
    for incident, verdict in found:
        url = f"/incidents/{incident.number}"
        if actor.may("incident.handle"):
            tasks += _for_engineer(incident, verdict, url)
        if actor.may("incident.decide"):
            tasks += _for_supervisor(incident, verdict, url)
    return tasks


def _urgent_first(tasks: list[Task]) -> list[Task]:
    return sorted(tasks, key=lambda t: t.urgency)


def _reviews(session: Session, actor: Actor) -> list[Task]:
    return [Task(w.what, w.title, w.url, w.due_at, w.since, "") for w in waiting(session, actor)]


def _for_engineer(incident: Incident, verdict: Verdict, url: str) -> list[Task]:
    tasks = []
    response, repair = verdict.response, verdict.repair
    if response.ended_at is None and response.state in ("pending", "missed"):
        what = _("请响应并答复报告人")
        tasks.append(Task(what, incident.title, url, response.due_at, response.started_at, response.article))
    elif verdict.down:
        what = _("请修复并登记恢复")
        tasks.append(Task(what, incident.title, url, repair.due_at, repair.started_at, repair.article))
    if incident.state == rules.CONFIRMED:
        tasks.append(Task(_("请关闭归档"), incident.title, url, None, verdict.started_at, ""))
    return tasks


def _for_supervisor(incident: Incident, verdict: Verdict, url: str) -> list[Task]:
    tasks = []
    since = verdict.restored_at or verdict.started_at
    if incident.state == rules.RESTORED:
        tasks.append(Task(_("请确认或退回恢复"), incident.title, url, None, since, verdict.repair.article))
    if verdict.claimed_class != verdict.fault_class:
        tasks.append(Task(_("请会签类别变更"), incident.title, url, None, since, verdict.repair.article))
    for claim in verdict.exclusions:
        if claim.state == "claimed":
            what = _("请决定剔除申请 %(claim)s", claim=claim.claim)
            tasks.append(Task(what, incident.title, url + "#views", None, since, verdict.repair.article))
    return tasks
