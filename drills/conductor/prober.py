"""Asks all probes of a drill in their rhythm, in a thread of its own, and keeps the answers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from drills import measure
from drills.conductor.probes import Check, Counts, check_of
from kernel.clock import SYSTEM
from playbooks.schema import Probe

Changed = Callable[[str, bool, float], None]
"""Called with a probe's name, whether it is well now, and the seconds since the beginning."""


class Prober:
    """Asks from `start()` to `stop()`; samples are seconds since it was made."""

    def __init__(self, probes: Mapping[str, tuple[Probe, Mapping[str, Any]]], changed: Changed) -> None:
        self.began = SYSTEM.monotonic()
        self._probes = {name: probe for name, (probe, _asked) in probes.items()}
        self._checks: dict[str, Check] = {}
        self._counters: dict[str, Counts] = {}
        for name, (probe, asked) in probes.items():
            self._checks[name], counter = check_of(probe, asked)
            if counter is not None:
                self._counters[name] = counter
        self._changed = changed
        self._samples: dict[str, list[measure.Sample]] = {name: [] for name in probes}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._main, name="drill-probes", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def start_once(self) -> None:
        """Begin to ask unless it has begun already."""
        if self._thread.ident is None:
            self.start()

    def stop(self) -> None:
        """Ask no more."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(10)
        for counter in self._counters.values():
            counter.close()

    @property
    def now(self) -> float:
        """Seconds since the beginning."""
        return SYSTEM.monotonic() - self.began

    def samples(self, name: str) -> list[measure.Sample]:
        """Return a probe's answers so far."""
        return list(self._samples[name])

    def all_samples(self) -> dict[str, list[measure.Sample]]:
        """Return all answers so far."""
        return {name: list(samples) for name, samples in self._samples.items()}

    def steady(self, name: str, since: float = 0.0) -> bool:
        """Whether the probe has answered well often enough in a row since then."""
        recent = [sample for sample in self._samples[name] if sample.at >= since]
        return measure.steady(recent, self._probes[name].need)

    def outage(self, name: str, since: float) -> measure.Outage | None:
        """Return the probe's first outage since then."""
        return measure.outage(self._samples[name], since, self._probes[name].need)

    def failing_for(self, name: str) -> float:
        """Return for how many seconds the probe has been failing."""
        return measure.failing_for(self._samples[name], self.now)

    def lost_rows(self) -> int | None:
        """Return the acknowledged rows that are gone, over all probes that write; None when none can tell."""
        counts = [counter.lost() for counter in self._counters.values()]
        known = [count for count in counts if count is not None]
        return sum(known) if known and len(known) == len(counts) else None

    @property
    def counts(self) -> bool:
        """Whether any probe counts rows."""
        return bool(self._counters)

    def _main(self) -> None:
        asyncio.run(self._ask_all())

    async def _ask_all(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(
            ThreadPoolExecutor(4 + 2 * len(self._probes), thread_name_prefix="drill-probe")
        )
        tasks = [loop.create_task(self._ask(name)) for name in self._probes]
        await asyncio.to_thread(self._stop.wait)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, name: str) -> None:
        probe, samples = self._probes[name], self._samples[name]
        due = self.now
        while True:
            asked = self.now
            ok = await self._checks[name](probe.timeout)
            # a good answer proves the service at the moment it came, a bad one at the moment it was asked
            sample = measure.Sample(self.now if ok else asked, ok)
            if not samples or samples[-1].ok != ok:
                self._changed(name, ok, sample.at)
            samples.append(sample)
            due = max(due + probe.every, self.now)
            await asyncio.sleep(max(0.01, due - self.now))
