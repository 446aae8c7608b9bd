"""Keep the newest verdict on each subject, write a version whenever the outcome changes, and let the ledger
follow. All inside the transaction of the event or deadline that caused it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from kernel import audit
from kernel.crypto import canonical_json, sm3_hex
from kernel.db import table_of
from kernel.db.bulk import insert_later
from kernel.db.prepared import Prepared, prepared_insert
from kernel.platform import Platform
from sla.cases.models import Case, CasePayer, VerdictRecord
from sla.cases.projection import project
from sla.penalties import service as ledger
from sla.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged: something above us, known by its number."""

    number: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Slots:
    """How the broadcasts of a case went, closing ones not counted."""

    on_time: int = 0
    late: int = 0
    missed: int = 0


VERDICT_ACTION = "verdict.written"
_INSERT_CASE = prepared_insert(table_of(Case), returning=("subject", "id"), given_by_database="id")


def open_cases(
    platform: Platform, session: Session, now: datetime, new: Sequence[tuple[Subject, Verdict]], cause: str
) -> None:
    """Record the first verdict on each new subject."""
    rows = [_first_columns(subject, verdict, now) for subject, verdict in new]
    ids = dict(_INSERT_CASE.returned(session, rows))
    for subject, verdict in new:
        case_id = ids[subject.number]
        insert_later(session, CasePayer, [{"case_id": case_id, "payer": p} for p in sorted(verdict.payers)])
        project(session, case_id, verdict, fresh=True)
        _write_version(session, now, case_id, subject.number, 1, verdict, cause)
        if verdict.penalty:
            ledger.follow_verdict(platform, session, now, case_id, 1, verdict)


def _first_columns(subject: Subject, verdict: Verdict, now: datetime) -> dict[str, Any]:
    return _columns(verdict, now) | {
        "subject": subject.number,
        "title": subject.title,
        "url": subject.url,
        "contract": verdict.contract.digest,
        "verdict_version": 1,
        "slots_on_time": 0,
        "slots_late": 0,
        "slots_missed": 0,
    }


def update_case(
    platform: Platform,
    session: Session,
    now: datetime,
    subject: Subject,
    verdict: Verdict,
    cause: str,
    slots: Slots,
) -> bool:
    """Bring the case up to date; returns whether its outcome changed (then a new version was written)."""
    case_id, *values = _CASE.rows(session, {"number": subject.number})[0]
    before = dict(zip(_KEPT, values, strict=True))
    after = _columns(verdict, now) | {
        "title": subject.title,
        "slots_on_time": slots.on_time,
        "slots_late": slots.late,
        "slots_missed": slots.missed,
    }
    changed = any(before[name] != after[name] for name in _OUTCOME)
    version = after["verdict_version"] = before["verdict_version"] + changed
    if before["payers"] != after["payers"]:
        _remember_payers(session, case_id, verdict)
    project(session, case_id, verdict)
    new = {name: value for name, value in after.items() if value != before[name]}
    if new:
        _update(tuple(new)).run(session, {"of_case": case_id, **new})
    if changed:
        _write_version(session, now, case_id, subject.number, version, verdict, cause)
    ledger.follow_verdict(platform, session, now, case_id, version, verdict)
    return changed


def _remember_payers(session: Session, case_id: int, verdict: Verdict) -> None:
    known = set(session.scalars(select(CasePayer.payer).where(CasePayer.case_id == case_id)))
    new = [{"case_id": case_id, "payer": p} for p in sorted(verdict.payers - known)]
    insert_later(session, CasePayer, new)


_TABLE = table_of(Case)
_KEPT = [c.name for c in _TABLE.columns if c.name not in ("id", "subject", "url", "contract")]
_CASE = Prepared(
    select(_TABLE.c.id, *(_TABLE.c[name] for name in _KEPT)).where(_TABLE.c.subject == bindparam("number"))
)


@cache
def _update(names: tuple[str, ...]) -> Prepared:
    """Return the update of these columns; an index on any other needs no work."""
    return Prepared(update(_TABLE).where(_TABLE.c.id == bindparam("of_case")), names)


_OUTCOME = (
    "fault_class",
    "response_state",
    "repair_state",
    "provider_repair_state",
    "backup_state",
    "penalty",
)


def _columns(verdict: Verdict, now: datetime) -> dict[str, Any]:
    response, repair, provider = verdict.response, verdict.repair, verdict.provider_repair
    return {
        "drill": int(verdict.drill),
        "fault_class": verdict.fault_class,
        "modules": ",".join(sorted(verdict.modules)),
        "payers": ",".join(sorted(verdict.payers)),
        "started_at": verdict.started_at,
        "restored_at": verdict.restored_at,
        "response_state": response.state,
        "response_due_at": response.due_at,
        "response_seconds": response.counted_seconds if response.ended_at else None,
        "repair_state": repair.state,
        "repair_seconds": repair.counted_seconds,
        "provider_repair_state": provider.state,
        "provider_repair_seconds": provider.counted_seconds,
        "backup_state": verdict.backup_obligation.state if verdict.backup_obligation else None,
        "major_since": verdict.major_since,
        "slots_owed": verdict.slots,
        "penalty": verdict.penalty,
        "judged_at": now,
    }


def _write_version(
    session: Session, now: datetime, case_id: int, number: str, version: int, verdict: Verdict, cause: str
) -> None:
    result, digest = verdict.sealed()
    row = {
        "case_id": case_id,
        "version": version,
        "as_of": verdict.as_of,
        "cause": cause,
        "digest": digest,
        "result": result,
    }
    insert_later(session, VerdictRecord, [row])
    detail = {"cause": cause, "digest": record_digest(verdict.as_of, cause, digest, result)}
    audit.record(session, now, VERDICT_ACTION, f"case:{number}#{version}", detail)


def record_digest(as_of: datetime, cause: str, verdict_digest: str, result: str) -> str:
    """Return the SM3 of a stored version, as the audit chain keeps it."""
    return sm3_hex(canonical_json([as_of, cause, verdict_digest, result]))


_OF_SUBJECT = (
    select(VerdictRecord)
    .join(Case, Case.id == VerdictRecord.case_id)
    .where(Case.subject == bindparam("number"))
    .order_by(VerdictRecord.version)
)


def versions(session: Session, number: str) -> list[VerdictRecord]:
    """Return every verdict on the subject, the oldest first."""
    return list(session.scalars(_OF_SUBJECT, {"number": number}))


def late_subjects(session: Session) -> list[str]:
    """Return the numbers of all subjects that missed a clock, the oldest first."""
    late = or_(Case.response_state == "missed", Case.repair_state == "missed")
    return list(session.scalars(select(Case.subject).where(late).order_by(Case.id)))
