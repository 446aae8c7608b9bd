"""Receive alerts: repetitions count, what is new opens or joins an incident, recovery is evidence.

Everything that tells of faults by machine comes through `receive`: webhooks, mail, our own probes. It is made
for storms: a batch of repetitions is one query and one update, whatever its size.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from incidents import causes
from incidents.intake import classes, evidence, ledger, placing, rules
from incidents.intake.models import AlertRow
from incidents.intake.rules import Alert, Track
from kernel.db.numbering import next_number
from kernel.platform import Platform
from sla import pinned

TURN = "alert.intake"
"""The counter whose row lock lets only one process at a time decide what is one fault."""


def receive(platform: Platform, session: Session, now: datetime, alerts: Iterable[Alert]) -> list[str]:
    """Take in alerts; returns the numbers of the incidents they belong to, each once.

    Idempotent: what is told again only counts, and a replay of an occurrence that is over changes nothing.
    """
    alerts = list(alerts)
    repeated = repeat(session, now, [alerts])
    if repeated is not None:
        return repeated[0]
    next_number(session, TURN)
    told = _keyed(alerts)
    return _Batch(platform, session, now, ledger.known(session, (key for key, _ in told))).take(told)


def repeat(session: Session, now: datetime, requests: Sequence[Sequence[Alert]]) -> list[list[str]] | None:
    """Count what is only told again, for many requests at once; None, and nothing done, if any is news."""
    keyed = [_keyed(alerts) for alerts in requests]
    told = [each for some in keyed for each in some]
    tracks = ledger.known(session, (key for key, _ in told))
    if not _only_repeats(tracks, told, now):
        return None
    seen = Counter(tracks[key].id for key, _ in told)
    ledger.count(session, now, {i: n for i, n in seen.items() if i is not None})
    return [_numbers(tracks[key] for key, _ in some) for some in keyed]


def repeat_at_once(
    connection: Connection, now: datetime, requests: Sequence[Sequence[Alert]]
) -> list[list[str]] | None:
    """Do what `repeat` does by one statement that commits itself (PostgreSQL only)."""
    keyed = [_keyed(alerts) for alerts in requests]
    told: dict[str, ledger.Told] = {}
    for key, alert in (each for some in keyed for each in some):
        start, times = told.get(key, ledger.Told(None, 0))
        if alert.status != rules.FIRING or (start and alert.starts_at and start != alert.starts_at):
            return None
        told[key] = ledger.Told(start or alert.starts_at, times + 1)
    numbers = ledger.repeat(connection, now, told)
    if numbers is None:
        return None
    return [list(dict.fromkeys(n for key, _ in some if (n := numbers[key]))) for some in keyed]


def _keyed(alerts: Iterable[Alert]) -> list[tuple[str, Alert]]:
    return [(rules.key_of(alert.source, rules.identity(alert)), alert) for alert in alerts]


def _only_repeats(tracks: dict[str, Track], told: Sequence[tuple[str, Alert]], now: datetime) -> bool:
    """Whether nothing happened but that firing alerts fire."""
    return all(
        key in tracks
        and alert.status == rules.FIRING
        and tracks[key].status == rules.FIRING
        and rules.begun(tracks[key], alert, now) == tracks[key].starts_at
        for key, alert in told
    )


def _numbers(tracks: Iterable[Track]) -> list[str]:
    return list(dict.fromkeys(track.number for track in tracks if track.number))


class _Batch:
    """Alerts among which something is new; this process alone decides until its commit."""

    def __init__(self, platform: Platform, session: Session, now: datetime, tracks: dict[str, Track]) -> None:
        self.platform, self.session, self.now, self.tracks = platform, session, now, tracks
        self.contract = pinned.in_force(platform)
        self.table = classes.table_of(platform.settings.alert_classes)
        self.seen: Counter[str] = Counter()
        self.changed: dict[str, Track] = {}
        self.fresh: dict[str, ledger.Fresh] = {}
        self.recovered: list[tuple[Track, Alert]] = []

    def take(self, told: Sequence[tuple[str, Alert]]) -> list[str]:
        """Take them in order, then write everything."""
        for key, alert in told:
            self._one(key, alert)
        self._write()
        return _numbers(self.tracks[key] for key, _ in told if key in self.tracks)

    def _one(self, key: str, alert: Alert) -> None:
        track = self.tracks.get(key)
        if track is None:
            if alert.status == rules.FIRING:
                self._begin(key, alert)
            return
        what = rules.advance(track, alert, self.now)
        if what == rules.STALE:
            return
        self.seen[key] += 1
        self.changed[key] = track
        if what == rules.AGAIN:
            self._again(track, alert)
        elif what == rules.RECOVERED:
            self.recovered.append((track, alert))

    def _begin(self, key: str, alert: Alert) -> None:
        track = Track(key, starts_at=rules.begun(Track(key, starts_at=self.now), alert, self.now))
        fault_class, rule = classes.classify(self.table, self.contract, alert)
        self.tracks[key] = track
        self.seen[key] += 1
        self.fresh[key] = ledger.Fresh(track, alert, fault_class, rule)

    def _again(self, track: Track, alert: Alert) -> None:
        """A new occurrence: the incident still lasts, reopens, or the alert goes on in another one."""
        if track.incident_id is None or track.key in self.fresh:
            return
        scene = evidence.enter(self.session, track.incident_id)
        data = placing.told_of([alert])
        if scene.alive() and scene.incident.restored_at is None:
            if rules.tell_return(track, self.now):
                evidence.note(self.session, self.now, scene, evidence.RETURNED_WORDS, data)
            return
        restored, window = scene.incident.restored_at, scene.contract.repair.reopening_window
        if restored is not None and track.starts_at is not None and track.starts_at <= restored:
            return
        if restored is None or not rules.returns(restored, track.starts_at, window) or not self._reopen(
            track, scene, data
        ):  # fmt: skip
            ledger.bring(self.session, [track], past=True)
            self.changed.pop(track.key)
            self.seen.pop(track.key)
            del self.tracks[track.key]
            self._begin(track.key, alert)

    def _reopen(self, track: Track, scene: evidence.Scene, data: dict[str, object]) -> bool:
        at = min(track.starts_at or self.now, self.now)
        track.told, track.told_at = rules.FIRING, self.now
        return evidence.reopen(self.platform, self.session, self.now, scene, at, data)

    def _write(self) -> None:
        opening = [f for f in self.fresh.values() if self.table.opens(f.alert, f.rule)]
        placing.place(self.platform, self.session, self.now, self.contract, self.table, opening)
        self._tell_recoveries()
        ledger.insert(self.session, self.now, self.fresh.values(), self.seen)
        old = {key: track for key, track in self.changed.items() if track.id is not None}
        ledger.bring(self.session, old.values())
        ledger.count(self.session, self.now, {t.id: self.seen[k] for k, t in old.items() if t.id is not None})
        lasting = {t.incident_id for t in old.values() if t.incident_id and ledger.is_firing(t)}
        if lasting:
            causes.touch(self.session, self.now, lasting)

    def _tell_recoveries(self) -> None:
        """One entry for each incident in which alerts have recovered, however many did."""
        calm: dict[int, list[Alert]] = {}
        for track, alert in self.recovered:
            if track.incident_id is None or ledger.is_firing(track):
                continue
            if rules.tell_recovery(track, self.now, self.table.damping):
                calm.setdefault(track.incident_id, []).append(alert)
        for incident_id, alerts in calm.items():
            scene = evidence.enter(self.session, incident_id)
            if scene.alive() and scene.incident.restored_at is None:
                data = placing.told_of(alerts)
                evidence.note(self.session, self.now, scene, evidence.RECOVERED_WORDS, data)


def tell_held_recoveries(platform: Platform) -> int:
    """Write into the log the recoveries of flapping alerts that have now held; returns how many."""
    now = platform.clock.now()
    damping = classes.table_of(platform.settings.alert_classes).damping
    wanted = select(AlertRow.id).where(AlertRow.untold == 1, AlertRow.ended_at <= now - damping)
    with platform.db.read() as session:
        waiting = session.scalars(wanted.order_by(AlertRow.ended_at).limit(500)).all()
    done = 0
    for alert_id in waiting:
        with platform.db.write("platform") as session:
            next_number(session, TURN)
            row = session.get_one(AlertRow, alert_id)
            if row.untold and row.status == rules.RESOLVED:
                row.untold, row.told, row.told_at = 0, rules.RESOLVED, now
                _tell_held(session, now, row)
                done += 1
    return done


def _tell_held(session: Session, now: datetime, row: AlertRow) -> None:
    if row.incident_id is None:
        return
    scene = evidence.enter(session, row.incident_id)
    if scene.alive() and scene.incident.restored_at is None:
        evidence.note(session, now, scene, evidence.RECOVERED_WORDS, {"alerts": [row.title]})
