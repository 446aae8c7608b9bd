"""What every part of a conductor works with: the log, the probes, the playbooks, and whether to stop."""

from __future__ import annotations

import logging
import secrets as random
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from drills import incident, log, rules, service
from drills.conductor import lease
from drills.conductor.prober import Prober
from drills.conductor.values import filled
from drills.log import CONDUCTOR, Said
from drills.models import Drill
from drills.plan import Resolved
from kernel.clock import SYSTEM
from kernel.crypto import sm3_hex
from kernel.platform import Platform
from kernel.web.worded import Worded, worded
from playbooks.runner import Outcome, Request, run
from playbooks.runner.events import Task

logger = logging.getLogger(__name__)
Also = Callable[[Session, Drill], object]
TICK = 0.1
LOOK = 0.4
"""Seconds between looks into the log for what people have asked."""
MOST = 1000
"""Characters of what a task said that the log keeps."""


class Stop(Exception):
    """The drill ends here: how, and why."""

    def __init__(self, outcome: str, why: Worded) -> None:
        super().__init__(why.text)
        self.outcome, self.why = outcome, why


class Stage:
    """One drill while it is conducted. Nothing here decides what comes next."""

    def __init__(
        self,
        platform: Platform,
        number: str,
        found: Resolved,
        values: Mapping[str, Any],
        secrets: Mapping[str, str],
    ) -> None:
        self.platform, self.number, self.found = platform, number, found
        self.values, self._secrets = dict(values), secrets
        self.folder = folder_of(platform, number)
        self.life = rules.Life()
        self.prober = Prober(self._probes(), self._probe_changed)
        self._pending: list[Said] = []
        self._lock = threading.Lock()
        self._looked = 0.0
        self._renewed = 0.0
        self._deadline: float | None = None
        self.guarding = False

    def _probes(self) -> dict[str, tuple[Any, Mapping[str, Any]]]:
        known = {**self.values, **self._secrets}
        probes = self.found.scenario.probes
        return {name: (probe, filled(probe.asked, known)) for name, probe in probes.items()}

    # --- the log ---

    def say(
        self,
        kind: str,
        data: Mapping[str, Any] | None = None,
        text: Worded | str | None = None,
        also: Also | None = None,
    ) -> None:
        """Write an entry, all that was waiting before it, and what `also` does, in one transaction."""
        with self.platform.db.write(CONDUCTOR.username) as session:
            drill = service.find(session, self.number, for_update=True)
            said = [*self._fitting(session, drill), Said(kind, dict(data or {}), text)]
            self.life = log.append(session, self.platform.clock.now(), drill, CONDUCTOR, said)
            if also is not None:
                also(session, drill)

    def later(self, said: Said) -> None:
        """Write an entry soon, with others."""
        with self._lock:
            self._pending.append(said)

    def _fitting(self, session: Session, drill: Drill) -> list[Said]:
        """Return what waits, without what came too late to belong to the drill: a probe after its end."""
        with self._lock:
            waiting, self._pending = self._pending, []
        known = log.life_of(session, drill) if waiting else self.life
        return [said for said in waiting if known.may(said.kind)]

    def flush(self) -> None:
        """Write what waits."""
        if not self._pending:
            return
        with self.platform.db.write(CONDUCTOR.username) as session:
            drill = service.find(session, self.number, for_update=True)
            said = self._fitting(session, drill)
            self.life = log.append(session, self.platform.clock.now(), drill, CONDUCTOR, said)

    def refresh(self) -> rules.Life:
        """Read what people have asked for."""
        with self.platform.db.read() as session:
            self.life = log.life_of(session, service.find(session, self.number))
        return self.life

    def _probe_changed(self, name: str, ok: bool, at: float) -> None:
        self.later(Said("probe", {"name": name, "ok": ok, "t": round(at, 3)}, at=self.platform.clock.now()))

    # --- time ---

    def until(self, seconds: float) -> None:
        """Let the drill as a whole end so many seconds from now."""
        self._deadline = SYSTEM.monotonic() + seconds

    def look(self) -> None:
        """Look around now and then: keep the lease, write what waits, read what is asked."""
        now = SYSTEM.monotonic()
        if now - self._looked < LOOK:
            return
        self._looked = now
        self.flush()
        self.refresh()
        if now - self._renewed >= lease.RENEW:
            self._renewed = now
            self._renew()

    def _renew(self) -> None:
        with self.platform.db.write(CONDUCTOR.username) as session:
            if not lease.renew(session, self.platform.clock.now(), self.number):
                raise Stop(rules.INTERRUPTED, worded("另一个控制器接管了演练"))

    def stop_wanted(self) -> Stop | None:
        """Return why the drill must end now, if it must."""
        self.look()
        if self.life.aborting:
            return Stop(rules.ABORTED, worded("收到中止命令"))
        if self._deadline is not None and SYSTEM.monotonic() > self._deadline:
            return Stop(rules.FAILED, worded("演练超过最长时间"))
        if self.guarding:
            for guard in self.found.scenario.abort_if:
                if self.prober.failing_for(guard.probe) > guard.failing_for:
                    return Stop(rules.ABORTED, worded("守护探测 %(name)s 持续失败", name=guard.probe))
        return None

    def stop_now(self) -> Stop | None:
        """Return why the drill must end, as `stop_wanted` does, but look whenever it was looked last."""
        self._looked = 0.0
        return self.stop_wanted()

    def go_on(self) -> None:
        """Raise Stop before something new begins that nobody wants any more."""
        if stop := self.stop_now():
            raise stop

    def wait(self, done: Callable[[], bool], seconds: float, *, stoppable: bool = True) -> bool:
        """Wait until something is so; returns whether it became so in time. Raises Stop when asked to."""
        end = SYSTEM.monotonic() + seconds
        while not done():
            if stoppable and (stop := self.stop_wanted()):
                raise stop
            self.look()
            if SYSTEM.monotonic() > end:
                return False
            time.sleep(TICK)
        return True

    # --- playbooks ---

    def play(self, name: str, seconds: float, *, stoppable: bool = True, quiet: bool = False) -> Outcome:
        """Run one playbook of the scenario, unless the drill must end; every task becomes an entry."""
        if stoppable and self.stop_now():
            return Outcome("cancelled", 0.0)
        marker = f"{marker_of(self.platform, self.number)}{random.token_hex(6)}"
        request = Request(
            playbook=self.found.entry.playbook(name),
            inventory=self.found.inventory_source,
            marker=marker,
            seconds=seconds,
            values=self.values,
            secrets=self._secrets,
        )
        told: Callable[[Task], None] = (lambda _task: None) if quiet else self._task
        folder = self.folder / "runs" / marker.partition(":")[2]
        outcome = run(request, folder, told, self._wants_stop if stoppable else self._looks_on)
        self.flush()
        return outcome

    def sign_of_life(self, playbook: Path, seconds: float) -> None:
        """Run the playbook that keeps the dead-man switches from firing; one that fails is in the log."""
        marker = f"{marker_of(self.platform, self.number)}{random.token_hex(6)}"
        source = self.found.inventory_source
        request = Request(playbook, source, marker, seconds, self.values, self._secrets)
        outcome = run(request, self.folder / "runs" / marker.partition(":")[2])
        if not outcome.ok:
            logger.warning(
                "drill %s: no sign of life given: %s", self.number, outcome.message or outcome.status
            )

    def _wants_stop(self) -> bool:
        return self.stop_wanted() is not None

    def _looks_on(self) -> bool:
        self.look()
        return False

    def _task(self, task: Task) -> None:
        if task.kind == "skipped":
            return
        data = {"kind": task.kind, "host": task.host, "seconds": round(task.seconds, 3), "play": task.play}
        self.later(Said("task", data, _words_of(task), at=self.platform.clock.now()))

    # --- the drill's incident ---

    def begin(self, session: Session, drill: Drill) -> None:
        """Note the beginning and report the drill's fault (for `say(also=…)`)."""
        drill.started_at = self.platform.clock.now()
        incident.open_for(self.platform, session, drill.started_at, drill, self.found)


def _words_of(task: Task) -> Worded | str:
    """Return a task's name, as its author wrote it, with what it said."""
    if not task.message:
        return task.task[:MOST]
    return worded("%(what)s：%(said)s", what=task.task[: MOST // 2], said=task.message[: MOST // 2])


def marker_of(platform: Platform, number: str) -> str:
    """Return what the marker of every run of a drill begins with: another installation may use its number."""
    folder = folder_of(platform, number)
    return f"{number}@{sm3_hex(str(folder).encode())[:12]}:"


def folder_of(platform: Platform, number: str) -> Path:
    """Return where a drill keeps its files."""
    return Path(platform.settings.data_dir).resolve() / "drills" / number
