"""The life of one execution of a repair playbook, as pure rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

ASKED, APPROVED, RUNNING = "asked", "approved", "running"
SUCCEEDED, FAILED, STOPPED, LOST = "succeeded", "failed", "stopped", "lost"
REFUSED, WITHDRAWN, EXPIRED = "refused", "withdrawn", "expired"
OPEN = (ASKED, APPROVED, RUNNING)
RAN = (SUCCEEDED, FAILED, STOPPED, LOST)
"""Ended after they had begun, so that the machine may have been changed."""

STATE_LABELS = {
    ASKED: "待批准",
    APPROVED: "已批准，即将执行",
    RUNNING: "执行中",
    SUCCEEDED: "执行成功",
    FAILED: "执行失败",
    STOPPED: "已停止",
    LOST: "执行中断，须人工核查",
    REFUSED: "未获批准",
    WITHDRAWN: "已撤回",
    EXPIRED: "批准已过期",
}
TONES = {
    ASKED: "near", APPROVED: "info", RUNNING: "info", SUCCEEDED: "met",
    FAILED: "over", STOPPED: "over", LOST: "over",
}  # fmt: skip
STATE_OF_STATUS = {"ok": SUCCEEDED, "cancelled": STOPPED, "lost": LOST}
"""The end of a run, by the runner's own word; every other word is a failure."""
APPROVAL_HOLDS = timedelta(minutes=10)
"""A repair that nobody began by then is no longer what somebody wanted."""
OUTLIVED = timedelta(seconds=30)
"""Without a sign of life for so long, a run on another machine counts as dead."""


class Fit(NamedTuple):
    """What decides whether a repair may be offered: the incident on one side, the target on the other."""

    fault_class: str
    modules: frozenset[str]


def fits(incident: Fit, classes: frozenset[str], modules: frozenset[str]) -> bool:
    """Whether a repair for these classes, set up for these modules (none: for all), fits an incident."""
    return incident.fault_class in classes and (not modules or not modules.isdisjoint(incident.modules))


def expired(decided_at: datetime, now: datetime) -> bool:
    """Whether an approval that was not used has lapsed."""
    return now - decided_at > APPROVAL_HOLDS


def outlived(lease_until: datetime | None, now: datetime) -> bool:
    """Whether a run gives no sign of life any more."""
    return lease_until is None or lease_until < now


def state_of(status: str) -> str:
    """Return the state a run ends in, by how the runner says it ended."""
    return STATE_OF_STATUS.get(status, FAILED)
