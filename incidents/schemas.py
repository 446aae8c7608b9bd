"""What the API takes and gives: api.md, "incidents"."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from incidents import log
from incidents.broadcasts.rules import Receipt
from incidents.models import Broadcast, Incident, IncidentEvent
from incidents.queries import Detail
from incidents.reporting import Reported
from sla.schemas import live_state
from sla.verdict import ClockVerdict, Verdict


class ReportIn(BaseModel):
    """Report a fault."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=200)
    fault_class: str = Field(description="system_general | system_major | line_general | hardware")
    modules: list[str] = Field(default_factory=list, max_length=200)
    payers: list[str] = Field(default_factory=list, max_length=50)
    occurred_at: AwareDatetime | None = None
    detected_at: AwareDatetime | None = None
    reported_at: AwareDatetime | None = None
    reporter: str | None = Field(default=None, max_length=120)
    text: str | None = Field(default=None, max_length=4000)


class EventIn(BaseModel):
    """Let something happen to an incident; further fields depend on the type."""

    model_config = ConfigDict(extra="allow")

    type: str
    at: AwareDatetime | None = None
    text: str | None = Field(default=None, max_length=4000)


class EventOut(BaseModel):
    """A line of the log."""

    seq: int
    at: datetime
    type: str
    text: str | None
    actor: str
    actor_name: str
    recorded_at: datetime
    data: dict[str, Any]


class ClockOut(BaseModel):
    """One of the contract's clocks."""

    obligation: str
    article: str
    started_at: datetime
    due_at: datetime
    state: str
    counted_seconds: int
    ended_at: datetime | None


class ViewOut(BaseModel):
    """What one party's view says."""

    fault_class: str
    response: str
    repair: str
    counted_seconds: int
    repair_due_at: datetime
    penalty_cases: int | None = None
    penalty: str | None = None


class VerdictOut(BaseModel):
    """Both views, always together: the contract's, and the provider's while claims are undecided."""

    contract: ViewOut
    provider: ViewOut


class IncidentBrief(BaseModel):
    """An incident as lists show it."""

    number: str
    title: str
    state: str
    fault_class: str
    modules: list[str]
    payers: list[str]
    started_at: datetime
    restored_at: datetime | None
    major_since: datetime | None
    reporter: str | None
    drill: bool
    version: int


class IncidentOut(IncidentBrief):
    """An incident with its log, clocks and verdict as of now."""

    contract: str
    events: list[EventOut]
    clocks: list[ClockOut]
    verdict: VerdictOut
    broadcasts_owed: int
    backup_obligation: dict[str, Any] | None


class IncidentPage(BaseModel):
    """A page of incidents."""

    items: list[IncidentBrief]
    next: str | None


class ReceiptOut(BaseModel):
    """How one recipient was told."""

    name: str
    address: str
    accepted_at: datetime | None
    opened_at: datetime | None
    reached_at: datetime | None
    answer: str | None


class BroadcastOut(BaseModel):
    """A slot of the grid."""

    slot: int | None
    grid: int
    due_at: datetime
    sent_at: datetime | None
    state: str
    automatic: bool
    text: dict[str, str]
    receipts: list[ReceiptOut]


class BroadcastPage(BaseModel):
    """All slots of an incident."""

    items: list[BroadcastOut]
    next: str | None = None


def brief(incident: Incident, zone: Any) -> dict[str, Any]:
    """Return the incident as lists show it."""
    return {
        "number": incident.number,
        "title": incident.title,
        "state": incident.state,
        "fault_class": incident.fault_class,
        "modules": list(incident.modules),
        "payers": list(incident.payers),
        "started_at": incident.started_at.astimezone(zone),
        "restored_at": incident.restored_at.astimezone(zone) if incident.restored_at else None,
        "major_since": incident.major_since.astimezone(zone) if incident.major_since else None,
        "reporter": incident.reporter,
        "drill": bool(incident.drill),
        "version": incident.version,
    }


def whole(found: Detail | Reported) -> dict[str, Any]:
    """Return everything about the incident."""
    zone = found.contract.zone
    verdict = found.verdict
    backup = verdict.backup_obligation
    return brief(found.incident, zone) | {
        "contract": found.incident.contract,
        "events": [_event(row, zone) for row in found.rows],
        "clocks": clocks(verdict),
        "verdict": {"contract": _contract_view(verdict), "provider": _provider_view(verdict)},
        "major_since": verdict.major_since.astimezone(zone) if verdict.major_since else None,
        "broadcasts_owed": verdict.slots,
        "backup_obligation": backup and {"due_at": backup.due_at.astimezone(zone), "state": backup.state},
    }


def _event(row: IncidentEvent, zone: Any) -> dict[str, Any]:
    return {
        "seq": row.seq,
        "at": row.at.astimezone(zone),
        "type": row.type,
        "text": log.text(row),
        "actor": row.actor,
        "actor_name": log.name(row),
        "recorded_at": row.recorded_at.astimezone(zone),
        "data": row.data or {},
    }


def clocks(verdict: Verdict) -> list[dict[str, Any]]:
    """Return the clocks of the contract's view."""
    return [_clock(c, verdict.contract.zone) for c in (verdict.response, verdict.repair)]


def _clock(clock: ClockVerdict, zone: Any) -> dict[str, Any]:
    return {
        "obligation": clock.obligation,
        "article": clock.article,
        "started_at": clock.started_at.astimezone(zone),
        "due_at": clock.due_at.astimezone(zone),
        "state": live_state(clock.state),
        "counted_seconds": clock.counted_seconds,
        "ended_at": clock.ended_at.astimezone(zone) if clock.ended_at else None,
    }


def _contract_view(verdict: Verdict) -> dict[str, Any]:
    return {
        "fault_class": verdict.fault_class,
        "response": live_state(verdict.response.state),
        "repair": live_state(verdict.repair.state),
        "counted_seconds": verdict.repair.counted_seconds,
        "repair_due_at": verdict.repair.due_at.astimezone(verdict.contract.zone),
        "penalty_cases": verdict.penalty_cases,
        "penalty": f"{verdict.penalty:.2f}",
    }


def _provider_view(verdict: Verdict) -> dict[str, Any]:
    return {
        "fault_class": verdict.claimed_class,
        "response": live_state(verdict.response.state),
        "repair": live_state(verdict.provider_repair.state),
        "counted_seconds": verdict.provider_repair.counted_seconds,
        "repair_due_at": verdict.provider_repair.due_at.astimezone(verdict.contract.zone),
    }


def slot(broadcast: Broadcast, receipts: list[Receipt], zone: Any) -> dict[str, Any]:
    """Return a slot with its receipts."""
    return {
        "slot": broadcast.slot if broadcast.slot >= 0 else None,
        "grid": broadcast.grid,
        "due_at": broadcast.due_at.astimezone(zone),
        "sent_at": broadcast.sent_at.astimezone(zone) if broadcast.sent_at else None,
        "state": broadcast.state,
        "automatic": bool(broadcast.automatic),
        "text": dict(broadcast.text or {}),
        "receipts": [r._asdict() | {"reached_at": r.reached_at} for r in receipts],
    }
