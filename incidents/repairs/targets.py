"""Where a repair may be run, set up by operations before anything breaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents.models import Incident
from incidents.repairs import rules
from incidents.repairs.models import RepairTarget
from kernel import audit
from kernel.errors import Conflict, FieldError, Invalid, NotFound
from kernel.identity.actor import Actor
from kernel.web.i18n import gettext as _
from playbooks import catalogue, inventory, releases
from playbooks.catalogue import Entry
from playbooks.schema import Repair
from sla.contract import Contract

NAME_MAX = 80
VALUES_MAX = 16 * 1024
SECRET_NAMES = ("password", "passwd", "secret", "token")


class Wanted(NamedTuple):
    """A target as somebody describes it; `values` is YAML."""

    name: str
    repair: str
    inventory: str
    modules: Sequence[str] = ()
    values: str = ""


class Offer(NamedTuple):
    """A target that fits an incident, its repair, and what stands against running it now."""

    target: RepairTarget
    entry: Entry[Repair]
    problem: str | None


def add(session: Session, now: datetime, actor: Actor, contract: Contract, wanted: Wanted) -> RepairTarget:
    """Set up a new target; 422 names every field that is wrong."""
    actor.demand("repair.set_up")
    columns = _columns(session, contract, wanted, None)
    target = RepairTarget(**columns, retired=0, changed_at=now, changed_by=actor.display_name)
    session.add(target)
    session.flush()
    audit.record(session, now, "repair.target_added", f"repair_target:{target.id}", _detail(target))
    return target


def change(
    session: Session, now: datetime, actor: Actor, contract: Contract, target_id: int, wanted: Wanted
) -> RepairTarget:
    """Change a target; what was already asked for keeps what it was asked with."""
    actor.demand("repair.set_up")
    target = find(session, target_id)
    for name, value in _columns(session, contract, wanted, target_id).items():
        setattr(target, name, value)
    target.changed_at, target.changed_by = now, actor.display_name
    audit.record(session, now, "repair.target_changed", f"repair_target:{target.id}", _detail(target))
    return target


def retire(session: Session, now: datetime, actor: Actor, target_id: int, *, retired: bool) -> RepairTarget:
    """Take a target out of use, or bring it back; 409 when it is so already."""
    actor.demand("repair.set_up")
    target = find(session, target_id)
    if bool(target.retired) == retired:
        raise Conflict("页面已过期：其他人刚更新了这个处置对象，请刷新。", code="stale")
    target.retired, target.changed_at, target.changed_by = int(retired), now, actor.display_name
    action = "repair.target_retired" if retired else "repair.target_restored"
    audit.record(session, now, action, f"repair_target:{target.id}", {"name": target.name})
    return target


def find(session: Session, target_id: int) -> RepairTarget:
    """Return a target; 404 when there is none."""
    target = session.get(RepairTarget, target_id)
    if target is None:
        raise NotFound("没有这个处置对象。")
    return target


def listing(session: Session) -> Sequence[RepairTarget]:
    """Return all targets, those in use first."""
    wanted = select(RepairTarget).order_by(RepairTarget.retired, RepairTarget.name)
    return session.scalars(wanted.limit(500)).all()


def _detail(target: RepairTarget) -> dict[str, Any]:
    names = ("name", "repair", "modules", "inventory", "values")
    return {name: getattr(target, name) for name in names}


def _columns(session: Session, contract: Contract, wanted: Wanted, own: int | None) -> dict[str, Any]:
    errors: list[FieldError] = []
    name = wanted.name.strip()
    if not name or len(name) > NAME_MAX:
        errors.append(FieldError("name", _("请用1至%(most)s字说明是哪台主机上的什么。", most=NAME_MAX)))
    taken = session.scalar(select(RepairTarget.id).where(RepairTarget.name == name))
    if taken is not None and taken != own:
        errors.append(FieldError("name", "已有同名的处置对象。"))
    entry = catalogue.repairs().get(wanted.repair)
    if entry is None:
        known = ", ".join(catalogue.repairs())
        errors.append(FieldError("repair", _("修复剧本应为：%(known)s", known=known)))
    if unknown := [m for m in wanted.modules if m not in contract.modules]:
        errors.append(FieldError("modules", _("合同中没有模块“%(key)s”。", key=unknown[0])))
    values: Mapping[str, Any] = {}
    try:
        values = _values(wanted.values, entry)
    except Invalid as error:
        errors += error.errors
    errors += _inventory_errors(wanted.inventory, entry)
    if errors:
        raise Invalid(_("；").join(_(e.message) for e in errors), errors=errors)
    return {
        "name": name,
        "repair": wanted.repair,
        "modules": list(dict.fromkeys(wanted.modules)),
        "inventory": wanted.inventory,
        "values": dict(values),
    }


def _inventory_errors(text: str, entry: Entry[Repair] | None) -> list[FieldError]:
    try:
        hosts = inventory.read(text)
    except Invalid as error:
        return list(error.errors)
    if nameless := [host.name for host in hosts if not host.tier]:
        words = _("主机%(name)s没有注明环境（shoushi_tier）。", name=nameless[0])
        return [FieldError("inventory", words)]
    most = entry.what.blast_radius.hosts if entry else len(hosts)
    if len(hosts) > most:
        words = _("主机清单有%(n)s台主机，超出剧本允许的%(most)s台。", n=len(hosts), most=most)
        return [FieldError("inventory", words)]
    return []


def _values(text: str, entry: Entry[Repair] | None) -> dict[str, Any]:
    """Read the variables; 422 for what is no mapping, unknown to the repair, or a secret."""
    try:
        found: Any = yaml.safe_load(text[:VALUES_MAX]) or {}
    except yaml.YAMLError as error:
        raise Invalid.field("values", _("变量不是正确的 YAML：%(why)s", why=str(error))) from None
    if not isinstance(found, dict) or len(text) > VALUES_MAX:
        raise Invalid.field("values", "变量应为 YAML：名称与值的对应。")
    for name in map(str, found):
        if any(word in name.lower() for word in SECRET_NAMES):
            raise Invalid.field("values", _("变量不能含有口令（%(name)s）：请放入口令文件。", name=name))
        if entry is not None and name not in entry.what.vars:
            known = "、".join(entry.what.vars)
            words = _("剧本没有变量“%(name)s”；可用：%(known)s", name=name, known=known)
            raise Invalid.field("values", words)
    return {str(name): value for name, value in found.items()}


def offers(session: Session, incident: Incident) -> list[Offer]:
    """Return the targets that fit an open, real incident, by name."""
    if incident.closed or incident.drill:
        return []
    wanted = select(RepairTarget).where(RepairTarget.retired == 0).order_by(RepairTarget.name).limit(500)
    known = releases.all_latest(session)
    asked = rules.Fit(incident.fault_class, frozenset(incident.modules))
    found = []
    for target in session.scalars(wanted):
        entry = catalogue.repairs().get(target.repair)
        if entry and rules.fits(asked, frozenset(entry.what.fault_class), frozenset(target.modules)):
            last = known.get(("repair", target.repair))
            released = last is not None and (last.checksum, last.decision) == (
                entry.checksum,
                releases.RELEASED,
            )
            problem = None if released else "剧本未经发布，或发布之后有改动。"
            found.append(Offer(target, entry, problem))
    return found
