"""Use case: report a fault. The incident opens, its clocks run, and all that follows is written with it.

Reports that share a commit are written together: what takes a statement each takes one for all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from incidents import causes, follow, log, rules
from incidents.models import Incident, IncidentEvent, IncidentPayer
from incidents.service import check_scope, invalid, who_of
from kernel import audit
from kernel.db import table_of
from kernel.db.bulk import insert_later
from kernel.db.numbering import next_numbers
from kernel.db.objects import object_of
from kernel.db.prepared import prepared_insert
from kernel.errors import FieldError
from kernel.identity.actor import Actor
from kernel.platform import Platform
from kernel.web.i18n import gettext as _
from sla import pinned
from sla.contract import Contract
from sla.events import Event
from sla.verdict import Verdict

TITLE_MAX = 200
OLDEST = timedelta(days=3653)
"""A fault older than this is a mistyped year; its grid of broadcasts would fill the database."""


@dataclass(frozen=True, slots=True)
class Report:
    """A fault as somebody or something tells it."""

    title: str
    fault_class: str
    modules: Sequence[str] = ()
    payers: Sequence[str] = ()
    occurred_at: datetime | None = None
    detected_at: datetime | None = None
    reported_at: datetime | None = None
    reporter: str | None = None
    text: str | None = None
    drill: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


class Reported(NamedTuple):
    """A new incident with what followed from it, so that nobody has to read it again."""

    incident: Incident
    contract: Contract
    verdict: Verdict
    rows: list[IncidentEvent]

    @property
    def number(self) -> str:
        """The incident's number."""
        return self.incident.number


class _Opening(NamedTuple):
    """A report that has been checked, with its first events and the day whose number it gets."""

    actor: Actor
    told: Report
    contract: Contract
    events: list[Event]
    started: datetime
    day: str


def report(platform: Platform, session: Session, now: datetime, actor: Actor, told: Report) -> Reported:
    """Open an incident; 422 names every field that is wrong. The clocks run from the earliest knowledge."""
    return report_all(platform, session, now, [(actor, told)])[0]


def report_all(
    platform: Platform, session: Session, now: datetime, told: Sequence[tuple[Actor, Report]]
) -> list[Reported]:
    """Open an incident for each report, in their order; 422 for the first that is wrong, nothing written."""
    openings = [_checked(platform, now, actor, each) for actor, each in told]
    incidents = [
        object_of(Incident, _values(opening, number))
        for opening, number in zip(openings, _numbers(session, openings), strict=True)
    ]
    verdicts = [
        follow.judged(incident, opening.contract, opening.events, now)
        for incident, opening in zip(incidents, openings, strict=True)
    ]
    _insert(session, incidents)
    opened = list(zip(incidents, openings, verdicts, strict=True))
    found = [
        Reported(incident, opening.contract, verdict, _logged(session, now, incident, opening))
        for incident, opening, verdict in opened
    ]
    new = [follow.New(incident, o.contract, o.events, verdict) for incident, o, verdict in opened]
    follow.opened(platform, session, now, new)
    return found


def _checked(platform: Platform, now: datetime, actor: Actor, told: Report) -> _Opening:
    contract = pinned.in_force(platform, min(_known(told, now)))
    _check(contract, now, actor, told)
    events = _first_events(told, now)
    started = min(e.at for e in events)
    return _Opening(actor, told, contract, events, started, f"{started.astimezone(contract.zone):%Y%m%d}")


def _numbers(session: Session, openings: Sequence[_Opening]) -> list[str]:
    """Allot the numbers of the day on which each fault began; days in order, so that two cannot cross."""
    wanted = sorted(Counter(opening.day for opening in openings).items())
    found = {day: iter(next_numbers(session, f"incident:{day}", many)) for day, many in wanted}
    return [f"F{opening.day}-{next(found[opening.day]):04d}" for opening in openings]


