"""The drill's incident: the same clocks as a real fault's, marked as a drill, without penalties."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from drills.log import CONDUCTOR, Who
from drills.models import Drill
from drills.plan import Resolved
from incidents import reporting
from incidents import service as incidents
from incidents.rules import CLOSED, RESTORED
from kernel.db.later import savepoint
from kernel.errors import Conflict
from kernel.identity.actor import Actor
from kernel.platform import Platform
from kernel.web.i18n import gettext as _
from kernel.web.worded import Worded, data_of, text_of
from playbooks.schema import Step

Said = Worded | str
_EVERYWHERE: frozenset[str | None] = frozenset({None})
_RIGHTS = dict.fromkeys(("incident.report", "incident.handle", "incident.note"), _EVERYWHERE)


def actor_as(who: Who) -> Actor:
    """Return somebody who may do what a drill's incident needs, under their own name."""
    return Actor(who.username, who.name, rights=_RIGHTS)


def fields_of(words: Said) -> dict[str, Any]:
    """Return what is said as an event's fields."""
    return {"text": text_of(words), **data_of(words)}


def open_for(platform: Platform, session: Session, now: datetime, drill: Drill, found: Resolved) -> str:
    """Report the drill's fault as known from now on; returns the incident's number."""
    told = reporting.Report(
        title=_("【演练】%(title)s", title=drill.title)[: reporting.TITLE_MAX],
        fault_class=drill.fault_class,
        modules=found.plan.modules,
        payers=found.plan.payers,
        detected_at=now,
        reporter=_("演练%(number)s", number=drill.number),
        drill=True,
    )
    drill.incident = reporting.report(platform, session, now, actor_as(CONDUCTOR), told).number
    return drill.incident


def step_done(
    platform: Platform, session: Session, now: datetime, drill: Drill, step: Step, words: str, who: Who
) -> None:
    """Let the incident hear of a human step that means something to it."""
    kind = step.event or ("responded" if step.id == "ack" else None)
    if drill.incident and kind:
        happen(platform, session, now, drill.incident, kind, words, who)


def happen(
    platform: Platform, session: Session, now: datetime, number: str, kind: str, words: Said, who: Who,
    at: datetime | None = None,
) -> None:  # fmt: skip
    """Let an event happen to the drill's incident; one that its state doesn't admit becomes a note."""
    actor, fields = actor_as(who), fields_of(words)
    try:
        with savepoint(session):
            incidents.happen(platform, session, now, actor, number, kind, fields, at=at)
    except Conflict:
        incidents.happen(platform, session, now, actor, number, "note", fields)


def restored(
    platform: Platform, session: Session, now: datetime, drill: Drill, words: Said, at: datetime | None = None
) -> None:
    """Record that service is back, unless it is known already."""
    if drill.incident and incidents.find(session, drill.incident).state not in (RESTORED, CLOSED):
        happen(platform, session, now, drill.incident, "restored", words, CONDUCTOR, at=at)


def confirmed(
    platform: Platform, session: Session, now: datetime, drill: Drill, actor: Actor, words: Said
) -> None:
    """Let party A confirm the restoration and close the incident, when it signs the drill."""
    if not drill.incident:
        return
    if incidents.find(session, drill.incident).state == RESTORED:
        fields = fields_of(words)
        incidents.happen(platform, session, now, actor, drill.incident, "restoration_accepted", fields)
    if incidents.find(session, drill.incident).state != CLOSED:
        happen(platform, session, now, drill.incident, "closed", words, CONDUCTOR)


def open_real(
    platform: Platform, session: Session, now: datetime, drill: Drill, found: Resolved, why: Worded
) -> str:
    """Report a real fault: what the drill broke is not whole again, so the contract's clocks run."""
    title = _("演练%(number)s未能恢复原状：%(title)s", number=drill.number, title=drill.title)
    told = reporting.Report(
        title=title[: reporting.TITLE_MAX],
        fault_class=drill.fault_class,
        modules=found.plan.modules,
        payers=found.plan.payers,
        detected_at=now,
        text=why.text,
        extra=why.data,
    )
    drill.real_incident = reporting.report(platform, session, now, actor_as(CONDUCTOR), told).number
    return drill.real_incident
