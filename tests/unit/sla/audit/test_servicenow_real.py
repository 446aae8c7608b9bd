"""The real log of 600 tickets, against a naive computation that shares no code with the product."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unit.sla.audit.tickets import figures

SAMPLE = Path(__file__).parents[5] / "shared" / "data" / "servicenow-incident-log.csv"
pytestmark = pytest.mark.skipif(not SAMPLE.exists(), reason="the shared sample is not on this machine")

DONE = ("Resolved", "Closed")
HALF_HOUR, HOUR = timedelta(minutes=30), timedelta(hours=1)


def _when(text: str) -> datetime:
    return datetime.strptime(text, "%d-%m-%Y %H:%M")  # noqa: DTZ007, one zone throughout


def _overlap(span: tuple[datetime, datetime], hole: tuple[datetime, datetime]) -> timedelta:
    return max(min(span[1], hole[1]) - max(span[0], hole[0]), timedelta(0))


def _ticket(rows: list[dict[str, str]], now: datetime) -> dict[str, Any]:
    opened = last = _when(rows[0]["opened_at"])
    limit = (8 if rows[-1]["priority"].startswith("1") else 4) * HOUR
    times, faults = [], 0
    for row in rows:
        faults += _when(row["sys_updated_at"]) < last
        last = max(last, _when(row["sys_updated_at"]))
        times.append(last)
    states = [row["incident_state"] for row in rows]
    ends = [*times[1:], now]
    waits = [
        (at, end) for at, end, state in zip(times, ends, states, strict=True) if state == "Awaiting User Info"
    ]
    stays = zip([opened, *times], [times[0], *ends], ["New", *states], strict=True)
    down = [(at, end) for at, end, state in stays if state not in DONE]
    counted = sum((end - at for at, end in down), timedelta(0))
    excused = sum((_overlap(span, wait) for span in down for wait in waits), timedelta(0))
    answered = next((at for at, state in zip(times, states, strict=True) if state != "New"), None)
    fast = answered is not None and answered <= opened + HALF_HOUR
    settled = states[-1] in DONE
    return {
        "faults": faults,
        "response": "met" if fast else "missed" if answered or now > opened + HALF_HOUR else "pending",
        "repair": "missed" if counted > limit else "met" if settled else "pending",
        "provider": "missed" if counted - excused > limit else "met" if settled else "pending",
        "counted": int(counted.total_seconds()),
        "provider_counted": int((counted - excused).total_seconds()),
    }


@pytest.fixture(scope="module")
def naive() -> dict[str, dict[str, Any]]:
    tickets: dict[str, list[dict[str, str]]] = {}
    with SAMPLE.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            tickets.setdefault(row["number"], []).append(row)
    now = max(_when(row["sys_updated_at"]) for rows in tickets.values() for row in rows)
    return {number: _ticket(rows, now) for number, rows in tickets.items()}


@pytest.fixture(scope="module")
def audited() -> dict[str, Any]:
    return figures(SAMPLE)


def test_every_ticket_agrees(naive: dict[str, dict[str, Any]], audited: dict[str, Any]) -> None:
    for entry in audited["details"]:
        expected = naive[entry["incident"]]
        assert entry["response"]["state"] == expected["response"]
        assert entry["repair"]["state"] == expected["repair"]
        assert entry["counted_seconds"] == expected["counted"]
        assert entry["provider_view"]["repair"]["state"] == expected["provider"]
        assert entry["provider_view"]["counted_seconds"] == expected["provider_counted"]


def test_the_sums_agree(naive: dict[str, dict[str, Any]], audited: dict[str, Any]) -> None:
    zeros = {"met": 0, "missed": 0, "pending": 0}
    for key, seen in (
        ("response", audited["response"]),
        ("repair", audited["repair"]),
        ("provider", audited["provider_view"]["repair"]),
    ):
        assert seen == zeros | Counter(each[key] for each in naive.values())
    cases = sum("missed" in (each["response"], each["repair"]) for each in naive.values())
    assert audited["incidents"] == len(naive) == 600
    assert audited["data_faults"] == sum(each["faults"] for each in naive.values())
    assert (audited["penalty_cases"], audited["penalty_total"]) == (cases, f"{2300 * cases}.00")


def test_the_figures_are_these(audited: dict[str, Any]) -> None:
    assert audited["response"] == {"met": 169, "missed": 431, "pending": 0}
    assert audited["repair"] == {"met": 115, "missed": 485, "pending": 0}
    assert audited["provider_view"]["repair"] == {"met": 161, "missed": 439, "pending": 0}
    assert (audited["penalty_cases"], audited["data_faults"]) == (535, 7)
