"""People, units and posts: kept by the system, granted by the security administrator (三员分立)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Form, Request, Response
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from kernel.edge import PageRouter, Read, RowId, RowIdField, Write, platform_of, require
from kernel.errors import AppError, NotFound
from kernel.identity import service
from kernel.identity.actor import Actor
from kernel.identity.models import Holding, Person, Post, PostRole, Unit
from kernel.web.flash import see_other
from kernel.web.forms import EMPTY, FormState
from kernel.web.i18n import gettext as _
from kernel.web.security import csrf_form
from kernel.web.templating import render

router = PageRouter()
Reader = Annotated[Actor, Depends(require("people.read"))]
Manager = Annotated[Actor, Depends(require("people.manage"))]
Granter = Annotated[Actor, Depends(require("people.grant"))]
Text = Annotated[str, Form(max_length=254)]
checked = Depends(csrf_form)


@router.get("/people")
def listing(request: Request, _actor: Reader, session: Read) -> Response:
    """List people with their posts, and units."""
    return _page(request, session, EMPTY)


@router.post("/people", dependencies=[checked])
def add_person(
    request: Request,
    _actor: Manager,
    session: Write,
    username: Text = "",
    display_name: Text = "",
    email: Text = "",
    phone: Text = "",
) -> Response:
    """Add a person with a first password, which is shown once and has to be changed at the first login."""
    password = first_password()
    now = platform_of(request).clock.now()
    try:
        service.add_person(
            session, now, username.strip(), display_name.strip(), password,
            email=email.strip() or None, phone=phone.strip() or None, must_change_password=1,
        )  # fmt: skip
    except AppError as error:
        session.rollback()
        values = {"username": username, "display_name": display_name, "email": email, "phone": phone}
        return _page(request, session, FormState.refused(values, error), error.status)
    return _page(request, session, EMPTY, shown={"username": username.strip(), "password": password})


def first_password() -> str:
    """Return a random password that keeps the rules."""
    return f"Sx7-{secrets.token_urlsafe(12)}"


@router.post("/units", dependencies=[checked])
def add_unit(
    request: Request, _actor: Manager, session: Write, key: Text = "", name: Text = "", scope: Text = ""
) -> Response:
    """Add a unit."""
    try:
        service.check_unit(key.strip(), name.strip())
        service.add_unit(
            session, platform_of(request).clock.now(), key.strip(), name.strip(), scope=scope.strip() or None
        )
    except AppError as error:
        session.rollback()
        state = FormState.refused({"key": key, "name": name, "scope": scope}, error)
        return _page(request, session, state, error.status)
    return see_other("/people#units", _("单位已添加。"))


@router.post("/people/{username}/posts", dependencies=[checked])
def give_post(
    request: Request,
    username: str,
    _actor: Granter,
    session: Write,
    unit: RowIdField,
    role: Annotated[str, Form()],
) -> Response:
    """Let a person hold the post of a role in a unit; 409 when it would join what must stay apart."""
    platform = platform_of(request)
    now = platform.clock.now()
    if role not in platform.catalogue.roles or session.get(Unit, unit) is None:
        raise NotFound("没有这个单位或角色。")
    person = service.person_by_name(session, username)
    post = service.post_for(session, now, session.get_one(Unit, unit), platform.catalogue.roles[role])
    service.grant(session, now, platform.catalogue, person, post)
    return see_other("/people", _("岗位已授予。"))


@router.post("/holdings/{holding_id}/end", dependencies=[checked])
def end_post(request: Request, holding_id: RowId, _actor: Granter, session: Write) -> Response:
    """End a post that somebody holds."""
    service.end_holding(session, platform_of(request).clock.now(), holding_id)
    return see_other("/people", _("岗位已收回。"))


@router.post("/people/{username}/unlock", dependencies=[checked])
def unlock(request: Request, username: str, _actor: Granter, session: Write) -> Response:
    """Lift a lock."""
    service.unlock(session, platform_of(request).clock.now(), username)
    return see_other("/people", _("账户已解锁。"))


@router.post("/people/{username}/disable", dependencies=[checked])
def disable(request: Request, username: str, actor: Granter, session: Write) -> Response:
    """Disable or enable an account; its sessions end at once."""
    service.toggle_disabled(session, platform_of(request).clock.now(), actor, username)
    return see_other("/people", _("账户状态已变更。"))


def _page(
    request: Request,
    session: Session,
    state: FormState,
    status: int = 200,
    shown: Mapping[str, Any] | None = None,
) -> Response:
    platform = platform_of(request)
    now = platform.clock.now()
    held = session.execute(
        select(Holding, Post, Unit)
        .join(Post, Post.id == Holding.post_id)
        .join(Unit, Unit.id == Post.unit_id)
        .where(or_(Holding.until.is_(None), Holding.until > now))
    ).all()
    roles: dict[int, list[str]] = {}
    for post_id, role in session.execute(select(PostRole.post_id, PostRole.role)):
        roles.setdefault(post_id, []).append(role)
    return render(
        request,
        "identity/people.html",
        status_code=status,
        state=state,
        shown=shown,
        people=session.scalars(select(Person).order_by(Person.username)).all(),
        units=session.scalars(select(Unit).order_by(Unit.key)).all(),
        held=held,
        roles=roles,
        role_names=platform.catalogue.roles,
    )
