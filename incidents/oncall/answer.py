"""Answer by the one-time link of a page: GET shows the form and changes nothing, POST with words responds.

A mail scanner that follows links stops no clock. The link works without a login, for this one act.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Form, Request, Response
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incidents import service
from incidents.models import Incident
from incidents.oncall import links
from incidents.oncall.models import OncallPage
from kernel import audit
from kernel.edge import PageRouter, Read, Write, platform_of, public
from kernel.edge.limit import Limiter
from kernel.errors import AppError, Conflict, NotFound
from kernel.identity.actor import Actor
from kernel.identity.actors import actor_of
from kernel.identity.models import Person
from kernel.web.forms import EMPTY, FormState
from kernel.web.templating import render

router = PageRouter()
Anybody = Annotated[Actor, Depends(public)]
WRONG = Limiter(20, 60.0)
"""Only wrong links count: nobody can lock out the engineer who holds a right one."""


@router.get("/answer/{token}")
def form(request: Request, token: str, _who: Anybody, session: Read) -> Response:
    """Show what happened and the form to answer; nothing follows from looking at it."""
    page, incident, person = _found(request, session, token)
    return _show(request, page, incident, person, EMPTY)


@router.post("/answer/{token}")
def respond(
    request: Request,
    token: str,
    _who: Anybody,
    session: Write,
    text: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Respond in the name of the person whom the page called; the link is used up by it."""
    platform = platform_of(request)
    now = platform.clock.now()
    page, incident, person = _found(request, session, token)
    try:
        actor = actor_of(session, now, platform.catalogue, person.username)
        _use(session, now, page, incident)
        service.happen(platform, session, now, actor, incident.number, "responded", {"text": text})
    except AppError as error:
        session.rollback()
        state = FormState.refused({"text": text}, error)
        return _show(request, *_found(request, session, token), state, error.status)
    return _show(request, page, incident, person, EMPTY, done=True)


def _found(request: Request, session: Session, token: str) -> tuple[OncallPage, Incident, Person]:
    """Return what a good link is for; everything else is not found."""
    platform = platform_of(request)
    number = links.page_of(platform, token, platform.clock.now())
    found = None
    if number is not None:
        wanted = (
            select(OncallPage, Incident, Person)
            .join(Incident, Incident.id == OncallPage.incident_id)
            .join(Person, Person.id == OncallPage.person_id)
        )
        found = session.execute(wanted.where(OncallPage.id == number, Person.disabled_at.is_(None))).first()
    if found is None:
        WRONG.count(request.client.host if request.client else "", platform.clock.monotonic())
        raise NotFound("链接无效或已过期。请登录平台答复。")
    page, incident, person = found
    return page, incident, person


def _use(session: Session, now: Any, page: OncallPage, incident: Incident) -> None:
    done = session.execute(
        update(OncallPage).where(OncallPage.id == page.id, OncallPage.used_at.is_(None)).values(used_at=now)
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        raise Conflict("这个链接已经使用过。如需补充，请登录平台。", code="used")
    detail = {"page": page.id, "person": page.person_id, "rung": page.rung}
    audit.record(session, now, "oncall.answered_by_link", f"incident:{incident.number}", detail)


def _show(
    request: Request,
    page: OncallPage,
    incident: Incident,
    person: Person,
    state: FormState,
    status: int = 200,
    *,
    done: bool = False,
) -> Response:
    shown: dict[str, Any] = {
        "page": page,
        "incident": incident,
        "person": person,
        "state": state,
        "done": done,
    }
    return render(request, "incidents/answer.html", status_code=status, **shown)
