"""Whom a rung calls and in what words; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sla.contract import Contract
from sla.ladder import CALL
from sla.schedule import BREACH

PRIMARY, DEPUTY, LEADER, PARTY_A, EVERYBODY = "primary", "deputy", "leader", "party_a", "everybody"
TARGET_LABELS = {
    PRIMARY: "主班",
    DEPUTY: "副班",
    LEADER: "带班领导",
    PARTY_A: "甲方联系人",
    EVERYBODY: "全体",
}
WARN, URGE = 75, 90
"""From these percents of the repair limit on the deputy and the leader are called as well."""


def targets(contract: Contract, clock: str, rung: str) -> tuple[str, ...]:
    """Return whom a rung calls; nobody for deadlines that are not of a ladder."""
    if clock == CALL:
        after = timedelta(minutes=int(rung))
        steps = [each for each in contract.response.ladder if each.after == after]
        return tuple(dict.fromkeys(who for step in steps for who in step.to))
    if clock != "repair":
        return ()
    if rung == BREACH or rung.startswith("after:"):
        return (PRIMARY, DEPUTY, LEADER)
    percent = int(rung)
    return (
        (PRIMARY,) if percent < WARN else (PRIMARY, DEPUTY) if percent < URGE else (PRIMARY, DEPUTY, LEADER)
    )


def order(contract: Contract, rung: str) -> int:
    """Return which call of the response ladder this is, counted from 1."""
    steps = sorted({each.after for each in contract.response.ladder})
    return steps.index(timedelta(minutes=int(rung))) + 1


def union(groups: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return everybody that any of the rungs calls: rungs that come due together call a person once."""
    return tuple(dict.fromkeys(who for group in groups for who in group))
