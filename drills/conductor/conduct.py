"""Conducts one drill from where its log says it is."""

from __future__ import annotations

import logging
import shutil
from datetime import timedelta

from drills import incident, log, measure, rules, service
from drills.conductor import archive, arming, lease, undoing
from drills.conductor.deadman import Beats
from drills.conductor.lab import chosen, forget, sweep
from drills.conductor.running import Running
from drills.conductor.stage import Stage, Stop, folder_of, marker_of
from kernel.errors import AppError, ConfigError
from kernel.platform import Platform
from kernel.web.worded import Worded, constant, worded
from playbooks import holds, secrets
from playbooks.runner import reap
from playbooks.runner.lock import file_lock

logger = logging.getLogger(__name__)
LAB_SECONDS = 120.0


def conduct(platform: Platform, number: str) -> bool:
    """Conduct the drill to its end; returns False when another conductor holds it."""
    with file_lock(folder_of(platform, number).parent, number) as ours:
        if not ours:
            return False
        now = platform.clock.now()
        with platform.db.write("conductor") as session:
            fresh = service.find(session, number, for_update=True).holder is None
            if not lease.take(session, now, number):
                return False
        try:
            _conduct(platform, number, fresh=fresh)
        finally:
            with platform.db.write("conductor") as session:
                lease.release(session, number)
    return True


def _conduct(platform: Platform, number: str, *, fresh: bool) -> None:
    with platform.db.read() as session:
        drill = service.find(session, number)
        life = log.life_of(session, drill)
        retry = log.asked_again(session, drill)
    reap(marker_of(platform, number), prefix=True)
    try:
        found = service.resolve(platform, drill.plan)
        values, known = chosen(platform, number, found, secrets.load(platform.settings))
        stage = Stage(platform, number, found, values, known)
    except (AppError, ConfigError, OSError) as error:
        unbroken = life.state in (rules.ARMING, rules.ARMED)
        if life.state in rules.ACTIVE and not unbroken:
            raise
        if unbroken:
            refuse(platform, number, constant(str(error)))
        forget(folder_of(platform, number))  # without its variables no lab was ever built
        return
    stage.life = life
    conductor = Conductor(stage)
    try:
        if life.state == rules.ARMING and fresh:
            conductor.from_the_start()
        elif life.state in rules.UNDER_WAY:
            conductor.after_a_death()
        elif life.state == rules.ROLLBACK_FAILED and retry:
            conductor.once_more()
        elif life.state not in rules.ACTIVE:
            conductor.remove_lab()
    finally:
        stage.prober.stop()


def refuse(platform: Platform, number: str, why: Worded | str) -> None:
    """Nothing was broken: say why it cannot begin, and give the targets and the approval back."""
    with platform.db.write("conductor") as session:
        drill = service.find(session, number, for_update=True)
        log.append(session, platform.clock.now(), drill, log.CONDUCTOR, [log.Said("refused", {}, why)])
        holds.free(session, drill.number)


class Conductor:
    """Takes a drill through its phases; each method is one way in."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.beats = Beats(stage)

    def from_the_start(self) -> None:
        """Arm, run and undo."""
        try:
            arming.arm(self.stage)
            arming.await_start(self.stage)
        except (Stop, AppError, OSError, ValueError) as stop:
            self._give_back(stop.why if isinstance(stop, Stop) else constant(str(stop)))
            return
        outcome, why = self._run()
        self.stage.guarding = False
        self.stage.say(outcome, {}, why)
        self._finish()

    def _run(self) -> tuple[str, Worded]:
        running = Running(self.stage)
        self.beats.start()
        try:
            criteria = running.go()
            self.stage.go_on()  # an order that came before the verdict is not overruled by it
        except Stop as stop:
            return stop.outcome, stop.why
        except Exception as error:
            logger.exception("drill %s", self.stage.number)
            return rules.INTERRUPTED, worded("控制器出错：%(what)s", what=type(error).__name__)
        self._restored(running)
        if measure.passed(criteria):
            return rules.COMPLETED, worded("各项指标均已达到")
        missed = [each.key for each in criteria if not each.met]
        return rules.FAILED, worded("未达到：%(names)s", names=missed)

    def _restored(self, running: Running) -> None:
        """Tell the drill's incident when service was whole again, to the moment that the probes saw."""
        back = running.back_at()
        if back is None and self.stage.found.scenario.live:
            return
        platform, now = self.stage.platform, self.stage.platform.clock.now()
        ago = 0.0 if back is None else max(0.0, self.stage.prober.now - back)
        with platform.db.write("conductor") as session:
            drill = service.find(session, self.stage.number, for_update=True)
            at = max(now - timedelta(seconds=ago), drill.started_at or now)
            incident.restored(platform, session, now, drill, worded("探测确认服务恢复。"), at=at)

    def after_a_death(self) -> None:
        """Somebody conducted this and died: say so, and go the way back."""
        if self.stage.life.state in (rules.ARMING, rules.ARMED, rules.RUNNING):
            self.stage.say("interrupted", {}, worded("演练控制器意外终止，由新的控制器接手回退"))
        self._finish()

    def once_more(self) -> None:
        """Try the way back again, because somebody asked for it or did a part of it by hand."""
        self._finish(again=True)

    def _finish(self, *, again: bool = False) -> None:
        if self.stage.found.scenario.live:
            self.stage.prober.start_once()
        whole = undoing.go_back(self.stage, again=again)
        self.beats.stop()
        archive.keep(self.stage)
        if whole:
            self.remove_lab()

    def _give_back(self, why: Worded | str) -> None:
        """Nothing was broken: take the lab down and give the targets and the approval back."""
        self.stage.prober.stop()
        self.stage.flush()
        refuse(self.stage.platform, self.stage.number, why)
        self.remove_lab()

    def remove_lab(self) -> None:
        """Take the drill's own lab down; somebody may have died before it came to that."""
        self.stage.prober.stop()
        stage, lab = self.stage, self.stage.found.scenario.lab
        if stage.found.plan.local and lab and stage.found.scenario.live:
            outcome = stage.play(lab.down, LAB_SECONDS, stoppable=False, quiet=True)
            swept = sweep(str(stage.values["lab_dir"]))
            stage.say("lab_removed", {"ok": outcome.ok, "swept": swept}, outcome.message or None)
        forget(stage.folder)
        shutil.rmtree(stage.folder / "runs", ignore_errors=True)