def _values(opening: _Opening, number: str) -> dict[str, Any]:
    actor, told = opening.actor, opening.told
    return {
        "number": number,
        "title": told.title.strip(),
        "contract": opening.contract.digest,
        "drill": int(told.drill),
        "state": rules.OPEN,
        "closed": 0,
        "fault_class": told.fault_class,
        "modules": list(dict.fromkeys(told.modules)),
        "payers": list(dict.fromkeys(told.payers)),
        "started_at": opening.started,
        "restored_at": None,
        "major_since": None,
        "reporter": told.reporter or actor.display_name,
        "reporter_id": actor.person_id,
        "version": 1,
        "awaiting": 0,
    }


_INSERT = prepared_insert(table_of(Incident), returning=("number", "id"), given_by_database="id")
_COLUMNS = [column.name for column in table_of(Incident).columns if column.name != "id"]


def _insert(session: Session, incidents: Sequence[Incident]) -> None:
    """Write the rows with what is judged already; the session need not keep objects in step with them."""
    rows = [{name: getattr(incident, name) for name in _COLUMNS} for incident in incidents]
    ids = dict(_INSERT.returned(session, rows))
    for incident in incidents:
        incident.id = ids[incident.number]
        payers = [{"incident_id": incident.id, "payer": payer} for payer in incident.payers]
        insert_later(session, IncidentPayer, payers)


def _logged(session: Session, now: datetime, incident: Incident, opening: _Opening) -> list[IncidentEvent]:
    causes.first(session, now, incident.id, causes.of_modules(incident.modules))
    who = who_of(opening.actor)
    rows = log.append(session, now, incident.id, incident.number, opening.events, who)
    subject = f"incident:{incident.number}"
    audit.record(session, now, "incident.reported", subject, {"title": incident.title})
    return [object_of(IncidentEvent, row) for row in rows]


def _first_events(told: Report, now: datetime) -> list[Event]:
    data = {
        "fault_class": told.fault_class,
        "modules": list(dict.fromkeys(told.modules)),
        "payers": list(dict.fromkeys(told.payers)),
        "occurred_at": told.occurred_at,
        "reporter": told.reporter,
        "text": told.text,
        "drill": told.drill or None,
        **told.extra,
    }
    data = {k: v for k, v in data.items() if v is not None}
    kinds = []
    if told.detected_at:
        kinds.append((told.detected_at, "detected"))
    if told.reported_at or not told.detected_at:
        kinds.append((told.reported_at or now, "reported"))
    return [
        Event(at.astimezone(UTC), kind, data, seq) for seq, (at, kind) in enumerate(sorted(kinds), start=1)
    ]


def _known(told: Report, now: datetime) -> list[datetime]:
    """Return the times at which somebody or something knew of the fault."""
    return [at for at in (told.detected_at, told.reported_at) if at] or [now]


def _check(contract: Contract, now: datetime, actor: Actor, told: Report) -> None:
    errors = []
    if not told.title.strip() or len(told.title) > TITLE_MAX:
        errors.append(FieldError("title", _("请用1至%(most)s字概括故障现象。", most=TITLE_MAX)))
    if told.fault_class not in contract.fault_classes:
        known_classes = ", ".join(contract.fault_classes)
        errors.append(FieldError("fault_class", _("故障类别应为：%(known)s", known=known_classes)))
    errors += check_scope(contract, told.modules, told.payers)
    for name in ("occurred_at", "detected_at", "reported_at"):
        at = getattr(told, name)
        if at is not None and at > now:
            errors.append(FieldError(name, "时间不能晚于现在。"))
        elif at is not None and at < now - OLDEST:
            errors.append(FieldError(name, _("时间不能早于%(days)s天前，请检查年份。", days=OLDEST.days)))
    if told.occurred_at is not None and told.occurred_at > min(_known(told, now)):
        errors.append(FieldError("occurred_at", "发生时间不能晚于发现或报告时间。"))
    scopes = actor.scopes("incident.report")
    if scopes is not None and not set(told.payers) <= scopes:
        errors.append(FieldError("payers", "只能报告本单位范围内的故障。"))
    if errors:
        raise invalid(errors)
