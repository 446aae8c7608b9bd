"""Use cases before and beside a run: draft, submit, approve, start, abort, note, do a human step.

What runs is conducted elsewhere (`drills.conductor`), which reads what is asked for here from the log.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from drills import guard, incident, log, notices, plan, rules
from drills.log import Said, Who
from drills.models import Drill
from kernel import audit
from kernel.db.numbering import next_number
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.identity.actor import Actor
from kernel.identity.directory import people_with_role
from kernel.platform import Platform
from kernel.web.i18n import gettext as _
from kernel.web.worded import Worded
from playbooks import catalogue, holds
from playbooks.schema import HUMAN
from sla import pinned
from sla.deadlines import arm

SUBJECT = "drill"
TEXT_MAX = 4000
PARTY_A, PARTY_B = ("supervisor",), ("engineer", "ops", "provider_manager")


class Rung(NamedTuple):
    """A deadline of a drill."""

    clock: str
    rung: str
    due_at: datetime


def who_of(actor: Actor) -> Who:
    """Return the actor as the log keeps them."""
    return Who(actor.username, actor.display_name)


def find(session: Session, number: str, *, for_update: bool = False) -> Drill:
    """Return the drill; 404 when there is none."""
    wanted = select(Drill).where(Drill.number == number)
    found = session.scalar(wanted.with_for_update() if for_update else wanted)
    if found is None:
        raise NotFound(_("没有演练 %(number)s。", number=number))
    return found


def resolve(platform: Platform, text: str) -> plan.Resolved:
    """Return a plan with its scenario and the contract's limit; 422 names what is wrong."""
    return resolved(platform, plan.read(text))


def resolved(platform: Platform, wanted: plan.Plan) -> plan.Resolved:
    """Return the plan with its scenario and the contract's limit; 422 names what is wrong."""
    entry = catalogue.scenarios().get(wanted.scenario)
    if entry is None:
        shipped = "、".join(catalogue.scenarios())
        raise Invalid.field("scenario", _("目录中没有这个场景；可用：%(known)s", known=shipped))
    contract = pinned.in_force(platform)
    fault = contract.fault_classes.get(entry.what.fault_class)
    if fault is None:
        raise Invalid.field("scenario", _("合同中没有故障类别%(name)s。", name=entry.what.fault_class))
    named: tuple[tuple[str, tuple[str, ...], Collection[str]], ...] = (
        ("modules", wanted.modules, contract.modules),
        ("payers", wanted.payers, contract.payers),
    )
    for name, values, known in named:
        if unknown := [value for value in values if value not in known]:
            words = _("合同中没有“%(unknown)s”；可用：%(known)s", unknown=unknown[0], known=", ".join(known))
            raise Invalid.field(name, words)
    return plan.Resolved(wanted, entry, fault.limit)


def draft(platform: Platform, session: Session, now: datetime, actor: Actor, text: str) -> Drill:
    """Keep a new plan as a draft; 422 names what is wrong with it."""
    found = resolve(platform, text)
    _check_people(session, now, found.plan)
    year = found.plan.window.begins.astimezone(platform.zone).year
    number = f"YL{year}-{next_number(session, f'drill:{year}'):03d}"
    drill = Drill(
        number=number, author=actor.username, state="", outcome="", seq=0, head="", **_columns(found)
    )
    session.add(drill)
    session.flush()
    log.append(session, now, drill, who_of(actor), [Said("drafted", {"scenario": found.scenario.id})])
    audit.record(session, now, "drill.drafted", f"drill:{number}", {"title": drill.title})
    return drill


def _columns(found: plan.Resolved) -> dict[str, Any]:
    return {
        "title": found.plan.title,
        "scenario": found.scenario.id,
        "form": found.plan.form,
        "fault_class": found.scenario.fault_class,
        "plan": plan.write(found.plan),
        "begins_at": found.plan.window.begins,
        "ends_at": found.plan.window.ends,
    }


