"""The report as values that JSON can hold: what is served, frozen, compared, and laid out as page or paper.

Times are ISO in the contract's zone, money and percents decimal strings, durations whole seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from kernel.audit.models import AuditSeal
from sla.report import rules
from sla.report.data import SlaReport, Spread
from sla.report.headline import Tally

Figures = dict[str, Any]
Stamp = Callable[[datetime | None], str | None]


def figures_of(report: SlaReport) -> Figures:
    """Return everything the report says."""
    zone = report.contract.zone

    def stamp(at: datetime | None) -> str | None:
        return None if at is None else at.astimezone(zone).isoformat(timespec="seconds")

    return {
        "from": stamp(report.start),
        "to": stamp(report.end),
        "generated_at": stamp(report.generated_at),
        "contract": {"key": report.contract.key, "digest": report.contract.digest},
        "scope": None if report.scopes is None else sorted(report.scopes),
        "incidents": report.incidents,
        "open": report.open,
        "major": report.major,
        "drills": report.drill_count,
        "response": _tally(report.response),
        "repair": _tally(report.repair),
        "provider_view": {"repair": _tally(report.provider_repair)},
        "backup": report.backup,
        "respond_seconds": _spread(report.respond),
        "repair_seconds": _spread(report.fix),
        "classes": _classes(report),
        "payers": report.payers,
        "availability": _availability(report),
        "broadcasts": {**report.broadcasts, "punctuality": _text(report.punctuality)},
        "penalty_cases": report.penalty_cases,
        "penalty_total": f"{report.penalty_total:.2f}",
        "penalties": [
            {"state": line.state, "count": line.count, "amount": f"{line.amount:.2f}"}
            for line in report.penalties
        ],
        **_registers(report, stamp),
        "seal": _seal(report.seal),
    }


def _seal(seal: AuditSeal | None) -> Figures | None:
    if seal is None:
        return None
    return {name: getattr(seal, name) for name in ("day", "position", "head", "signature")}


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _tally(tally: Tally) -> dict[str, Any]:
    return {**tally.counts, "attainment": _text(tally.attainment)}


def _spread(spread: Spread) -> dict[str, int | None]:
    return {"mean": spread.mean, **{f"p{p}": value for p, value in spread.percentiles.items()}}


def _classes(report: SlaReport) -> list[Figures]:
    return [
        {
            "fault_class": row.key,
            "incidents": row.incidents,
            "response": _tally(row.response),
            "repair": _tally(row.repair),
            "respond_seconds": _spread(row.respond),
            "repair_seconds": _spread(row.fix),
        }
        for row in report.classes
    ]


def _availability(report: SlaReport) -> Figures:
    def rows(keys: Any, down: dict[str, int]) -> list[Figures]:
        return [
            {
                "key": key,
                "down_seconds": down.get(key, 0),
                "percent": _text(rules.availability(down.get(key, 0), report.seconds)),
            }
            for key in keys
        ]

    payers = [p for p in report.contract.payers if report.scopes is None or p in report.scopes]
    return {
        "seconds": report.seconds,
        "modules": rows(report.contract.modules, report.down_modules),
        "payers": rows(payers, report.down_payers),
        "observed": [
            {
                "module": o.module,
                "payer": o.payer,
                "seen_seconds": round(o.seen),
                "down_seconds": round(o.down),
                "percent": _text(rules.availability(round(o.down), round(o.seen))),
            }
            for o in report.observed
        ],
    }


def _registers(report: SlaReport, stamp: Stamp) -> Figures:
    return {
        "missed_cases": report.missed_count,
        "missed": [_missed(report, row, stamp) for row in report.missed],
        "broadcast_register": [
            {
                "number": row.subject,
                "title": row.title,
                "major_since": stamp(row.major_since),
                "owed": row.slots_owed,
                "on_time": row.slots_on_time,
                "late": row.slots_late,
                "missed": row.slots_missed,
            }
            for row in report.broadcast_register
        ],
        "exclusions": [_exclusion(row, stamp) for row in report.exclusions],
        "drill_register": [
            {
                "number": row.subject,
                "title": row.title,
                "started_at": stamp(row.started_at),
                "response": row.response_state,
                "repair": row.repair_state,
            }
            for row in report.drills
        ],
        "drills_held": _drills_held(report, stamp),
        "obligations": [
            {
                "kind": each.duty.kind,
                "payer": each.duty.payer,
                "subject": each.duty.subject,
                "owed_by": each.duty.owed_by,
                "due": None if each.due is None else each.due.isoformat(),
                "done": None if each.duty.done is None else each.duty.done.isoformat(),
                "state": each.state,
                "days_late": each.days_late,
                "charge": f"{each.charge:.2f}",
            }
            for each in report.obligations
        ],
        "blind_time": [
            {"from": stamp(b.from_at), "to": stamp(b.to_at), "reason": b.reason} for b in report.blind
        ],
    }


def _drills_held(report: SlaReport, stamp: Stamp) -> list[Figures]:
    return [
        {
            "number": each.number,
            "title": each.title,
            "started_at": stamp(each.started_at),
            "outcome": each.outcome,
            "rto_seconds": None if each.rto is None else round(each.rto, 1),
            "rto_limit_seconds": None if each.rto_limit is None else round(each.rto_limit),
            "lost_rows": each.lost_rows,
        }
        for each in report.held
    ]


def _missed(report: SlaReport, row: Any, stamp: Stamp) -> Figures:
    return {
        "number": row.subject,
        "title": row.title,
        "fault_class": row.fault_class,
        "started_at": stamp(row.started_at),
        "response": row.response_state,
        "repair": row.repair_state,
        "provider_repair": row.provider_repair_state,
        "counted_seconds": row.repair_seconds,
        "penalty": f"{row.penalty:.2f}",
        "penalty_number": report.numbers.get(row.id),
        "verdict": row.digest,
    }


def _exclusion(row: Any, stamp: Stamp) -> Figures:
    return {
        "number": row.subject,
        "claim": row.claim,
        "reason": row.reason,
        "from": stamp(row.from_at),
        "to": stamp(row.to_at),
        "state": row.state,
        "decided_at": stamp(row.decided_at),
        "decided_by": row.decided_by,
    }
