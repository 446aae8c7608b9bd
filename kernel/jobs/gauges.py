"""The run table as metrics: a job that fails, or that no worker has begun for too long."""

from __future__ import annotations

from sqlalchemy import select

from kernel.jobs.models import JobState
from kernel.jobs.worker import NOTE_EVERY
from kernel.platform import Platform


def gauges(platform: Platform) -> None:
    """Refresh the gauges of /metrics, from what all workers wrote; a job that never ran has no value."""
    every = {job.name: job.every for manifest in platform.catalogue.manifests for job in manifest.jobs}
    now, gauge = platform.clock.now(), platform.metrics.gauge
    with platform.db.read() as session:
        rows = session.scalars(select(JobState).order_by(JobState.name)).all()
    for row in rows:
        if row.name not in every:
            continue
        late = (now - row.started_at).total_seconds() - max(every[row.name], NOTE_EVERY)
        gauge("shoushi_job_failures", "Failed runs in a row", float(row.failures), job=row.name)
        gauge("shoushi_job_overdue_seconds", "Not begun again in time", max(0.0, late), job=row.name)
