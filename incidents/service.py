"""Use cases of a known incident: let events happen to it, keep all in step (`incidents.reporting` opens it).

Every change appends to the log, and then `incidents.follow` judges anew and re-arms; one transaction each.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents import causes, follow, log, rules
from incidents.log import Who
from incidents.models import Incident, IncidentEvent, IncidentPayer
from kernel.errors import Conflict, FieldError, Invalid, NotFound
from kernel.identity.actor import Actor
from kernel.platform import Platform
from kernel.web.i18n import gettext as _
from sla import pinned
from sla.contract import Contract
from sla.events import EVENT_TYPES, Event, EventError, parse_data

RESERVED = ("incident", "event", "type", "seq")
"""What an exported line says by itself; an event's own field of that name would forge it."""
FIELDS_MOST = 64 * 1024
"""Characters of an event's fields as JSON: the log is kept for ever."""


def invalid(errors: Sequence[FieldError]) -> Invalid:
    """Return one error that says everything that is wrong, in the reader's language."""
    return Invalid(_("；").join(_(e.message) for e in errors), errors=errors)


def refused(error: EventError) -> Invalid:
    """Return the error of a field that cannot be read, as a sentence in the reader's language."""
    return Invalid.field(error.field, _("%(reason)s。", reason=_(error.reason, **error.values)))


def check_scope(contract: Contract, modules: Sequence[str], payers: Sequence[str]) -> list[FieldError]:
    """Return what is wrong with these modules and payers."""
    errors = []
    if unknown := [m for m in modules if m not in contract.modules]:
        known = ", ".join(contract.modules)
        words = _("合同中没有模块“%(unknown)s”；可用：%(known)s", unknown=unknown[0], known=known)
        errors.append(FieldError("modules", words))
    if unknown := [p for p in payers if p not in contract.payers]:
        known = ", ".join(contract.payers)
        words = _("合同中没有付款方“%(unknown)s”；可用：%(known)s", unknown=unknown[0], known=known)
        errors.append(FieldError("payers", words))
    return errors


def who_of(actor: Actor) -> Who:
    """Return the actor as the log keeps it."""
    return Who(actor.username, actor.display_name)


def find(session: Session, number: str, *, for_update: bool = False) -> Incident:
    """Return the incident; 404 when there is none."""
    wanted = select(Incident).where(Incident.number == number)
    incident = session.scalar(wanted.with_for_update() if for_update else wanted)
    if incident is None:
        raise NotFound(_("没有故障 %(number)s。", number=number))
    return incident


def happen(
    platform: Platform,
    session: Session,
    now: datetime,
    actor: Actor,
    number: str,
    kind: str,
    fields: Mapping[str, Any],
    *,
    at: datetime | None = None,
    if_version: int | None = None,
) -> IncidentEvent:
    """Let an event happen to an incident.

    422 for an unknown type, a missing text, a time in the future or before the start, an unknown module,
    payer or claim field; 403 when it is the other party's; 409 when impossible in the state the incident was
    in at that time, or when `if_version` is stale.
    """
    incident = find(session, number, for_update=True)
    if if_version is not None and incident.version != if_version:
        raise Conflict("页面已过期：其他人刚更新了这个故障，请刷新后再操作。", code="stale")
    contract = pinned.version(session, incident.contract)
    demand_type(actor, kind)
    events = log.load(session, [incident.id])[incident.id]
    event = _checked(session, contract, incident, events, now, kind, fields, at or now)
    _demand_possible(contract, [*events, event])
    incident.version += 1
    log.append(session, now, incident.id, number, [event], who_of(actor))
    if kind == "scope_changed":
        remember_scope(session, now, incident, event.data)
    follow.changed(platform, session, now, incident, contract, [*events, event], cause=kind)
    return session.scalars(
        select(IncidentEvent).where(IncidentEvent.incident_id == incident.id, IncidentEvent.seq == event.seq)
    ).one()


def demand_type(actor: Actor, kind: str) -> None:
    """Raise 422 for types nobody may send, 403 for the other party's."""
    if kind in rules.PLATFORM_ONLY or kind not in EVENT_TYPES:
        known = ", ".join(sorted(rules.PARTY_A | rules.PARTY_B))
        raise Invalid.field("type", _("事件类型应为：%(known)s", known=known))
    if not may_send(actor, kind):
        actor.demand("incident.handle" if kind in rules.PARTY_B else "incident.decide")


