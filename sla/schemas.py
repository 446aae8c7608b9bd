"""Words that the API and pages use for verdicts."""

from __future__ import annotations


def live_state(state: str) -> str:
    """An open clock that is not yet due is `pending` in an audit and `running` in the live platform."""
    return "running" if state == "pending" else state
