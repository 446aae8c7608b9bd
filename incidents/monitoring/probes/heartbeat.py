"""A heartbeat: a backup, a timer or another system that must call us now and then."""

from __future__ import annotations

from pydantic import Field

from incidents.monitoring.probes import base


class HeartbeatSpec(base.Spec):
    """How often it must call, and how late it may be."""

    every: int = Field(default=3600, ge=10, le=31 * 86_400)
    grace: int = Field(default=300, ge=0, le=7 * 86_400)


async def check(spec: HeartbeatSpec, around: base.Around) -> str:
    """Look how long it has been silent; our own start counts as a call, so downtime of ours blames nobody."""
    if around.silent > spec.every + spec.grace:
        raise base.Failure(base.SILENT, f"{around.silent:.0f} s")
    return f"{around.silent:.0f} s"
