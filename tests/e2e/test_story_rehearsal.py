"""Stories on an accelerated clock: the real server, worker and mail, and nothing but the public interface."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.mail import MailServer
from tests.support.process import Rehearsal, ok, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("stories"),
    # aiosmtpd leaves the transport of a conversation that is cut off
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
FAULT = {"title": "存储柜坏了", "fault_class": "hardware", "modules": ["documents"], "payers": ["city"]}
MAJOR = {"title": "全市无法登录", "fault_class": "system_major", "modules": ["documents"], "payers": ["city"]}
Start = Callable[[float], Rehearsal]


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailServer]:
    server = MailServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def start(tmp_path: Path, mail: MailServer) -> Iterator[Start]:
    running: list[Rehearsal] = []

    def begin(speed: float) -> Rehearsal:
        running.append(Rehearsal(tmp_path, speed, mail.settings()))
        return running[-1]

    yield begin
    for each in running:
        each.stop()


class Fault:
    """One incident, seen and acted on through the API."""

    def __init__(self, server: Rehearsal, told: dict[str, Any]) -> None:
        self._b, self._a = server.client("engineer"), server.client("supervisor")
        self.number = str(ok(self._b.post("/incidents", json=told))["number"])
        self.url = f"/incidents/{self.number}"

    def happen(self, kind: str, who: str = "b", **fields: Any) -> Any:
        client: httpx.Client = self._b if who == "b" else self._a
        return ok(client.post(f"{self.url}/events", json={"type": kind, **fields}))

    def now(self) -> Any:
        return ok(self._a.get(self.url))

    def broadcasts(self) -> list[Any]:
        return list(ok(self._a.get(f"{self.url}/broadcasts"))["items"])

    def slots(self) -> list[Any]:
        return [b for b in self.broadcasts() if b["slot"] is not None]


def time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def grid(slots: list[Any]) -> list[datetime]:
    """Return when the slots ought to be, counted from the first."""
    first = time(slots[0]["due_at"])
    return [first + k * timedelta(minutes=30) for k in range(len(slots))]


def truthful(slot: Any) -> bool:
    """Whether a decided slot's state is what its receipts say."""
    reached = [r["reached_at"] for r in slot["receipts"]]
    if not reached or None in reached:
        return slot["state"] in ("missed", "scheduled")
    on_time = max(map(time, reached)) <= time(slot["due_at"]) + timedelta(minutes=5)
    return slot["state"] == ("sent" if on_time else "late") or slot["state"] == "scheduled"


def said(mail: MailServer, word: str) -> Counter[str]:
    """Count the mails of a kind by Message-ID."""
    return Counter(str(m["message-id"]) for m in mail.box.mails if word in str(m["subject"]))


def test_a_hardware_fault_from_report_to_the_backup_obligation(start: Start, mail: MailServer) -> None:
    fault = Fault(start(7200), FAULT)
    fault.happen("responded", text="备件在路上")
    found = wait_for(lambda: (now := fault.now())["backup_obligation"] and now, "the twentieth hour")
    started = time(found["started_at"])
    assert time(found["backup_obligation"]["due_at"]) == started + timedelta(hours=20)
    assert found["backup_obligation"]["state"] == "open"
    assert [c["state"] for c in found["clocks"]] == ["met", "missed"]
    assert found["verdict"]["contract"]["penalty"] == "2300.00"
    assert fault.happen("backup_in_service", text="备用柜已接管")["backup_obligation"]["state"] == "late"
    assert fault.happen("restoration_accepted", "a")["state"] == "confirmed"
    wait_for(lambda: said(mail, "超时"), "the mail that says so")


def test_a_major_fault_is_told_every_half_hour_and_once_more_at_the_end(
    start: Start, mail: MailServer
) -> None:
    server = start(600)
    fault = Fault(server, MAJOR)
    fault.happen("responded", text="到场")
    major_since = time(fault.now()["major_since"])
    end = major_since + timedelta(hours=3, minutes=40)
    wait_for(lambda: time(server.now()) > end, "3 h 40 min")
    found = fault.happen("restored", text="主备切换完成", at=end.isoformat())
    assert found["broadcasts_owed"] == 8
    owed = wait_for(lambda: _decided([s for s in fault.slots() if time(s["due_at"]) < end]), "all receipts")
    assert [time(s["due_at"]) for s in owed] == grid(owed)
    assert time(owed[0]["due_at"]) == major_since
    assert [s["slot"] for s in owed] == list(range(8))
    assert all(map(truthful, owed))
    wait_for(lambda: said(mail, "恢复通报"), "the closing broadcast")
    assert set(said(mail, "恢复通报").values()) == {1}
    mails = said(mail, "故障通报")
    assert len(mails) >= 8
    assert set(mails.values()) == {1}


def _decided(slots: list[Any]) -> list[Any] | None:
    return slots if all(s["state"] != "scheduled" for s in slots) else None


def test_a_mail_server_that_is_away_for_two_slots(start: Start, mail: MailServer) -> None:
    fault = Fault(start(600), MAJOR)
    wait_for(lambda: said(mail, "故障通报"), "the first broadcast")
    mail.stop()
    away = wait_for(lambda: _states(fault, "missed", 2), "two missed slots")
    assert all(s["receipts"][0]["reached_at"] is None for s in away)
    mail.start()
    late = {s["slot"] for s in away}
    wait_for(lambda: late <= {s["slot"] for s in _states(fault, "late", 2) or ()}, "their late delivery")
    fault.happen("restored", text="好")
    wait_for(lambda: said(mail, "恢复通报"), "the closing broadcast")
    slots = [s for s in fault.slots() if s["sent_at"]]
    assert [time(s["due_at"]) for s in slots] == grid(slots)
    assert all(map(truthful, slots))
    assert len(said(mail, "故障通报")) == len(slots)
    assert set(said(mail, "故障通报").values()) == {1}


def _states(fault: Fault, state: str, number: int) -> list[Any] | None:
    found = [s for s in fault.slots() if s["state"] == state]
    return found if len(found) >= number else None
