"""Use cases of identity: people and posts, logging in, sessions and tokens."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from kernel import audit
from kernel.crypto import sm3_hex
from kernel.errors import Conflict, Invalid, NotFound
from kernel.identity import passwords
from kernel.identity.actor import Actor
from kernel.identity.models import ApiToken, Holding, LoginSession, Person, Post, PostRole, Unit
from kernel.manifest import Catalogue, Role
from kernel.outbox.reach.rules import WRONG_PHONE, wrong_phone
from kernel.web.i18n import gettext as _

MAX_FAILURES = 5
LOCK_FOR = timedelta(minutes=15)
WRONG = "用户名或密码不正确。连续5次错误将锁定15分钟。"


def add_unit(session: Session, now: datetime, key: str, name: str, **more: Any) -> Unit:
    """Create a unit; 409 when the key is taken."""
    if session.scalar(select(Unit.id).where(Unit.key == key)):
        raise Conflict(_("单位代码“%(key)s”已存在。", key=key))
    unit = Unit(key=key, name=name, **more)
    session.add(unit)
    session.flush()
    audit.record(session, now, "unit.added", f"unit:{key}", {"name": name, **more})
    return unit


def add_post(session: Session, now: datetime, unit: Unit, name: str, roles: Iterable[str]) -> Post:
    """Create a post that carries `roles`."""
    post = Post(unit_id=unit.id, name=name)
    session.add(post)
    session.flush()
    held = sorted(set(roles))
    session.add_all(PostRole(post_id=post.id, role=r) for r in held)
    audit.record(session, now, "post.added", f"unit:{unit.key}", {"name": name, "roles": held})
    return post


def add_person(
    session: Session,
    now: datetime,
    username: str,
    display_name: str,
    password: str | None = None,
    **more: Any,
) -> Person:
    """Create a person; 409 when the user name is taken, 422 when the password breaks the rules."""
    if not username or not username.replace("-", "").replace("_", "").replace(".", "").isalnum():
        raise Invalid.field("username", "用户名只能由字母、数字、点、横线和下划线组成。")
    if more.get("phone") and wrong_phone(more["phone"]):
        raise Invalid.field("phone", WRONG_PHONE)
    if session.scalar(select(Person.id).where(Person.username == username)):
        raise Conflict(_("用户名“%(username)s”已存在。", username=username))
    person = Person(username=username, display_name=display_name or username, created_at=now, **more)
    session.add(person)
    if password is not None:
        passwords.check_rules(password, username)
        person.password_hash = passwords.hash_password(password)
        person.password_changed_at = now
    session.flush()
    audit.record(session, now, "person.added", f"person:{username}", {"display_name": display_name})
    return person


def grant(session: Session, now: datetime, catalogue: Catalogue, person: Person, post: Post) -> Holding:
    """Let the person hold the post; 409 when roles would meet that must stay apart (三员分立)."""
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update())
    current = set(session.scalars(_roles_of(person.id, now)))
    added = set(session.scalars(select(PostRole.role).where(PostRole.post_id == post.id)))
    clash = catalogue.clash(current | added)
    if clash:
        first, second = (_(catalogue.roles[r].label) for r in clash)
        raise Conflict(_("%(a)s与%(b)s不能由同一人担任（三员分立）。", a=first, b=second))
    holding = Holding(person_id=person.id, post_id=post.id, since=now)
    session.add(holding)
    session.flush()
    audit.record(
        session, now, "post.granted", f"person:{person.username}", {"post": post.name, "roles": sorted(added)}
    )
    return holding


def check_unit(key: str, name: str) -> None:
    """Raise Invalid unless the unit has a usable key and a name."""
    if not key.isascii() or not key.replace("-", "").isalnum() or len(key) > 40:
        raise Invalid.field("key", "单位代码只能由字母、数字和横线组成，最多40位。")
    if not name or len(name) > 120:
        raise Invalid.field("name", "请填写单位名称，最多120字。")


def post_for(session: Session, now: datetime, unit: Unit, role: Role) -> Post:
    """Return the unit's post that carries just this role, made when missing."""
    found = session.scalar(select(Post).where(Post.unit_id == unit.id, Post.name == role.label))
    return found or add_post(session, now, unit, role.label, [role.key])


