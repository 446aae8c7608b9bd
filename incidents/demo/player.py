"""Plays the scripted month through the real engine on a clock that jumps from event to event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any

from sqlalchemy import func, select

from incidents import reporting, service
from incidents.broadcasts import service as broadcasts
from incidents.broadcasts.jobs import collect_receipts
from incidents.demo import cast, ledger, reviews, script
from incidents.demo.script import Story
from kernel.clock import Clock, FixedClock
from kernel.db.engine import Database
from kernel.identity.actor import Actor
from kernel.outbox.channels import Channel, Outcome
from kernel.outbox.jobs import deliver
from kernel.outbox.models import QUEUED, Message
from kernel.platform import Platform
from sla.deadlines import ARMED, Deadline, watch
from sla.deadlines.jobs import tick

ORDINARY = 52
MAIL_DOWN = (11 * script.DAY + 840 + 25, 11 * script.DAY + 840 + 70)
"""Minutes between which the mail server does not answer: one slot is late for it."""
BLIND = (24 * script.DAY + 280, 24 * script.DAY + 345)
"""Minutes between which the platform itself is down, in the middle of a major fault."""

Action = Callable[[], None]


class Player:
    """Keeps the time of the month and what is still to happen."""

    def __init__(self, platform: Platform, end: datetime) -> None:
        self.start = end - script.MONTH
        self.end = end
        self.clock = FixedClock(self.start)
        database = Database(platform.settings.url, synchronous="OFF")  # nothing here is worth an fsync
        self.platform = replace(platform, clock=self.clock, db=database)
        mail = _Mail(platform.channels["email"], self.clock, self._minutes(*MAIL_DOWN))
        self.platform.channels = {"email": mail}
        self.actors: dict[str, Actor] = {}
        self._agenda: list[tuple[datetime, int, Action]] = []
        self.count = 0

    def _minutes(self, *minutes: float) -> tuple[datetime, ...]:
        return tuple(self.start + timedelta(minutes=m) for m in minutes)

    def at(self, when: datetime, action: Action) -> None:
        """Put something on the agenda."""
        heappush(self._agenda, (when, len(self._agenda) + self.count * 1000, action))

    def tell(self, story: Story) -> None:
        """Put a story on the agenda."""
        base = self.end if story.at < 0 else self.start
        self.at(base + timedelta(minutes=story.at), lambda: self._report(story))

    def _report(self, story: Story) -> None:
        now = self.clock.now()
        told = reporting.Report(
            story.title,
            story.fault_class,
            story.modules,
            story.payers,
            reporter="市政府办 吴文书",
            **story.report,
        )
        with self.platform.db.write("clerk") as session:
            number = reporting.report(self.platform, session, now, self.actors["clerk"], told).number
        self.count += 1
        for minutes, who, kind, fields in story.steps:
            self.at(now + timedelta(minutes=minutes), self._step(number, now, who, kind, fields))
        for minutes, words in story.words.items():
            self.at(now + timedelta(minutes=minutes), self._words(number, words))

    def _step(self, number: str, began: datetime, who: str, kind: str, fields: dict[str, Any]) -> Action:
        data = {
            k: began + timedelta(minutes=v) if k in ("from", "to") and isinstance(v, float) else v
            for k, v in fields.items()
        }

        def act() -> None:
            now = self.clock.now()
            with self.platform.db.write(who) as session:
                service.happen(self.platform, session, now, self.actors[who], number, kind, data)

        return act

    def _words(self, number: str, words: dict[str, str]) -> Action:
        def act() -> None:
            with self.platform.db.write("engineer") as session:
                incident = service.find(session, number, for_update=True)
                now = self.clock.now()
                broadcasts.write_words(self.platform, session, now, self.actors["engineer"], incident, words)

        return act

    def play(self) -> None:
        """Let the month pass: everything on the agenda, and every deadline when it is due."""
        down, up = self._minutes(*BLIND)
        self.at(down, self.work)
        self.at(up, lambda: watch.forget(self.clock))
        while self._agenda and self._agenda[0][0] <= self.end:
            when, _, action = heappop(self._agenda)
            if not down < when <= up:
                self._pass_until(when)
            self.clock.move_to(max(when, self.clock.now()))
            action()
            if not down < when < up:
                self.work()
        self._pass_until(self.end)
        self.clock.move_to(self.end)
        self.work()

    def catch_up(self, wall: Clock) -> None:
        """Let the time that playing took pass too, so that the start finds no gap."""
        while wall.now() - self.clock.now() > timedelta(seconds=5):
            self.clock.move_to(wall.now())
            self.work()

    def _pass_until(self, when: datetime) -> None:
        for due in self._due_until(when):
            self.clock.move_to(max(due + timedelta(seconds=1), self.clock.now()))
            self.work()

    def _due_until(self, when: datetime) -> Iterator[datetime]:
        while True:
            with self.platform.db.read() as session:
                times = [
                    session.scalar(select(func.min(Deadline.wake_at)).where(Deadline.state == ARMED)),
                    session.scalar(select(func.min(Message.next_at)).where(Message.state == QUEUED)),
                ]
            following = min((t for t in times if t is not None), default=None)
            if following is None or following + timedelta(seconds=1) >= when:
                return
            yield following

    def work(self) -> None:
        """Do what the worker does."""
        tick(self.platform)
        deliver(self.platform)
        collect_receipts(self.platform)


class _Mail:
    """The real mail channel, with a scripted outage."""

    def __init__(self, channel: Channel, clock: FixedClock, down: tuple[datetime, ...]) -> None:
        self._channel, self._clock, self._down = channel, clock, down

    def deliver(self, messages: Sequence[Message]) -> Iterator[tuple[Message, Outcome]]:
        """Deliver, except while the server is down."""
        if self._down[0] <= self._clock.now() < self._down[1]:
            return iter([(m, Outcome(False, "connection refused (demonstration)")) for m in messages])
        return self._channel.deliver(messages)


def play_month(platform: Platform) -> int:
    """Play the month that ends now; returns how many incidents it holds."""
    player = Player(platform, platform.clock.now().replace(second=0, microsecond=0))
    player.actors = cast.actors(platform)
    for story in [*script.special(), *script.ordinary(ORDINARY), *script.still_open()]:
        player.tell(story)
    reviews.schedule(player)
    ledger.schedule(player)
    player.play()
    player.catch_up(platform.clock)
    player.platform.db.close()
    return player.count
