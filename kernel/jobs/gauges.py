"""The run table as metrics: a job that fails, or that no worker has begun for too long."""

from __future__ import annotations

from kernel.jobs.queries import runs
from kernel.platform import Platform


def gauges(platform: Platform) -> None:
    """Refresh the gauges of /metrics; a job that never ran has no value."""
    gauge = platform.metrics.gauge
    with platform.db.read() as session:
        found = runs(session, platform.catalogue, platform.clock.now())
    for state, overdue in found:
        gauge("shoushi_job_failures", "Failed runs in a row", float(state.failures), job=state.name)
        gauge("shoushi_job_overdue_seconds", "Not begun again in time", overdue, job=state.name)