def end_holding(session: Session, now: datetime, holding_id: int) -> None:
    """End a post that somebody holds; 404 when nobody does."""
    done = session.execute(
        update(Holding).where(Holding.id == holding_id, Holding.until.is_(None)).values(until=now)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound("没有这条任职记录，可能已经收回。")
    audit.record(session, now, "post.ended", f"holding:{holding_id}", {})


def unlock(session: Session, now: datetime, username: str) -> None:
    """Lift the lock that failed logins caused."""
    person = person_by_name(session, username)
    person.locked_until, person.failed_logins = None, 0
    audit.record(session, now, "person.unlocked", f"person:{username}", {})


def toggle_disabled(session: Session, now: datetime, actor: Actor, username: str) -> None:
    """Disable an account or enable it again; nobody disables themselves."""
    person = person_by_name(session, username)
    if person.id == actor.person_id:
        raise Conflict("不能停用自己的账户。")
    person.disabled_at = None if person.disabled_at else now
    if person.disabled_at:
        session.execute(
            update(LoginSession)
            .where(LoginSession.person_id == person.id, LoginSession.revoked_at.is_(None))
            .values(revoked_at=now)
        )
    action = "person.disabled" if person.disabled_at else "person.enabled"
    audit.record(session, now, action, f"person:{username}", {})


def _roles_of(person_id: int, now: datetime) -> Any:
    return (
        select(PostRole.role)
        .join(Holding, Holding.post_id == PostRole.post_id)
        .where(Holding.person_id == person_id, or_(Holding.until.is_(None), Holding.until > now))
    )


def check_password(session: Session, username: str, password: str) -> str | None:
    """Return the stored hash that the password fits, None when it fits none: the proof for `login`.

    Takes a tenth of a second on purpose, for unknown people too, so it comes before the write transaction.
    """
    wanted = select(Person.password_hash).where(Person.username == username, Person.disabled_at.is_(None))
    stored = session.scalar(wanted)
    return stored if passwords.matches(password, stored) else None


def login(
    session: Session,
    now: datetime,
    username: str,
    proof: str | None,
    *,
    hours: int,
    address: str = "",
    agent: str = "",
) -> tuple[LoginSession | None, str]:
    """Open a session for whom `proof` was found; returns it with the cookie's value, or (None, reason).

    A failure is *counted*, so the caller must commit in either case. Five in a row lock the account for 15
    minutes; the same words answer an unknown user, a wrong password and a locked account's password.
    """
    person = session.scalar(select(Person).where(Person.username == username).with_for_update())
    if person is None or person.disabled_at:
        return None, WRONG
    if person.locked_until and person.locked_until > now:
        audit.record(session, now, "login.refused", f"person:{person.username}", {"reason": "locked"})
        return None, WRONG
    if proof is None or proof != person.password_hash:
        _count_failure(session, now, person)
        return None, WRONG
    person.failed_logins = 0
    person.locked_until = None
    return open_session(session, now, person, hours=hours, address=address, agent=agent)


def _count_failure(session: Session, now: datetime, person: Person) -> None:
    person.failed_logins += 1
    if person.failed_logins >= MAX_FAILURES:
        person.failed_logins = 0
        person.locked_until = now + LOCK_FOR
        audit.record(
            session, now, "login.locked", f"person:{person.username}", {"until": person.locked_until}
        )
    else:
        audit.record(
            session, now, "login.failed", f"person:{person.username}", {"count": person.failed_logins}
        )


def open_session(
    session: Session, now: datetime, person: Person, *, hours: int, address: str = "", agent: str = ""
) -> tuple[LoginSession, str]:
    """Open a login session for a person already authenticated; returns it and the cookie's value."""
    value = secrets.token_urlsafe(32)
    login_session = LoginSession(
        token_hash=sm3_hex(value.encode()),
        person_id=person.id,
        csrf=secrets.token_urlsafe(24),
        created_at=now,
        seen_at=now,
        expires_at=now + timedelta(hours=hours),
        address=address[:64] or None,
        agent=agent[:200] or None,
    )
    session.add(login_session)
    session.flush()
    audit.record(session, now, "login.opened", f"person:{person.username}", {"address": address[:64]})
    return login_session, value


def logout(session: Session, now: datetime, actor: Actor, session_id: int) -> None:
    """Revoke one of the actor's own sessions; 404 when it isn't theirs."""
    done = session.execute(
        update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.person_id == actor.person_id)
        .where(LoginSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound("没有这个登录会话，可能已经退出。")
    audit.record(session, now, "login.closed", f"person:{actor.username}", {})


def change_password(session: Session, now: datetime, actor: Actor, old: str, new: str) -> None:
    """Change one's own password and end all other sessions."""
    person = session.get_one(Person, actor.person_id)
    if not passwords.matches(old, person.password_hash):
        raise Invalid.field("old_password", "原密码不正确。")
    if old == new:
        raise Invalid.field("new_password", "新密码不能与原密码相同。")
    set_password(session, now, person, new, field="new_password", keep_session=actor.session_id)


def set_password(
    session: Session,
    now: datetime,
    person: Person,
    new: str,
    *,
    field: str = "password",
    keep_session: int | None = None,
) -> None:
    """Set a password by the rules; ends the person's sessions except `keep_session`."""
    passwords.check_rules(new, person.username, field)
    person.password_hash = passwords.hash_password(new)
    person.password_changed_at = now
    person.must_change_password = 0
    person.version += 1
    revoke = update(LoginSession).where(
        LoginSession.person_id == person.id, LoginSession.revoked_at.is_(None)
    )
    if keep_session is not None:
        revoke = revoke.where(LoginSession.id != keep_session)
    session.execute(revoke.values(revoked_at=now))
    audit.record(session, now, "password.changed", f"person:{person.username}", {})


def create_token(
    session: Session,
    now: datetime,
    username: str,
    label: str,
    *,
    expires: timedelta | None,
    role: str | None = None,
) -> str:
    """Make a bearer token and return it; it is shown this once and never stored."""
    person = person_by_name(session, username)
    value = "sst_" + secrets.token_urlsafe(32)
    token = ApiToken(
        token_hash=sm3_hex(value.encode()),
        person_id=person.id,
        label=label[:80],
        role=role,
        created_at=now,
        expires_at=None if expires is None else now + expires,
    )
    session.add(token)
    audit.record(
        session, now, "token.created", f"person:{username}", {"label": label, "expires_at": token.expires_at}
    )
    return value


def person_by_name(session: Session, username: str) -> Person:
    """Return the person; 404 when there is none."""
    person = session.scalar(select(Person).where(Person.username == username))
    if person is None:
        raise NotFound(_("没有用户“%(username)s”。", username=username))
    return person
