"""The drill itself: break, wait until it is seen, answer, wait until all is back, measure, judge."""

from __future__ import annotations

from typing import Any

from drills import measure, rules
from drills.conductor.stage import Stage, Stop
from kernel.clock import SYSTEM
from kernel.web.worded import worded
from playbooks.schema import AUTO, HUMAN, Injection, Step

SEEN_WITHIN = 30.0
"""Seconds in which a probe must notice an injected fault; one that nobody sees proves nothing."""
VERIFY_SECONDS = 120.0
GIVES_UP = 2.0
"""A step is given up after so many times its limit."""


class Running:
    """One run; `go()` returns the criteria as they came out, or raises Stop."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.scenario = stage, stage.found.scenario
        self.injected_at = 0.0
        self.took: dict[str, float | None] = {step.id: None for step in self.scenario.response}
        self.measured: dict[str, Any] = {}

    def go(self) -> list[measure.Criterion]:
        """Run the plan from the first injection to the verdict."""
        stage = self.stage
        stage.until(stage.found.longest())
        stage.say("started", {"probes": list(self.scenario.probes)}, also=stage.begin)
        stage.guarding = True
        for injection in self.scenario.injections:
            self._inject(injection)
        if self.scenario.injections:
            self._until_seen()
        for step in self.scenario.response:
            self._step(step)
        self._until_back()
        stage.guarding = False
        self._verify()
        return self._judge()

    @property
    def watched(self) -> list[str]:
        """The probes that say whether the service is there."""
        return list(self.scenario.success.must or self.scenario.steady_state)

    def _inject(self, injection: Injection) -> None:
        self.stage.go_on()
        if not self.injected_at:
            self.injected_at = self.stage.prober.now
        self.stage.say("injection_started", {"id": injection.id, "t": round(self.stage.prober.now, 3)})
        outcome = self.stage.play(injection.playbook, injection.timeout)
        if stop := self.stage.stop_wanted():
            raise stop
        self.measured |= outcome.measured
        data = {"id": injection.id, "seconds": round(outcome.seconds, 3), "status": outcome.status}
        self.stage.say("injection_done" if outcome.ok else "injection_failed", data, outcome.message or None)
        if not outcome.ok:
            raise Stop(rules.FAILED, worded("注入失败：%(why)s", why=outcome.message))

    def _until_seen(self) -> None:
        seen = self.stage.wait(lambda: self._outages() != [], SEEN_WITHIN)
        if not seen:
            raise Stop(rules.FAILED, worded("注入之后没有任何探测发现故障，演练不能证明什么"))

    def _outages(self) -> list[measure.Outage]:
        found = (self.stage.prober.outage(name, self.injected_at) for name in self.watched)
        return [each for each in found if each is not None]

    def _step(self, step: Step) -> None:
        stage, limit = self.stage, self.stage.found.limit_of(step)
        stage.go_on()
        began = SYSTEM.monotonic()
        stage.say("step_started", {"id": step.id, "kind": step.kind, "limit": limit})
        if step.kind == AUTO:
            self._automatic(step, limit)
        else:
            self._human(step, limit, began)
        took = self.took[step.id] = SYSTEM.monotonic() - began
        if step.kind == AUTO:
            stage.say("step_done", {"id": step.id, "seconds": round(took, 3)})

    def _automatic(self, step: Step, limit: float) -> None:
        assert step.playbook is not None  # noqa: S101 - the schema demands it
        outcome = self.stage.play(step.playbook, limit * GIVES_UP)
        if stop := self.stage.stop_wanted():
            raise stop
        self.measured |= outcome.measured
        if not outcome.ok:
            self.stage.say("step_failed", {"id": step.id}, outcome.message)
            words = worded("步骤 %(step)s 失败：%(why)s", step=step.id, why=outcome.message)
            raise Stop(rules.FAILED, words)

    def _human(self, step: Step, limit: float, began: float) -> None:
        stage = self.stage

        def done() -> bool:
            return stage.life.steps.get(step.id) == "done"

        if stage.wait(done, limit):
            return
        stage.say("step_late", {"id": step.id, "limit": limit})
        if not stage.wait(done, limit * (GIVES_UP - 1)):
            late = f"{SYSTEM.monotonic() - began - limit:.0f}"
            stage.say("step_failed", {"id": step.id}, worded("超过时限 %(n)s 秒无人完成", n=late))
            raise Stop(rules.FAILED, worded("步骤 %(step)s 无人完成", step=step.id))

    def _until_back(self) -> None:
        """Wait until every watched probe is well again; one that stays away is a result, not an error."""
        if not self.scenario.live:
            return
        self.stage.wait(lambda: all(self._is_back(name) for name in self.watched), self.stage.found.waits)

    def _is_back(self, name: str) -> bool:
        lost = self.stage.prober.outage(name, self.injected_at)
        if lost is not None and lost.ended is None:
            return False
        return self.stage.prober.steady(name)

    def _verify(self) -> None:
        self.stage.go_on()
        if self.scenario.verify is None:
            return
        outcome = self.stage.play(self.scenario.verify, VERIFY_SECONDS)
        if stop := self.stage.stop_wanted():
            raise stop
        self.measured |= outcome.measured
        if not outcome.ok:
            raise Stop(rules.FAILED, worded("核对失败：%(why)s", why=outcome.message))

    def _judge(self) -> list[measure.Criterion]:
        found, prober = self.stage.found, self.stage.prober
        outages = {name: prober.outage(name, self.injected_at) for name in self.watched}
        lost = self._lost_rows()
        rto = measure.rto_of(outages.values()) if self.scenario.live else None
        steps = {
            step.id: (found.limit_of(step), self.took[step.id])
            for step in self.scenario.response
            if step.kind in (HUMAN, AUTO)
        }
        criteria = measure.judge(
            rto=rto,
            rto_limit=found.rto_limit,
            lost_rows=lost,
            rpo_limit=found.rpo_limit if self.scenario.live else None,
            must={name: self._is_back(name) for name in self.scenario.success.must},
            steps=steps,
        )
        criteria += [
            measure.Criterion(f"measured:{name}", "true", str(value).lower(), value)
            for name, value in sorted(self.measured.items())
            if isinstance(value, bool)
        ]
        result = {
            "rto": rto,
            "rto_limit": found.rto_limit,
            "lost_rows": lost,
            "rpo_limit": found.rpo_limit,
            "outages": {name: list(each) for name, each in outages.items() if each is not None},
            "injected_at": round(self.injected_at, 3),
            "measured": self.measured,
            "steps": {name: took for name, (_limit, took) in steps.items()},
            "criteria": [each.as_dict() for each in criteria],
        }
        self.stage.say("measured", result, also=lambda _session, drill: setattr(drill, "result", result))
        return criteria

    def _lost_rows(self) -> int | None:
        if self.stage.prober.counts:
            return self.stage.prober.lost_rows()
        return measure.lost_rows(self.measured)

    def back_at(self) -> float | None:
        """Seconds since the beginning at which service was whole again."""
        ended = [each.ended for each in self._outages() if each.ended is not None]
        return max(ended, default=None)
