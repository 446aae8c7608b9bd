"""A drill planned once more: the same plan, its window moved to where the contract next demands a drill."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from drills import plan, rules, service
from drills.models import Drill
from drills.plan import Plan, Window
from kernel.errors import Conflict
from kernel.platform import Platform
from sla import pinned
from sla.contract import Contract
from sla.obligations import service as obligations

PLANNABLE = (*rules.HELD, rules.WITHDRAWN)
"""States of a drill that is over: one that is not can be changed itself."""


@dataclass(frozen=True, slots=True)
class Again:
    """What the next plan begins with."""

    number: str
    plan: Plan
    due: date | None
    """The last day on which the next drill is in time; None when the contract demands none any more."""
    window: Window | None
    """None when somebody has to choose the time."""


def of(platform: Platform, session: Session, now: datetime, number: str) -> Again:
    """Return the plan of a drill that is over, to be held again; 404, or 409 while it is not over."""
    drill = service.find(session, number)
    if not may(drill):
        raise Conflict("这次演练还没有结束，不能再次计划：请直接修改方案。", code="impossible")
    contract = pinned.in_force(platform)
    wanted, due = plan.read(drill.plan), next_due(session, contract, now)
    return Again(number, wanted, due, moved(wanted.window, due, now, contract.zone))


def may(drill: Drill) -> bool:
    """Whether the drill is over, so that it can be planned again."""
    return drill.state in PLANNABLE


def next_due(session: Session, contract: Contract, now: datetime) -> date | None:
    """Return the day by which the contract next demands a drill (第十七条); what is overdue has passed."""
    today = now.astimezone(contract.zone).date()
    found = obligations.current(session, contract, now)
    days = [o.due for o in found if o.duty.kind == "drill" and o.open and o.due is not None]
    return min((day for day in days if day >= today), default=None)


def starting(found: Again, begins: datetime, zone: ZoneInfo) -> Window:
    """Return a window of the plan's length that begins at a local time."""
    first = begins.replace(tzinfo=zone)
    return Window(begins=first, ends=first + (found.plan.window.ends - found.plan.window.begins))


def moved(window: Window, due: date | None, now: datetime, zone: ZoneInfo) -> Window | None:
    """Return the window with its times of day, ending on the day it is due; None without such a future."""
    if due is None:
        return None
    begins, ends = window.begins.astimezone(zone), window.ends.astimezone(zone)
    shift = due - ends.date()
    begins, ends = begins + shift, ends + shift
    return Window(begins=begins, ends=ends) if begins > now else None
