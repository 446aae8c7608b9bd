"""A process for the tests: eight threads report faults or repeat an alert and say what was answered.

    python -m tests.support.storm_worker URL FOLDER reports|alerts

It goes on until it is killed.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

from incidents import reporting
from incidents.api import _Report
from incidents.intake.api import _Receive
from kernel.clock import FixedClock
from kernel.db.group import Mergeable
from kernel.identity import actors
from kernel.platform import Platform
from tests.conftest import build
from tests.support.alerts import alert
from tests.support.world import START

_say = threading.Lock()


def work(platform: Platform, what: str) -> Mergeable:
    """Return what the group is to do again and again."""
    if what == "alerts":
        return _Receive(platform, [alert(starts_at=START)])
    with platform.db.read() as session:
        lin = actors.actor_of(session, START, platform.catalogue, "lin")
    told = reporting.Report("收文登记页面无法保存", "system_general", ["receipts"], ["city"])
    return _Report(platform, lin, told)  # those of several threads are written together


def go_on(platform: Platform, what: str) -> None:
    """Ask again and again."""
    mine = work(platform, what)
    while True:
        answer = platform.db.group.submit("lin", mine).result()
        with _say:
            print(json.loads(answer.body)["number"] if what == "reports" else answer.status_code, flush=True)


if __name__ == "__main__":
    url, folder, wanted = sys.argv[1:]
    made = build(url, Path(folder), FixedClock(START))
    threads = [threading.Thread(target=go_on, args=(made, wanted)) for _ in range(8)]
    for thread in threads:
        thread.start()
