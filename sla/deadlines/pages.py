"""The engine as operations see it: what is due next, what is late, when nobody watched."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kernel.edge import PageRouter, Read, platform_of, require
from kernel.identity.actor import Actor
from kernel.web.templating import render
from sla.deadlines.models import ARMED, BLIND_REASONS, FIRED, BlindTime, Deadline, Heartbeat

router = PageRouter()
SHOWN = 50


@router.get("/deadlines")
def page(
    request: Request, session: Read, _actor: Annotated[Actor, Depends(require("deadline.read"))]
) -> Response:
    """Show the engine."""
    return render(request, "sla/deadlines.html", **_shown(session, platform_of(request).clock.now()))


def _shown(session: Session, now: datetime) -> dict[str, Any]:
    count = select(func.count()).select_from(Deadline).where(Deadline.state == ARMED)
    armed = select(Deadline).where(Deadline.state == ARMED).order_by(Deadline.wake_at, Deadline.id)
    fired = select(Deadline).where(Deadline.state == FIRED)
    return {
        "reasons": BLIND_REASONS,
        "upcoming": session.scalars(armed.limit(SHOWN)).all(),
        "fired": session.scalars(
            fired.order_by(Deadline.wake_at.desc(), Deadline.id.desc()).limit(SHOWN)
        ).all(),
        "armed": session.scalar(count),
        "late": session.scalar(count.where(Deadline.wake_at < now)),
        "beat": session.scalar(select(Heartbeat.at).where(Heartbeat.name == "engine")),
        "blind": session.scalars(select(BlindTime).order_by(BlindTime.id.desc()).limit(SHOWN)).all(),
    }
