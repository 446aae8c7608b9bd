"""How many verdicts one core gives a second: ten events, two exclusions, no I/O.

The floor is the bare loop that any judge needs: sort the events and add up the outages.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from statistics import median
from time import perf_counter

from sla.contract_file import load_contract
from sla.events import Event
from sla.verdict import judge

Row = tuple[str, float, float, float, str]
START = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)
ROUNDS, CALLS = 5, 4000


def ten_events() -> list[Event]:
    """A line fault with two claims, one approved, a rejected restoration and a closure."""
    report = {"fault_class": "line_general", "modules": ["documents"], "payers": ["city"]}
    story: list[tuple[int, str, dict[str, object]]] = [
        (0, "detected", report),
        (5, "reported", report),
        (10, "responded", {"text": "已派人"}),
        (30, "exclusion_claimed", _claim("a", 60, 180)),
        (40, "exclusion_claimed", _claim("b", 120, 240)),
        (200, "restored", {}),
        (260, "restoration_rejected", {}),
        (400, "exclusion_approved", {"claim": "a"}),
        (420, "restored", {}),
        (600, "closed", {}),
    ]
    return [
        Event(START + timedelta(minutes=minute), kind, data, seq)
        for seq, (minute, kind, data) in enumerate(story)
    ]


def _claim(claim: str, start: int, end: int) -> dict[str, object]:
    times = {"from": START + timedelta(minutes=start), "to": START + timedelta(minutes=end)}
    return {"claim": claim, "reason": "force_majeure", **times}


def per_second(work: Callable[[], object]) -> float:
    """Median of several rounds, in calls per second."""
    rates = []
    for _ in range(ROUNDS):
        begun = perf_counter()
        for _ in range(CALLS):
            work()
        rates.append(CALLS / (perf_counter() - begun))
    return median(rates)


def run() -> list[Row]:
    """Rows of (name, ours, floor, ratio, target); figures are per second."""
    contract, events = load_contract("huaibei-2025"), ten_events()
    as_of = START + timedelta(days=1)

    def floor() -> timedelta:
        ordered = sorted(events, key=itemgetter(0, 3))
        return sum((each.at - START for each in ordered), timedelta(0))

    ours, bare = per_second(lambda: judge(contract, events, as_of)), per_second(floor)
    return [("verdict, 10 events, 2 exclusions, per second", ours, bare, ours / bare, "ours >= 20,000")]


if __name__ == "__main__":
    for row in run():
        print(row)
