"""Login, one's own account and messages."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Form, Request, Response
from sqlalchemy import select

from kernel.edge import PageRouter, Read, RowId, Write, include, platform_of, public, require
from kernel.edge.access import COOKIE
from kernel.errors import AppError
from kernel.identity import service
from kernel.identity.actor import Actor
from kernel.identity.models import ApiToken, LoginSession, Person
from kernel.identity.people import router as people
from kernel.outbox.models import Message
from kernel.outbox.service import mark_read
from kernel.web.flash import see_other
from kernel.web.forms import EMPTY, FormState
from kernel.web.i18n import gettext as _
from kernel.web.security import csrf_form
from kernel.web.templating import render

router = PageRouter()
Self = Annotated[Actor, Depends(require("account.self"))]
Anybody = Annotated[Actor, Depends(public)]
checked = Depends(csrf_form)


@router.get("/login")
def login_form(request: Request, _who: Anybody, next: str = "/") -> Response:  # noqa: A002 - the URL's word
    """Show the login."""
    return render(request, "identity/login.html", state=EMPTY, next=safe_next(next))


@router.post("/login")
def login(
    request: Request,
    _who: Anybody,
    username: Annotated[str, Form(max_length=64)] = "",
    password: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002 - the form's word
) -> Response:
    """Log in."""
    opened, value = _log_in(request, username.strip(), password)
    if opened is None:
        state = FormState({"username": username}, {}, _(value))
        return render(request, "identity/login.html", status_code=401, state=state, next=safe_next(next))
    response = see_other(safe_next(next))
    secure = platform_of(request).settings.secure_cookies
    response.set_cookie(COOKIE, value, httponly=True, samesite="lax", secure=secure, path="/")
    return response


def _log_in(request: Request, username: str, password: str) -> tuple[LoginSession | None, str]:
    """Hash first, write then: nobody else waits for the hashing. A failure is counted, so it commits too."""
    platform = platform_of(request)
    with platform.db.read() as session:
        proof = service.check_password(session, username, password)
    with platform.db.write("anonymous") as session:
        return service.login(
            session,
            platform.clock.now(),
            username,
            proof,
            hours=platform.settings.session_hours,
            address=request.client.host if request.client else "",
            agent=request.headers.get("user-agent", ""),
        )


def safe_next(url: str) -> str:
    """Return a path of ours to go on to; anything else leads home (no open redirect)."""
    parts = urlsplit(url)
    inside = not parts.scheme and not parts.netloc and url.startswith("/") and "\\" not in url
    return url if inside and not url.startswith("//") else "/"


@router.post("/logout", dependencies=[checked])
def logout(request: Request, actor: Self, session: Write) -> Response:
    """Log out."""
    if actor.session_id is not None:
        service.logout(session, platform_of(request).clock.now(), actor, actor.session_id)
    response = see_other("/login")
    response.delete_cookie(COOKIE, path="/")
    return response


@router.get("/account")
def account(request: Request, actor: Self, session: Read) -> Response:
    """Show one's own account."""
    return _account(request, actor, session, EMPTY)


@router.post("/account/password", dependencies=[checked])
def change_password(
    request: Request,
    actor: Self,
    session: Write,
    old_password: Annotated[str, Form(max_length=200)] = "",
    new_password: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Change one's password; ends all other sessions."""
    try:
        service.change_password(session, platform_of(request).clock.now(), actor, old_password, new_password)
    except AppError as error:
        session.rollback()
        return _account(request, actor, session, FormState.refused({}, error), 422)
    return see_other("/account", _("密码已修改，其他登录已退出。"))


@router.post("/account/sessions/{session_id}/revoke", dependencies=[checked])
def revoke(request: Request, session_id: RowId, actor: Self, session: Write) -> Response:
    """End one of one's other sessions."""
    service.logout(session, platform_of(request).clock.now(), actor, session_id)
    return see_other("/account", _("该登录已退出。"))


@router.get("/messages")
def messages(request: Request, actor: Self, session: Read) -> Response:
    """Show one's in-app messages."""
    wanted = select(Message).where(Message.person_id == actor.person_id, Message.channel == "inapp")
    rows = session.scalars(wanted.order_by(Message.id.desc()).limit(100)).all()
    return render(request, "identity/messages.html", rows=rows)


@router.post("/messages/read", dependencies=[checked])
def read_all(request: Request, actor: Self, session: Write) -> Response:
    """Mark all one's messages as read; broadcasts need opening to count as received."""
    mark_read(session, platform_of(request).clock.now(), actor.person_id or 0)
    return see_other("/messages")


def _account(request: Request, actor: Actor, session: Read, state: FormState, status: int = 200) -> Response:
    now = platform_of(request).clock.now()
    sessions = session.scalars(
        select(LoginSession)
        .where(LoginSession.person_id == actor.person_id, LoginSession.revoked_at.is_(None))
        .where(LoginSession.expires_at > now)
        .order_by(LoginSession.seen_at.desc())
    ).all()
    tokens = session.scalars(
        select(ApiToken).where(ApiToken.person_id == actor.person_id, ApiToken.revoked_at.is_(None))
    ).all()
    catalogue = platform_of(request).catalogue
    return render(
        request,
        "identity/account.html",
        status_code=status,
        state=state,
        person=session.get_one(Person, actor.person_id),
        roles=[catalogue.roles[g.role].label for g in actor.grants],
        sessions=sessions,
        tokens=tokens,
    )


include(router, people)