def may_send(actor: Actor, kind: str) -> bool:
    """Whether the event is this actor's to send; a note is anybody's of either party."""
    return (
        (kind in rules.PARTY_B and actor.may("incident.handle"))
        or (kind in rules.PARTY_A and actor.may("incident.decide"))
        or (kind == "note" and actor.may("incident.note"))
    )


def _checked(
    session: Session,
    contract: Contract,
    incident: Incident,
    events: Sequence[Event],
    now: datetime,
    kind: str,
    fields: Mapping[str, Any],
    at: datetime,
) -> Event:
    if at > now:
        raise Invalid.field("at", "时间不能晚于现在。")
    if at < incident.started_at:
        raise Invalid.field("at", "时间不能早于故障的开始时间。")
    if kind == "exclusion_claimed" and not fields.get("claim"):
        fields = {**fields, "claim": f"C{sum(e.type == kind for e in events) + 1}"}
    data = _parsed(kind, fields, contract)
    if kind in rules.NEEDS_TEXT and not str(data.get("text", "")).strip():
        raise Invalid.field("text", _TEXT_WORDS.get(kind, _("请填写说明。")))
    if kind == "scope_changed":
        if not data.get("modules") and not data.get("payers"):
            raise Invalid.field("modules", "请给出新的影响模块或付款方。")
        data = {"modules": incident.modules, "payers": incident.payers} | data
        if errors := check_scope(contract, data["modules"], data["payers"]):
            raise invalid(errors)
    if kind == "merged_into":
        _check_merge(session, incident, str(data.get("into") or ""))
    if kind == "merge_agreed" and (into := life_of(contract, events).merge_pending):
        _check_merge(session, incident, into)
    return Event(at.astimezone(UTC), kind, data, max((e.seq for e in events), default=0) + 1)


def _parsed(kind: str, fields: Mapping[str, Any], contract: Contract) -> dict[str, Any]:
    for name in (*RESERVED, "at"):
        if name in fields:
            raise Invalid.field(name, _("“%(name)s”由平台填写，请换一个名称。", name=name))
    try:
        data = parse_data(kind, fields, contract.fault_classes)
    except EventError as error:
        raise refused(error) from None
    if len(json.dumps(log.plain(data), ensure_ascii=False, default=str)) > FIELDS_MOST:
        raise Invalid.field("text", _("事件内容过长，请控制在%(most)s个字符以内。", most=FIELDS_MOST))
    return data


_TEXT_WORDS = {
    "responded": "请填写给报告人的答复，没有答复不算响应。",
    "restoration_rejected": "请说明退回的理由。",
}


def _check_merge(session: Session, incident: Incident, into: str) -> None:
    if not into or into == incident.number:
        raise Invalid.field("into", "请给出要并入的另一个故障编号。")
    target = session.scalar(select(Incident).where(Incident.number == into))
    if target is None:
        raise Invalid.field("into", _("没有故障 %(number)s。", number=into))
    if target.state == rules.MERGED:
        raise Invalid.field("into", _("故障 %(number)s 自身已被并入其他故障。", number=into))


def _demand_possible(contract: Contract, events: Sequence[Event]) -> None:
    try:
        life_of(contract, events)
    except rules.Impossible as error:
        values = {name: _(str(value)) for name, value in error.values.items()}
        raise Conflict(_(error.reason, **values), code="impossible") from None


def life_of(contract: Contract, events: Sequence[Event]) -> rules.Life:
    """Fold an incident's events into its life; raises `rules.Impossible`."""
    classes = contract.fault_classes
    return rules.replay(
        sorted(events, key=lambda e: (e.at, e.seq)),
        reopening_window=contract.repair.reopening_window,
        is_hardware=lambda key: key in classes and classes[key].backup,
        lengthens=lambda old, new: classes[new].limit > classes[old].limit,
    )


def remember_scope(session: Session, now: datetime, incident: Incident, scope: Mapping[str, Any]) -> None:
    """Remember the payers and modules that an incident now touches as well."""
    payers = scope.get("payers", ())
    known = set(session.scalars(select(IncidentPayer.payer).where(IncidentPayer.incident_id == incident.id)))
    session.add_all(
        IncidentPayer(incident_id=incident.id, payer=p) for p in dict.fromkeys(payers) if p not in known
    )
    causes.more(session, now, incident.id, causes.of_modules(scope.get("modules", ())))
