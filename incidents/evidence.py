"""The evidence of an incident's verdict: a file that anybody can recompute."""

from __future__ import annotations

from typing import Any

from incidents import log
from incidents.queries import Detail
from sla.evidence import build_evidence


def evidence_of(detail: Detail) -> dict[str, Any]:
    """Return the evidence file as JSON-like values."""
    events = [log.to_event(row) for row in detail.rows]
    return build_evidence(
        detail.contract.text, events, detail.now, detail.verdict, incident=detail.incident.number
    )
