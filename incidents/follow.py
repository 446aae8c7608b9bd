"""What follows from a change: the verdict, the projection, the ledger, deadlines, broadcasts, messages.

One function for every cause (an event, a deadline, a receipt), so that nothing can follow from one and be
forgotten for another. Everything happens in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from incidents import notify, service
from incidents.armed import deadlines
from incidents.broadcasts import grid
from incidents.models import Incident
from incidents.requests import reminders
from incidents.requests.rules import waiting
from incidents.reviews import owed
from incidents.rules import ENDED
from kernel import feed
from kernel.platform import Platform
from sla.cases import service as cases
from sla.contract import Contract
from sla.deadlines import arm, arm_new
from sla.events import Event
from sla.verdict import Verdict, judge

SUBJECT = "incident"


def judged(incident: Incident, contract: Contract, events: Sequence[Event], now: datetime) -> Verdict:
    """Judge the incident and bring its row up to that."""
    verdict = judge(contract, events, now)
    _project(incident, contract, events, verdict)
    return verdict


class New(NamedTuple):
    """A new incident as it is judged."""

    incident: Incident
    contract: Contract
    events: Sequence[Event]
    verdict: Verdict


def opened(platform: Platform, session: Session, now: datetime, new: Sequence[New]) -> None:
    """Everything that follows from new incidents, once they are judged."""
    cases.open_cases(
        platform, session, now, [(_subject(each.incident), each.verdict) for each in new], "reported"
    )
    wanted = {each.incident.id: deadlines(each.contract, each.verdict, each.events, now) for each in new}
    arm_new(session, SUBJECT, wanted)
    for each in new:
        grid.keep(platform, session, now, each.incident, each.contract, each.verdict)
        feed.announce(session, now, "incident", _url(each.incident))


def changed(
    platform: Platform,
    session: Session,
    now: datetime,
    incident: Incident,
    contract: Contract,
    events: Sequence[Event],
    *,
    cause: str,
) -> Verdict:
    """Everything that follows from a change of an incident, or from time having passed."""
    events = sorted(events, key=lambda e: (e.at, e.seq))  # the newest told may have happened first
    verdict = judged(incident, contract, events, now)
    session.flush()
    grid.keep(platform, session, now, incident, contract, verdict)
    slots = grid.tally(session, incident, contract, verdict)
    outcome_changed = cases.update_case(platform, session, now, _subject(incident), verdict, cause, slots)
    arm(session, now, SUBJECT, incident.id, deadlines(contract, verdict, events, now))
    requests = waiting(service.life_of(contract, events), events)
    reminders.keep(platform, session, now, incident, requests)
    if outcome_changed:
        notify.outcome(platform, session, now, incident, verdict)
    notify.happened(platform, session, now, incident, verdict, cause)
    if incident.closed or cause == "reopened":
        owed.keep(platform, session, now, incident, verdict)
    feed.announce(session, now, "incident", _url(incident))
    return verdict


def called(
    session: Session, now: datetime, incident: Incident, contract: Contract, events: Sequence[Event]
) -> Verdict:
    """What follows from a rung of the call ladder: pages show the call. All of its rungs are armed from the
    start and what is judged has deadlines of its own, so nothing else can have changed by it.
    """
    feed.announce(session, now, "incident", _url(incident))
    return judge(contract, sorted(events, key=lambda e: (e.at, e.seq)), now)


def _project(incident: Incident, contract: Contract, events: Sequence[Event], verdict: Verdict) -> None:
    """Set what has changed, and only that: an attribute set to what it is costs a flush all the same."""
    life = service.life_of(contract, events)
    known = {
        "state": life.state,
        "closed": int(life.state in ENDED),
        "fault_class": verdict.fault_class,
        "restored_at": verdict.restored_at,
        "major_since": verdict.major_since,
    }
    scope = [e for e in events if e.type in ("detected", "reported", "scope_changed")]
    if scope and scope[-1].type == "scope_changed":
        known |= {
            name: list(scope[-1].data.get(name, getattr(incident, name))) for name in ("modules", "payers")
        }
    for name, value in known.items():
        if getattr(incident, name) != value:
            setattr(incident, name, value)


def _subject(incident: Incident) -> cases.Subject:
    return cases.Subject(incident.number, incident.title, _url(incident))


def _url(incident: Incident) -> str:
    return f"/incidents/{incident.number}"