def revise(
    platform: Platform, session: Session, now: datetime, actor: Actor, number: str, text: str
) -> Drill:
    """Replace the plan; whatever was approved of it is void."""
    found = resolve(platform, text)
    _check_people(session, now, found.plan)
    drill = find(session, number, for_update=True)
    if found.scenario.id != drill.scenario:
        raise Invalid.field("scenario", "场景不能更换：请另起一份方案。")
    log.append(session, now, drill, who_of(actor), [Said("revised")])
    for name, value in _columns(found).items():
        setattr(drill, name, value)
    arm(session, now, SUBJECT, drill.id, [])
    return drill


def submit(platform: Platform, session: Session, now: datetime, actor: Actor, number: str) -> Drill:
    """Ask party A to approve; 422 when the plan can never run as it is."""
    drill = find(session, number, for_update=True)
    found = resolve(platform, drill.plan)
    if problems := [*guard.of_plan(found), *guard.of_window(found, now)]:
        raise Invalid.field("plan", _("；").join(problems))
    hosts = [[host.name, host.address, host.tier] for host in found.hosts()]
    said = Said("submitted", {"frozen": found.frozen(), "hosts": hosts})
    log.append(session, now, drill, who_of(actor), [said])
    notices.tell(platform, session, now, drill, PARTY_A, "submitted", "【请批准】应急演练方案")
    return drill


def decide(
    platform: Platform,
    session: Session,
    now: datetime,
    actor: Actor,
    number: str,
    *,
    approved: bool,
    text: str,
) -> Drill:
    """Let party A approve or send back; never the author, always with words."""
    drill = find(session, number, for_update=True)
    words = _words(text, "请写明意见：批准或退回都须说明。")
    if actor.username == drill.author:
        raise Forbidden("方案的起草人不能批准自己的方案。")
    found = resolve(platform, drill.plan)
    if not approved:
        log.append(session, now, drill, who_of(actor), [Said("rejected", {}, words)])
        notices.tell(platform, session, now, drill, PARTY_B, "rejected", "【退回】应急演练方案", words)
        return drill
    if problems := list(guard.of_window(found, now)):
        raise Conflict(problems[0], code="too_late")
    expires = found.plan.window.ends
    data = {"frozen": found.frozen(), "expires_at": expires.isoformat()}
    log.append(session, now, drill, who_of(actor), [Said("approved", data, words)])
    arm(session, now, SUBJECT, drill.id, [Rung("approval", "expires", expires)])
    notices.tell(platform, session, now, drill, PARTY_B, "approved", "【已批准】应急演练方案", words)
    return drill


def countersign(session: Session, now: datetime, actor: Actor, number: str, text: str) -> Drill:
    """Let party B's manager agree that a production host is touched: the second of two people."""
    drill = find(session, number, for_update=True)
    words = _words(text, "请写明意见。")
    if actor.username == drill.author:
        raise Forbidden("方案的起草人不能会签自己的方案。")
    log.append(session, now, drill, who_of(actor), [Said("countersigned", {}, words)])
    return drill


def withdraw(session: Session, now: datetime, actor: Actor, number: str, text: str) -> Drill:
    """Give the plan up, with the reason."""
    drill = find(session, number, for_update=True)
    log.append(
        session, now, drill, who_of(actor), [Said("withdrawn", {}, _words(text, "请说明撤销的理由。"))]
    )
    arm(session, now, SUBJECT, drill.id, [])
    return drill


def request_arming(platform: Platform, session: Session, now: datetime, actor: Actor, number: str) -> Drill:
    """Take the targets and ask for a conductor; 409 says why the drill must not begin."""
    if platform.clock.speed != 1:
        raise Conflict("加速的时钟下不能运行真实的剧本。", code="rehearsal")
    drill = find(session, number, for_update=True)
    found = resolve(platform, drill.plan)
    life = log.life_of(session, drill)
    if not life.may("arming"):
        log.append(session, now, drill, who_of(actor), [Said("arming")])
    guard.demand(session, now, found, life)
    holds.take(session, found.hosts(), drill.number)
    log.append(session, now, drill, who_of(actor), [Said("arming", {"frozen": life.frozen})])
    drill.holder, drill.lease_until = None, None
    return drill


