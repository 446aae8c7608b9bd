"""The way back: undo what was started, in reverse order, and see that all is as it was."""

from __future__ import annotations

from sqlalchemy.orm import Session

from drills import incident, notices, rules
from drills.conductor.arming import STEADY_SECONDS
from drills.conductor.stage import Also, Stage
from drills.models import Drill
from drills.rules import UndoStep
from kernel.web.worded import Worded, worded
from playbooks import holds

TELLS = ("ops", "provider_manager", "supervisor")


def go_back(stage: Stage, *, again: bool = False) -> bool:
    """Run what is left of the way back; returns whether all is as it was before.

    A step that was begun by a conductor that died has an end nobody knows: it is not run a second time
    unless a person asks for it (`again`).
    """
    if not stage.life.touched:
        stage.say("rolled_back", {}, worded("没有注入过故障，无须回退"), also=_over(stage))
        return True
    left = remaining(stage)
    if stage.life.undoing is not None and not again:
        why = worded("回退步骤 %(step)s 曾经开始，结果不明", step=stage.life.undoing)
        return _needs_a_human(stage, left, why)
    failed = _run(stage, left)
    if failed:
        return _needs_a_human(stage, remaining(stage), worded("回退步骤 %(step)s 失败", step=failed[0]))
    bad = _unsteady(stage)
    if bad:
        why = worded("回退之后稳态不正常：%(names)s", names=", ".join(bad))
        return _needs_a_human(stage, [], why)
    stage.say("rolled_back", {"probes": list(stage.found.scenario.steady_state)}, also=_over(stage))
    return True


def remaining(stage: Stage) -> list[UndoStep]:
    """Return the steps of the way back that are not known to be done."""
    scenario = stage.found.scenario
    return rules.way_back(scenario.rollback, scenario.injections, stage.life.injected, stage.life.undone)


def _run(stage: Stage, left: list[UndoStep]) -> list[str]:
    """Run the steps; returns those that failed and that no later one made good."""
    failed: list[str] = []
    for step in left:
        if step.only_after_failure and not failed:
            stage.say("undo_skipped", {"id": step.id}, step.playbook)
            continue
        stage.say("undo_started", {"id": step.id}, step.playbook)
        outcome = stage.play(step.playbook, step.seconds, stoppable=False)
        data = {"id": step.id, "seconds": round(outcome.seconds, 3)}
        if not outcome.ok:
            stage.say("undo_failed", data, outcome.message)
            failed.append(step.id)
            continue
        stage.say("undo_done", data, step.playbook)
        if step.only_after_failure:
            failed.pop()
    return failed


def _unsteady(stage: Stage) -> list[str]:
    names = stage.found.scenario.steady_state
    since = stage.prober.now
    stage.wait(
        lambda: all(stage.prober.steady(name, since) for name in names), STEADY_SECONDS, stoppable=False
    )
    return [name for name in names if not stage.prober.steady(name, since)]


def _needs_a_human(stage: Stage, left: list[UndoStep], why: Worded) -> bool:
    """Say plainly that people must finish it, with what is left to do; real hosts open a real incident."""
    steps = [{"id": step.id, "playbook": step.playbook} for step in left]

    def also(session: Session, drill: Drill) -> None:
        platform, now = stage.platform, stage.platform.clock.now()
        real = any(host.tier != "lab" for host in stage.found.hosts())
        if real and not drill.real_incident:
            incident.open_real(platform, session, now, drill, stage.found, why)
        body = "\n".join([why.text, *(f"{step.id}  {step.playbook}" for step in left)])
        words = "【需人工处理】演练未能恢复原状"
        notices.tell(platform, session, now, drill, TELLS, "needs_human", words, body)

    stage.say("rollback_failed", {"remaining": steps}, why, also=also)
    return False


def _over(stage: Stage) -> Also:
    """Return what belongs to the end: the incident is restored, the machines are free, in one transaction."""

    def also(session: Session, drill: Drill) -> None:
        platform, now = stage.platform, stage.platform.clock.now()
        incident.restored(platform, session, now, drill, worded("演练结束，已恢复原状。"))
        holds.free(session, drill.number)
        drill.ended_at = now

    return also
