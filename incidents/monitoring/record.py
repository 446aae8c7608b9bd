"""Write what the runner found: states, outages, days; and tell the intake what went down or came back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incidents.intake.rules import FIRING, RESOLVED, Alert
from incidents.intake.service import receive
from incidents.monitoring import rules
from incidents.monitoring.models import Probe, ProbeDay, ProbeOutage, ProbeState
from incidents.monitoring.tracker import Change, Day, Figures, Tracker
from kernel import audit, feed
from kernel.audit.attest import compare
from kernel.crypto import canonical_json, sm3_hex
from kernel.db.once import insert_once
from kernel.platform import Platform

OUTAGE_ACTION = "probe.outage"


def changes(platform: Platform, session: Session, now: datetime, found: Sequence[Change]) -> list[str]:
    """Write changes of state; returns the numbers of the incidents they belong to. Safe to repeat."""
    told = _told(session, found)
    alerts: list[Alert] = []
    for change in found:
        probe, before, after = change.tracker.id, change.before, change.after
        if before.state == rules.DOWN and before.since:
            _outage(platform, session, now, change, before.since)
        if after.state == rules.DOWN:
            alerts.append(_alert(change, FIRING))
            told.add(probe)
        elif after.state == rules.UP and probe in told:
            alerts.append(_alert(change, RESOLVED))
            told.discard(probe)
        _state(session, change, alerted=probe in told)
    feed.announce(session, now, "probe", "/probes")
    return receive(platform, session, now, alerts) if alerts else []


def _told(session: Session, found: Sequence[Change]) -> set[int]:
    """Return the probes of which the intake knows that they are down."""
    ids = sorted({change.tracker.id for change in found})
    wanted = select(ProbeState.probe_id).where(ProbeState.probe_id.in_(ids), ProbeState.alerted == 1)
    return set(session.scalars(wanted))


def _alert(change: Change, status: str) -> Alert:
    tracker = change.tracker
    labels = {"alertname": f"probe_{tracker.kind}", "probe": tracker.key, "kind": tracker.kind}
    return Alert(
        source="probe",
        title=f"{tracker.name}：{change.words}",
        fingerprint=tracker.key,
        status=status,
        fault_class=tracker.fault_class,
        module=tracker.module,
        payer=tracker.payer,
        starts_at=change.at if status == FIRING else None,
        ends_at=change.at if status == RESOLVED else None,
        labels=labels,
        annotations={"detail": change.detail},
    )


def _state(session: Session, change: Change, *, alerted: bool) -> None:
    values = {
        "state": change.after.state,
        "since": change.after.since,
        "flaps": change.after.flaps,
        "words": change.words,
        "detail": change.detail,
        "alerted": int(alerted),
    }
    session.execute(update(ProbeState).where(ProbeState.probe_id == change.tracker.id).values(values))


def _outage(platform: Platform, session: Session, now: datetime, change: Change, begun: datetime) -> None:
    """Write a stretch that is over; what is written twice was written once (a worker that died)."""
    until = max(begun, change.after.since or change.at)
    row = {"probe_id": change.tracker.id, "from_at": begun, "until_at": until, "words": change.words[:40]}
    if not insert_once(session, ProbeOutage, row):
        return
    audit.record(session, now, OUTAGE_ACTION, _subject(row), {"digest": _digest(row)})
    for day, seconds in rules.by_day(begun, until, platform.zone).items():
        _add(session, change.tracker.id, day, {"seconds_down": seconds})


def figures(session: Session, found: Iterable[Figures]) -> None:
    """Add what has been counted since the last time, and say when each probe was asked last."""
    for each in found:
        for day, counted in each.days.items():
            _add(session, each.probe_id, day, _counts(counted))
        if each.last is not None:
            values = {
                "words": each.last.words,
                "detail": each.last.detail,
                "seconds": each.last.seconds,
                "checked_at": each.checked_at,
            }
            session.execute(update(ProbeState).where(ProbeState.probe_id == each.probe_id).values(values))


def _counts(day: Day) -> dict[str, float]:
    return {"checks": day.checks, "failures": day.failures, "seconds_seen": day.seen}


def _add(session: Session, probe_id: int, day: date, more: Mapping[str, float]) -> None:
    """Add to a day's figures, which may be the first of that day."""
    where = (ProbeDay.probe_id == probe_id, ProbeDay.day == day)
    sums = {name: getattr(ProbeDay, name) + value for name, value in more.items()}
    if not session.execute(update(ProbeDay).where(*where).values(sums)).rowcount:  # type: ignore[attr-defined]
        empty = {"checks": 0, "failures": 0, "seconds_seen": 0.0, "seconds_down": 0.0}
        insert_once(session, ProbeDay, {"probe_id": probe_id, "day": day} | empty | dict(more))


def _subject(row: Mapping[str, Any]) -> str:
    return f"probe_outage:{row['probe_id']}@{row['from_at'].isoformat()}"


def _digest(row: Mapping[str, Any]) -> str:
    return sm3_hex(canonical_json({name: row[name] for name in ("probe_id", "from_at", "until_at", "words")}))


def check_outages(session: Session) -> Iterator[str]:
    """Yield every outage that was altered, added or removed."""
    columns = (ProbeOutage.probe_id, ProbeOutage.from_at, ProbeOutage.until_at, ProbeOutage.words)
    rows = (row._asdict() for row in session.execute(select(*columns).execution_options(yield_per=1000)))
    return compare(session, OUTAGE_ACTION, ((_subject(row), _digest(row)) for row in rows))


def load(session: Session) -> list[Tracker]:
    """Return every probe that is to run, where it stands."""
    from incidents.monitoring.service import full_spec

    wanted = select(Probe, ProbeState).join(ProbeState, ProbeState.probe_id == Probe.id)
    return [
        Tracker(
            id=probe.id,
            key=probe.key,
            name=probe.name,
            kind=probe.kind,
            spec=full_spec(probe),
            interval=probe.interval,
            timeout=probe.timeout,
            limits=rules.Limits(probe.failures, probe.recoveries),
            module=probe.module,
            payer=probe.payer,
            fault_class=probe.fault_class,
            windows=tuple(rules.window_of(line) for line in probe.windows),
            version=probe.version,
            standing=rules.Standing(state.state, state.since, flaps=state.flaps),
        )
        for probe, state in session.execute(wanted.where(Probe.enabled == 1).order_by(Probe.id))
    ]