def request_start(session: Session, now: datetime, actor: Actor, number: str) -> Drill:
    """Give the order to begin; it is carried out once the drill is armed."""
    return _said(session, now, actor, number, Said("start_requested"))


def request_abort(session: Session, now: datetime, actor: Actor, number: str, text: Worded | str) -> Drill:
    """Give the order to stop and go back; giving it twice changes nothing."""
    drill = find(session, number, for_update=True)
    if log.life_of(session, drill).aborting:
        return drill
    words = text if isinstance(text, Worded) else _words(text, "请说明中止的理由。")
    said = Said("abort_requested", {}, words)
    log.append(session, now, drill, who_of(actor), [said])
    return drill


def note(session: Session, now: datetime, actor: Actor, number: str, text: str) -> Drill:
    """Write down what somebody saw."""
    return _said(session, now, actor, number, Said("note", {}, _words(text, "请写下观察到的情况。")))


def step_done(
    platform: Platform, session: Session, now: datetime, actor: Actor, number: str, step: str, text: str
) -> Drill:
    """Record that people have done a step of the plan; the drill's incident hears of it too."""
    drill = find(session, number, for_update=True)
    found = resolve(platform, drill.plan)
    wanted = next((s for s in found.scenario.response if s.id == step and s.kind == HUMAN), None)
    if wanted is None:
        raise Invalid.field("step", _("没有人工步骤“%(step)s”。", step=step))
    life = log.life_of(session, drill)
    if life.steps.get(step) not in ("started", "late"):
        raise Conflict(_("步骤“%(step)s”还没有开始，或已经完成。", step=step), code="impossible")
    words = _words(text, "请写明做了什么。")
    log.append(session, now, drill, who_of(actor), [Said("human_done", {"id": step}, words)])
    incident.step_done(platform, session, now, drill, wanted, words, who_of(actor))
    return drill


def retry_rollback(session: Session, now: datetime, actor: Actor, number: str) -> Drill:
    """Ask for the way back to be tried once more."""
    drill = _said(session, now, actor, number, Said("retry_requested"))
    drill.holder, drill.lease_until = None, None
    return drill


def undone_by_hand(
    platform: Platform, session: Session, now: datetime, actor: Actor, number: str, step: str, text: str
) -> Drill:
    """Record that somebody has undone a step by hand, and how it was checked."""
    drill = find(session, number, for_update=True)
    found = resolve(platform, drill.plan)
    life = log.life_of(session, drill)
    left = rules.way_back(found.scenario.rollback, found.scenario.injections, life.injected, life.undone)
    if step not in [each.id for each in left]:
        raise Invalid.field("step", _("没有待回退的步骤“%(step)s”。", step=step))
    words = _words(text, "请写明做了什么、如何核实。")
    log.append(session, now, drill, who_of(actor), [Said("undone_by_hand", {"id": step}, words)])
    drill.holder, drill.lease_until = None, None
    return drill


def _said(session: Session, now: datetime, actor: Actor, number: str, said: Said) -> Drill:
    drill = find(session, number, for_update=True)
    log.append(session, now, drill, who_of(actor), [said])
    return drill


def _words(text: str, missing: str) -> str:
    words = (text or "").strip()
    if not words:
        raise Invalid.field("text", missing)
    if len(words) > TEXT_MAX:
        raise Invalid.field("text", _("最多%(most)s字。", most=TEXT_MAX))
    return words


def _check_people(session: Session, now: datetime, wanted: plan.Plan) -> None:
    """Refuse roles held by the wrong party: A watches and judges, B runs."""
    a = {person.username for person in people_with_role(session, now, PARTY_A)}
    b = {person.username for person in people_with_role(session, now, PARTY_B)}
    roles = wanted.roles
    for name in ("supervisor", "evaluator"):
        if getattr(roles, name) not in a:
            raise Invalid.field(f"roles.{name}", "监督员和评估人应为甲方监督员。")
    for name, people in (
        ("director", [roles.director]),
        ("safety", [roles.safety]),
        ("responders", list(roles.responders)),
    ):
        if any(person not in b for person in people):
            raise Invalid.field(f"roles.{name}", "总指挥、安全员和处置人员应为乙方人员。")
