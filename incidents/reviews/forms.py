"""Reviews as JSON values."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from incidents.reviews import rules
from incidents.reviews.queries import Detail
from incidents.reviews.register import Line


def as_dict(found: Detail, zone: ZoneInfo) -> dict[str, Any]:
    """Return the review as JSON values."""
    review = found.review

    def local(at: Any) -> str | None:
        return at.astimezone(zone).isoformat() if at else None

    return {
        "incident": found.incident.number,
        "state": found.state,
        "required": bool(review and review.required),
        "due_at": local(review and review.due_at),
        "version": review.version if review else 0,
        "content": {name: found.content.get(name, "") for name in rules.FIELD_LABELS},
        "actions": [
            {
                "seq": a.seq,
                "title": a.title,
                "owner": found.people[a.owner_id],
                "due_at": local(a.due_at),
                "state": a.state,
                "done_at": local(a.done_at),
                "evidence": a.evidence,
            }
            for a in found.actions
        ],
        "entries": [
            {
                "seq": e.seq,
                "at": local(e.at),
                "type": e.type,
                "actor": e.actor,
                "text": e.text,
                "data": e.data,
            }
            for e in found.entries
        ],
    }


def line_as_dict(line: Line, zone: ZoneInfo) -> dict[str, Any]:
    """Return a line of the register as JSON values."""
    review = line.review
    return {
        "incident": line.incident.number,
        "title": line.incident.title,
        "state": review.state,
        "required": bool(review.required),
        "cause": review.cause,
        "closed_at": review.closed_at.astimezone(zone).isoformat(),
        "due_at": review.due_at.astimezone(zone).isoformat() if review.due_at else None,
        "actions_pending": line.pending,
        "actions_overdue": line.late,
    }
