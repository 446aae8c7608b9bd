"""Alerts as values, and what one alert does to what is known of it. Pure: no database, no clock.

A source repeats itself, sends late, sends twice and flaps (incidents.md §2). So an alert has occurrences,
told apart by when they began, and only a new occurrence or a recovery is news.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from kernel.crypto import sm3_hex

FIRING, RESOLVED = "firing", "resolved"
STATUSES = (FIRING, RESOLVED)
LINE_LABELS = ("line", "circuit", "link")
HOST_LABELS = ("host", "hostname", "node", "nodename")
NAME_LABEL = "alertname"

SKEW = timedelta(minutes=5)
"""How far a source's clock may be ahead of ours; a start beyond that is a mistake."""
FINGERPRINT_MOST = 128
COUNT, STALE, NEW, AGAIN, RECOVERED = "count", "stale", "new", "again", "recovered"


@dataclass(frozen=True, slots=True)
class Alert:
    """What a source says: this is wrong, or this is right again. `module` and `payer` may list several."""

    source: str
    title: str
    fingerprint: str = ""
    """What tells the source's alerts apart; made from its words and labels when empty."""
    status: str = FIRING
    severity: str | None = None
    fault_class: str | None = None
    module: str | None = None
    payer: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What rules call it: its `alertname`, without one its title."""
        return self.labels.get(NAME_LABEL) or self.title

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules it names."""
        return listed(self.module or self.labels.get("module"))

    @property
    def payers(self) -> tuple[str, ...]:
        """The payers it names."""
        return listed(self.payer or self.labels.get("payer"))


def listed(text: str | None) -> tuple[str, ...]:
    """Return the parts of a list written with commas, each once."""
    return tuple(dict.fromkeys(part.strip() for part in (text or "").split(",") if part.strip()))


def identity(alert: Alert) -> str:
    """Return the alert's fingerprint, or one made from all that does not change between its repetitions."""
    if alert.fingerprint and len(alert.fingerprint) <= FINGERPRINT_MOST:
        return alert.fingerprint
    parts = [
        alert.fingerprint,
        alert.module or "",
        alert.payer or "",
        *(f"{k}={v}" for k, v in sorted(alert.labels.items())),
    ]
    if not alert.labels:
        parts.append(alert.title)
    return sm3_hex("\n".join(parts).encode())[:32]


def key_of(source: str, fingerprint: str) -> str:
    """Return what one alert of one source is found by."""
    return sm3_hex(f"{source}\n{fingerprint}".encode())


def causes(alert: Alert) -> tuple[str, ...]:
    """Return what the alert is about: two alerts that share one of these are one fault.

    A line, the modules and a host that are named on purpose; else the machine behind `instance`; else the
    alert's own name. `instance` alone joins no faults of different modules: one server carries them all.
    """
    found = [f"line:{alert.labels[name]}" for name in LINE_LABELS if alert.labels.get(name)]
    found += [f"module:{key}" for key in alert.modules]
    found += [f"host:{alert.labels[name]}" for name in HOST_LABELS if alert.labels.get(name)]
    if not found and alert.labels.get("instance"):
        found = [f"host:{machine(alert.labels['instance'])}"]
    return tuple(dict.fromkeys(c[:120] for c in found or [f"name:{alert.source}/{alert.name}"]))


def machine(instance: str) -> str:
    """Return the host of an `instance` label: an address with a port, or the URL that a probe asks."""
    address = instance if "://" in instance else f"//{instance}"
    try:
        return urlsplit(address).hostname or instance
    except ValueError:
        return instance


@dataclass(slots=True)
class Track:
    """What is known of one alert: its present occurrence, and the incident it belongs to."""

    key: str
    id: int | None = None
    status: str = FIRING
    starts_at: datetime | None = None
    ended_at: datetime | None = None
    occurrences: int = 1
    incident_id: int | None = None
    number: str | None = None
    told: str = FIRING
    """What the incident's log says of it last."""
    told_at: datetime | None = None
    untold: int = 0
    """1 while a recovery waits to prove that it holds."""


def begun(track: Track, alert: Alert, now: datetime) -> datetime | None:
    """Return when the occurrence began that the alert speaks of, by the source's clock."""
    if alert.starts_at is not None:
        return alert.starts_at if alert.starts_at <= now + SKEW else now
    return now if track.status == RESOLVED and alert.status == FIRING else track.starts_at


def advance(track: Track, alert: Alert, now: datetime) -> str:
    """Take in one more word about a known alert; returns what it was."""
    start = begun(track, alert, now)
    later = track.starts_at is None or (start is not None and start > track.starts_at)
    if alert.status == FIRING:
        if not later:
            return COUNT if track.status == FIRING else STALE
        track.status, track.starts_at, track.ended_at, track.untold = FIRING, start, None, 0
        track.occurrences += 1
        return AGAIN
    if track.status == RESOLVED or (not later and start != track.starts_at):
        return STALE
    track.status, track.ended_at = RESOLVED, min(alert.ends_at or now, now)
    return RECOVERED


def tell_recovery(track: Track, now: datetime, damping: timedelta) -> bool:
    """Whether the log says at once that it recovered; while it flaps, only once the recovery has held."""
    calm = track.told_at is None or now - track.told_at >= damping
    track.untold = int(not calm)
    if calm:
        track.told, track.told_at = RESOLVED, now
    return calm


def tell_return(track: Track, now: datetime) -> bool:
    """Whether the log says that it fires again: only after it said that it had recovered."""
    if track.told == FIRING:
        return False
    track.told, track.told_at = FIRING, now
    return True


def returns(restored_at: datetime, start: datetime | None, window: timedelta) -> bool:
    """Whether an occurrence is the restored fault coming back (contract.md §2.4), not another one."""
    return start is not None and restored_at < start <= restored_at + window


def detected(alert: Alert, now: datetime, oldest: timedelta) -> tuple[datetime, datetime | None]:
    """Return when monitoring knew and, if that is too long ago to be how we learnt of it, when it occurred.

    A source that has just been connected tells of alerts that are days old; nobody could have answered them.
    """
    start = alert.starts_at
    if start is None or start >= now:
        return now, None
    return (start, None) if now - start <= oldest else (now, start)
