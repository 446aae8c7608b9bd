"""Before anything is broken: can the playbooks be read, are the hosts those approved, is all well?"""

from __future__ import annotations

from drills import rules
from drills.conductor.deadman import PLAYBOOK
from drills.conductor.stage import Stage, Stop
from kernel.clock import SYSTEM
from kernel.web.worded import worded
from playbooks.runner import hosts_of, syntax_problems

LAB_SECONDS = 300.0
STEADY_SECONDS = 60.0
WAITS_FOR_START = 1800.0
"""A drill that is ready and that nobody starts gives its targets back after so many seconds."""


def arm(stage: Stage) -> None:
    """Bring the drill to `armed`, or raise Stop with the reason."""
    if stage.found.scenario.live:
        _read_everything(stage)
        if stage.found.plan.local and stage.found.scenario.lab:
            _build_lab(stage)
        stage.prober.start()
        _all_steady(stage)
    stage.say("armed", {"probes": list(stage.found.scenario.steady_state)})


def _read_everything(stage: Stage) -> None:
    scenario, entry = stage.found.scenario, stage.found.entry
    books = [entry.playbook(name) for name in (*scenario.playbooks(), PLAYBOOK)]
    problems = syntax_problems([book for book in books if book.is_file()], stage.found.inventory_source)
    if problems:
        raise Stop(rules.FAILED, worded("剧本无法读取：%(why)s", why=problems[0]))
    wanted = sorted(host.name for host in stage.found.hosts())
    seen = [name for name in hosts_of(stage.found.inventory_source) if name != "localhost" or name in wanted]
    if seen != wanted:
        raise Stop(rules.FAILED, worded("实际主机与批准的不同：%(names)s", names=", ".join(seen)))


def _build_lab(stage: Stage) -> None:
    lab = stage.found.scenario.lab
    assert lab is not None  # noqa: S101 - asked by the caller
    outcome = stage.play(lab.up, LAB_SECONDS, quiet=True)
    if not outcome.ok:
        raise stage.stop_wanted() or Stop(
            rules.FAILED, worded("本机环境未能建成：%(why)s", why=outcome.message)
        )


def _all_steady(stage: Stage) -> None:
    names = stage.found.scenario.steady_state
    if not stage.wait(lambda: all(stage.prober.steady(name) for name in names), STEADY_SECONDS):
        bad = [name for name in names if not stage.prober.steady(name)]
        raise Stop(rules.FAILED, worded("稳态不正常：%(names)s", names=", ".join(bad)))


def await_start(stage: Stage) -> None:
    """Wait for the order to begin; raise Stop when it doesn't come, or when all is not well any more."""
    began = SYSTEM.monotonic()
    if not stage.wait(lambda: stage.life.start, WAITS_FOR_START):
        minutes = int(SYSTEM.monotonic() - began) // 60
        raise Stop(rules.ABORTED, worded("就绪 %(n)s 分钟无人下令开始", n=minutes))
    if stage.found.scenario.live:
        _all_steady(stage)
    stage.go_on()
