"""Killed with -9 while works share commits: who was answered finds everything, nothing is half there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sqlalchemy import func, select

from incidents.models import Incident, IncidentEvent, IncidentPayer
from kernel.audit.attest import all_problems
from sla.cases.models import Case, VerdictRecord
from sla.deadlines import Deadline
from tests.support.alerts import alert, receive, rows
from tests.support.world import START, World

ROOT = Path(__file__).resolve().parents[3]


def killed(world: World, url: str, folder: Path, what: str) -> list[str]:
    """Let a process work until it has answered two hundred, kill it, and return all that it has answered."""
    command = [sys.executable, "-m", "tests.support.storm_worker", url, str(folder), what]
    worker = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    answered = [worker.stdout.readline() for _ in range(200)]
    worker.kill()
    return [*answered, *worker.communicate()[0].splitlines(keepends=True)]


def test_every_answered_report_is_whole(world: World, platform_url: str, tmp_path: Path) -> None:
    said = killed(world, platform_url, tmp_path, "reports")
    answered = {line.strip() for line in said if line.endswith("\n")}
    assert len(answered) >= 200
    with world.platform.db.read() as session:
        incidents = {i.number: i.id for i in session.scalars(select(Incident))}
        cases = {c.subject: c.id for c in session.scalars(select(Case))}
        parts = [
            set(session.scalars(select(column)))
            for column in (IncidentEvent.incident_id, IncidentPayer.incident_id, Deadline.subject_id)
        ]
        verdicts = set(session.scalars(select(VerdictRecord.case_id)))
        armed = session.scalar(select(func.count()).select_from(Deadline))
    assert answered <= set(incidents)
    assert all(part == set(incidents.values()) for part in parts)
    assert (set(cases), set(cases.values())) == (set(incidents), verdicts)
    assert armed is not None
    assert armed % len(incidents) == 0, "each has the same ladder"
    assert list(all_problems(world.platform)) == []


def test_every_answered_repetition_is_counted(world: World, platform_url: str, tmp_path: Path) -> None:
    receive(world, alert(starts_at=START))
    said = killed(world, platform_url, tmp_path, "alerts")
    (row,) = rows(world)
    answered = [line for line in said if line == "202\n"]
    assert 200 <= len(answered) <= row.count - 1 <= len(answered) + 8
