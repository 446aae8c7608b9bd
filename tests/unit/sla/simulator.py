"""An independent, naive judge: walks through every second and looks. Slow, and simple on purpose.

Times are whole seconds. It knows the Huaibei numbers by heart, so that it cannot share a mistake made in
reading them from the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

LIMITS = {"system_general": 4 * 3600, "system_major": 8 * 3600, "line_general": 6 * 3600, "hardware": 72_000}
Told = tuple[int, str, dict[str, Any]]


@dataclass
class World:
    """What is true at one second."""

    fault_class: str
    down: bool = True
    down_since: int = 0
    major_from: int | None = None
    declared: bool = False
    closed: bool = False
    responded: int | None = None
    restored: int | None = None
    modules: set[str] = field(default_factory=set)
    payers: set[str] = field(default_factory=set)
    changes: list[list[Any]] = field(default_factory=list)
    last_report: str = ""

    def claimed(self) -> str:
        kept = [name for name, decided in self.changes if decided != "refused"]
        return kept[-1] if kept else self.fault_class

    def in_force(self) -> str:
        now = self.fault_class
        for name, decided in self.changes:
            if decided == "agreed" or (decided is None and LIMITS[name] <= LIMITS[now]):
                now = name
        return now

    def up(self, second: int) -> None:
        if self.down:
            self.down, self.major_from, self.restored = False, None, second

    def down_again(self, second: int) -> None:
        self.closed = False
        if not self.down:
            self.down, self.down_since = True, second
            self.major_from = second if self.declared else None

    def happen(self, second: int, kind: str, data: dict[str, Any]) -> None:
        if kind in ("detected", "reported", "scope_changed"):
            self.touch(kind, data)
        if kind.startswith("class_"):
            self.reclassify(kind, data)
        if kind == "responded" and self.responded is None and not self.closed:
            self.responded = second
        if kind == "closed":
            self.closed = True
        if kind == "major_declared":
            self.declared = True
            self.major_from = self.major_from if self.major_from is not None or not self.down else second
        self.serve(second, kind)
        self.look(second)

    def serve(self, second: int, kind: str) -> None:
        if kind in ("restored", "backup_in_service"):
            self.up(second)
        soon = self.restored is None or second - self.restored <= 86_400
        if kind == "restoration_rejected" or (kind == "reopened" and (soon or self.down)):
            self.down_again(second)

    def touch(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "scope_changed":
            self.modules, self.payers = set(), set()
        self.modules |= set(data["modules"])
        self.payers |= set(data["payers"])
        if kind != "scope_changed":
            if self.last_report and data["fault_class"] != self.last_report:
                self.changes.append([data["fault_class"], None])
            self.last_report = data["fault_class"]

    def reclassify(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "class_changed":
            self.changes.append([data["fault_class"], None])
            return
        undecided = [change for change in self.changes if change[1] is None]
        if undecided:
            undecided[-1][1] = "agreed" if kind == "class_countersigned" else "refused"

    def look(self, second: int) -> None:
        """See whether the present outage has become major."""
        if not self.down or self.major_from is not None:
            return
        wide = len(self.payers) >= 2 or len(self.modules) >= 9
        if wide or self.claimed() == "system_major" or second - self.down_since >= 3600:
            self.major_from = second


@dataclass
class Seen:
    """What the walk saw."""

    response: str
    repair: str
    provider: str
    counted: int
    provider_counted: int
    slots: int
    fault_class: str
    claimed: str


def simulate(told: list[Told], as_of: int) -> Seen:
    told = sorted(((second, kind, data) for second, kind, data in told), key=lambda each: each[0])
    told = [each for each in told if each[0] <= as_of]
    reports = [each for each in told if each[1] in ("detected", "reported")]
    start = reports[0][0]
    world = World(reports[0][2]["fault_class"], down_since=start)
    world.look(start)
    by_second: dict[int, list[Told]] = {}
    for each in told:
        by_second.setdefault(max(each[0], start), []).append(each)
    approved, hoped = _holes(told, as_of)
    counted = provider_counted = slots = 0
    for second in range(start, as_of + 1):
        for _, kind, data in by_second.get(second, ()):
            world.happen(second, kind, data)
        world.look(second)
        if world.major_from is not None and (second - world.major_from) % 1800 == 0:
            slots += 1
        if world.down and second < as_of:
            counted += second not in approved
            provider_counted += second not in hoped
    return Seen(
        _response(world, start, as_of),
        _repair(world, counted, LIMITS[world.in_force()]),
        _repair(world, provider_counted, LIMITS[world.claimed()]),
        counted,
        provider_counted,
        slots,
        world.in_force(),
        world.claimed(),
    )


def _holes(told: list[Told], as_of: int) -> tuple[set[int], set[int]]:
    """The seconds taken out by what is approved, and by what is claimed and not refused."""
    claims = {
        data["claim"]: range(data["from"], as_of if data["to"] is None else data["to"])
        for _, kind, data in told
        if kind == "exclusion_claimed"
    }
    decided = {data["claim"]: kind for _, kind, data in told if kind in DECISIONS}
    approved, hoped = set(), set()
    for name, seconds in claims.items():
        if decided.get(name) == "exclusion_approved":
            approved |= set(seconds)
        if decided.get(name) != "exclusion_refused":
            hoped |= set(seconds)
    return approved, hoped


DECISIONS = ("exclusion_approved", "exclusion_refused")


def _response(world: World, start: int, as_of: int) -> str:
    if world.responded is not None:
        return "met" if world.responded <= start + 1800 else "missed"
    return "pending" if as_of <= start + 1800 else "missed"


def _repair(world: World, counted: int, limit: int) -> str:
    if counted > limit:
        return "missed"
    return "pending" if world.down else "met"
