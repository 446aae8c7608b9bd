"""Reads of the run table, from what all workers wrote."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.jobs.models import JobState
from kernel.jobs.worker import NOTE_EVERY
from kernel.manifest import Catalogue


class Run(NamedTuple):
    """A job of the catalogue, its latest run, and the seconds by which the next one is overdue."""

    state: JobState
    overdue: float


def runs(session: Session, catalogue: Catalogue, now: datetime) -> list[Run]:
    """Return the jobs that have run, those in trouble first; one that never ran is missing."""
    every = {job.name: job.every for manifest in catalogue.manifests for job in manifest.jobs}
    found = [
        Run(row, max(0.0, (now - row.started_at).total_seconds() - max(every[row.name], NOTE_EVERY)))
        for row in session.scalars(select(JobState).order_by(JobState.name))
        if row.name in every
    ]
    return sorted(found, key=lambda r: (-r.state.failures, -r.overdue, r.state.name))
