"""The supervisor with small fake commands: restarts what dies, gives up in time, stops all in the end."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kernel.cli import supervisor as module
from kernel.cli.supervisor import Child, GaveUp, Supervisor

ROOT = Path(__file__).resolve().parents[3]
WAIT = 30.0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BACKOFF", (0.0,) * 5)
    monkeypatch.setattr(module, "POLL", 0.01)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


def python(code: str, *arguments: object) -> tuple[str, ...]:
    return (sys.executable, "-c", code, *map(str, arguments))


SLEEPER = "import sys,time; open(sys.argv[1],'a').write('started\\n'); time.sleep(600)"


def test_a_child_that_dies_is_started_again_and_all_are_stopped_in_the_end(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.touch()
    child = Child("web", python(SLEEPER, notes))
    running = Supervisor([child])
    thread = threading.Thread(target=running.run)
    thread.start()
    until(lambda: notes.read_text().count("started") == 1)
    assert child.process is not None
    first = child.process
    first.kill()
    until(lambda: notes.read_text().count("started") == 2)
    running.request_stop()
    thread.join(WAIT)
    assert not thread.is_alive()
    assert child.process is not None
    assert child.process is not first
    assert child.process.poll() == -signal.SIGTERM


def test_a_child_that_fails_five_times_in_a_minute_ends_everything(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    good, bad = Child("web", python(SLEEPER, notes)), Child("worker", python("raise SystemExit(3)"))
    with pytest.raises(GaveUp, match="worker"):
        Supervisor([good, bad]).run()
    assert len(bad.failures) == module.LIMIT
    assert good.process is not None
    assert good.process.poll() is not None


def test_failures_long_ago_are_forgiven(monkeypatch: pytest.MonkeyPatch) -> None:
    child = Child("web", ())
    running = Supervisor([child])
    for n in range(20):
        running._note_death(child, n * 20.0, 1)
    assert len(child.failures) <= 3


def test_each_restart_waits_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BACKOFF", (0.5, 1.0, 2.0, 4.0, 8.0))
    child = Child("web", ())
    running = Supervisor([child])
    pauses = []
    for now in (100.0, 101.0, 102.0, 103.0):
        running._note_death(child, now, 1)
        pauses.append(child.start_at - now)
    assert pauses == [0.5, 1.0, 2.0, 4.0]


def test_a_child_that_does_not_listen_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "STOP_WITHIN", 0.2)
    notes = tmp_path / "notes"
    code = (
        "import signal,sys,time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "open(sys.argv[1],'a').write('started'); time.sleep(600)"
    )
    child = Child("web", python(code, notes))
    running = Supervisor([child])
    thread = threading.Thread(target=running.run)
    thread.start()
    until(lambda: notes.exists() and notes.read_text() == "started")
    running.request_stop()
    thread.join(WAIT)
    assert child.process is not None
    assert child.process.poll() == -signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_service_and_its_children_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    notes = tmp_path / "notes"
    program = (
        "import signal,sys\n"
        "from kernel.cli.supervisor import Child, Supervisor\n"
        f"s=Supervisor([Child('web', (sys.executable, '-c', {SLEEPER!r}, sys.argv[1]))])\n"
        "signal.signal(signal.SIGTERM, s.request_stop); signal.signal(signal.SIGINT, s.request_stop)\n"
        "s.run()\n"
    )
    service = subprocess.Popen(python(program, notes), cwd=ROOT)
    until(notes.exists)
    service.send_signal(number)
    assert service.wait(WAIT) == 0
