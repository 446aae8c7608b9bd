"""A platform on a fixed clock, and short ways to let things happen on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from incidents import log, reporting
from incidents import service as incidents
from incidents.broadcasts import grid
from incidents.broadcasts.jobs import collect_receipts
from incidents.models import Broadcast, Incident
from kernel.clock import FixedClock
from kernel.identity.actor import Actor
from kernel.identity.actors import actor_of
from kernel.outbox.jobs import deliver
from kernel.outbox.models import QUEUED, Message
from kernel.platform import Platform
from sla import pinned
from sla.cases.models import Case
from sla.deadlines.jobs import tick
from sla.deadlines.models import ARMED, Deadline
from sla.events import Event
from sla.penalties import service as ledger
from sla.penalties.models import Penalty
from sla.verdict import judge

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 3, 9, 0, tzinfo=ZONE).astimezone(UTC)
"""When every story begins: a Tuesday, nine in the morning."""
INSTANT = timedelta.resolution


@dataclass
class World:
    """The platform under test with its clock."""

    platform: Platform
    clock: FixedClock
    shelf: Any = None
    """Where its database came from, when stories may be remembered (tests/support/stories.py)."""

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def actor(self, username: str) -> Actor:
        with self.platform.db.read() as session:
            return actor_of(session, self.now, self.platform.catalogue, username)

    def report(self, who: str = "lin", title: str = "公文系统无法登录", **more: Any) -> str:
        """Let `who` report a fault; returns its number."""
        fields = {"fault_class": "system_general", "modules": ["documents"], "payers": ["city"]} | more
        told = reporting.Report(title, **fields)
        actor = self.actor(who)
        with self.platform.db.write(who) as session:
            return reporting.report(self.platform, session, self.now, actor, told).number

    def happen(
        self, number: str, kind: str, who: str = "lin", *, at: datetime | None = None, **fields: Any
    ) -> None:
        """Let an event happen to the incident."""
        actor = self.actor(who)
        with self.platform.db.write(who) as session:
            incidents.happen(self.platform, session, self.now, actor, number, kind, fields, at=at)

    def settle(self) -> None:
        """Let the worker do everything that is due now."""
        while tick(self.platform) + deliver(self.platform) + collect_receipts(self.platform):
            pass

    def run_until(self, at: datetime) -> None:
        """Fast-forward: the worker wakes at every instant at which something is due."""
        self.settle()
        while self.now < at:
            self.clock.move_to(min(at, self._next_instant() or at))
            self.settle()

    def run_for(self, **delta: float) -> None:
        self.run_until(self.now + timedelta(**delta))

    def _next_instant(self) -> datetime | None:
        with self.platform.db.read() as session:
            wake = session.scalar(select(func.min(Deadline.wake_at)).where(Deadline.state == ARMED))
            mail = session.scalar(select(func.min(Message.next_at)).where(Message.state == QUEUED))
        times = [max(t, self.now) + INSTANT for t in (wake, mail) if t]
        return min(times, default=None)

    def events(self, number: str) -> list[Event]:
        with self.platform.db.read() as session:
            incident = incidents.find(session, number)
            return log.load(session, [incident.id])[incident.id]

    def kinds(self, number: str) -> list[str]:
        return [event.type for event in self.events(number)]

    def incident(self, number: str) -> Incident:
        with self.platform.db.read() as session:
            return incidents.find(session, number)

    def case(self, number: str) -> Case:
        with self.platform.db.read() as session:
            return session.scalars(select(Case).where(Case.subject == number)).one()

    def broadcasts(self, number: str) -> Sequence[Broadcast]:
        """The whole grid as people see it, with the slots that nobody noticed."""
        with self.platform.db.read() as session:
            found = session.scalars(select(Incident).where(Incident.number == number)).one()
            contract = pinned.version(session, found.contract)
            verdict = judge(contract, log.load(session, [found.id])[found.id], self.now)
            return grid.whole_grid(grid.rows_of(session, found.id), contract, verdict, self.now)

    def deadlines(self, number: str, state: int = ARMED) -> Sequence[Deadline]:
        with self.platform.db.read() as session:
            found = incidents.find(session, number)
            wanted = select(Deadline).where(Deadline.subject == "incident", Deadline.subject_id == found.id)
            return session.scalars(
                wanted.where(Deadline.state == state).order_by(Deadline.due_at, Deadline.id)
            ).all()

    def decide(self, number: str, decision: str, who: str, reason: str = "", **more: Any) -> Penalty:
        """Let a party decide on a penalty."""
        actor = self.actor(who)
        with self.platform.db.write(who) as session:
            return ledger.decide(
                self.platform, session, self.now, actor, number, decision, reason=reason, **more
            )

    def messages(self, ref: str) -> Sequence[Message]:
        with self.platform.db.read() as session:
            return session.scalars(select(Message).where(Message.ref == ref).order_by(Message.id)).all()
