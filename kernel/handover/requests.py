"""Ask for a handover, make it in the background, fetch it for a day, forget it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from kernel import audit, feed
from kernel.disclosure.models import Disclosure
from kernel.disclosure.service import demand_purpose, disclose
from kernel.errors import Conflict, NotFound
from kernel.handover.models import DONE, EXPIRED, FAILED, QUEUED, RUNNING, HandoverRequest
from kernel.handover.service import hand_over
from kernel.identity.actor import Actor
from kernel.identity.actors import actor_of
from kernel.platform import Platform
from kernel.web.i18n import gettext as _

log = logging.getLogger(__name__)
KEEP = timedelta(hours=24)
GIVEN_UP = timedelta(hours=6)
"""A request that has been running for so long lost its worker and is begun again."""
SHOWN, EVERY = 20, 20


def ask(session: Session, now: datetime, actor: Actor, purpose: str) -> HandoverRequest:
    """Queue a handover; 422 without a purpose, 409 while another is being made."""
    demand_purpose("handover", purpose)
    busy = select(HandoverRequest.id).where(HandoverRequest.state.in_((QUEUED, RUNNING))).limit(1)
    if session.scalar(busy) is not None:
        raise Conflict("已有一份移交正在生成，请等它完成。", code="impossible")
    request = HandoverRequest(
        requested_at=now,
        actor=actor.username,
        actor_name=actor.display_name,
        purpose=purpose.strip(),
        state=QUEUED,
        written=0,
    )
    session.add(request)
    session.flush()
    audit.record(session, now, "handover.asked", f"handover:{request.id}", {"purpose": request.purpose})
    return request


def newest(session: Session) -> Sequence[HandoverRequest]:
    """Return the newest requests."""
    return session.scalars(select(HandoverRequest).order_by(HandoverRequest.id.desc()).limit(SHOWN)).all()


def path_of(platform: Platform, request_id: int) -> Path:
    """Return where a handover is kept until it is fetched."""
    return platform.settings.data_dir / "handover" / f"shoushi-handover-{request_id}.zip"


def fetched(
    platform: Platform, session: Session, now: datetime, actor: Actor, request_id: int
) -> tuple[Path, Disclosure]:
    """Enter that the actor fetches a finished handover, and return its file; 404 once it is gone."""
    request = session.get(HandoverRequest, request_id)
    path = path_of(platform, request_id)
    alive = request is not None and request.state == DONE and request.expires_at and now < request.expires_at
    if request is None or not alive or not path.is_file():
        raise NotFound(_("没有这份移交，或下载已过期，请重新申请。"))
    size, records, digest = request.size or 0, request.records or 0, request.digest or ""
    entry = disclose(
        session, now, actor, "handover", path.name, digest, size, records, purpose=request.purpose, form="zip"
    )
    return path, entry


def work(platform: Platform) -> int:
    """Make the next handover that was asked for, and remove those whose time is over."""
    done = _expire(platform)
    request = _claim(platform)
    if request is None:
        return done
    path = path_of(platform, request.id)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with platform.db.read() as session:
            actor = actor_of(session, platform.clock.now(), platform.catalogue, request.actor)
        now = platform.clock.now()
        hand_over(platform, now, actor, path, request.purpose, lambda n: _progress(platform, request.id, n))
    except Exception as error:
        log.exception("handover %s failed", request.id)
        _note(platform, request.id, state=FAILED, error=f"{type(error).__name__}: {error}"[:300])
        return done + 1
    _finish(platform, request.id, path)
    return done + 1


def _claim(platform: Platform) -> HandoverRequest | None:
    now = platform.clock.now()
    lost = (HandoverRequest.state == RUNNING) & (HandoverRequest.started_at < now - GIVEN_UP)
    open_ = or_(HandoverRequest.state == QUEUED, lost)
    with platform.db.read() as session:
        found = session.scalar(select(HandoverRequest).where(open_).order_by(HandoverRequest.id).limit(1))
    if found is None:
        return None
    with platform.db.write("handover") as session:
        mine = update(HandoverRequest).where(HandoverRequest.id == found.id, open_)
        changed = session.execute(mine.values(state=RUNNING, started_at=now, written=0))
        return found if changed.rowcount else None  # type: ignore[attr-defined]


def _progress(platform: Platform, request_id: int, written: int) -> None:
    if written % EVERY == 0:
        _note(platform, request_id, written=written)


def _finish(platform: Platform, request_id: int, path: Path) -> None:
    now = platform.clock.now()
    with platform.db.read() as session:
        wanted = select(Disclosure).where(Disclosure.kind == "handover", Disclosure.subject == path.name)
        entry = session.scalars(wanted.order_by(Disclosure.id.desc()).limit(1)).one()
    values = {"size": entry.size, "digest": entry.digest, "records": entry.records}
    _note(platform, request_id, state=DONE, finished_at=now, expires_at=now + KEEP, **values)


def _expire(platform: Platform) -> int:
    over = (HandoverRequest.state == DONE) & (HandoverRequest.expires_at <= platform.clock.now())
    with platform.db.read() as session:
        ids = session.scalars(select(HandoverRequest.id).where(over)).all()
    for request_id in ids:
        path_of(platform, request_id).unlink(missing_ok=True)
        _note(platform, request_id, state=EXPIRED)
    return len(ids)


def _note(platform: Platform, request_id: int, **values: object) -> None:
    with platform.db.write("handover") as session:
        session.execute(update(HandoverRequest).where(HandoverRequest.id == request_id).values(**values))
        feed.announce(session, platform.clock.now(), "handover", "/handover")
