"""Ask for a repair, decide, run it once, and let its result stand in the incident's log.

Nobody approves what they asked for themselves. What runs is exactly what was asked for: content, hosts and
variables are copied and hashed. A result restores nothing: that is a person's word (contract.md §2.4).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incidents import service as incidents
from incidents.models import Incident
from incidents.queries import find_visible
from incidents.repairs import notices, rules, targets
from incidents.repairs.models import RepairRun, RepairTarget
from kernel import audit, feed
from kernel.audit.attest import compare
from kernel.crypto import canonical_json, sm3_hex
from kernel.db.numbering import next_number
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.identity.actor import Actor
from kernel.platform import Platform
from kernel.web.i18n import gettext as _
from kernel.web.worded import Worded, constant, worded
from playbooks import catalogue, holds, inventory, releases
from playbooks.catalogue import Entry
from playbooks.inventory import Host
from playbooks.schema import Repair

TEXT_MAX = 2000
ENDED = "repair.ended"
PLATFORM = Actor("repair", "修复剧本", rights={"incident.note": frozenset({None})})
"""Who notes in the incident's log what a playbook did."""
ATTESTED = (
    "number", "target", "repair", "checksum", "frozen", "reason", "asked_by", "asked_at", "decided_by",
    "decided_at", "decision_text", "stopped_by", "state", "started_at", "ended_at", "seconds", "result",
)  # fmt: skip


def ask(
    platform: Platform,
    session: Session,
    now: datetime,
    actor: Actor,
    incident: str,
    target_id: int,
    reason: str,
) -> RepairRun:
    """Ask to run a repair on an incident; 422 without a reason, 409 where it does not fit or is under way."""
    actor.demand("repair.ask")
    if not reason.strip() or len(reason) > TEXT_MAX:
        raise Invalid.field("reason", "请说明为何要执行、判断依据是什么。")
    found = find_visible(session, actor, incident)
    offer = next((o for o in targets.offers(session, found) if o.target.id == target_id), None)
    if offer is None:
        raise Conflict("这个处置对象不适用于本故障：类别或模块不符、已停用，或故障已关闭。", code="unfit")
    if offer.problem:
        raise Conflict(_(offer.problem), code="unreleased")
    if other := _under_way(session, offer.target):
        raise Conflict(_("同一对象已有未结束的执行%(number)s。", number=other), code="under_way")
    run = _new(session, now.astimezone(platform.zone).year, offer, found)
    run.reason, run.state, run.asked_at = reason.strip(), rules.ASKED, now
    run.asked_by, run.asked_name = actor.username, actor.display_name
    session.add(run)
    session.flush()
    audit.record(session, now, "repair.asked", f"repair:{run.number}", {"frozen": run.frozen})
    words = worded("申请执行修复剧本“%(what)s”：%(why)s", what=run.target, why=run.reason)
    _note(platform, session, now, found, actor, words, {"number": run.number, "state": rules.ASKED})
    notices.asked(platform, session, now, run, found)
    return run


def _new(session: Session, year: int, offer: targets.Offer, incident: Incident) -> RepairRun:
    values = {**offer.entry.what.vars, **offer.target.values}
    return RepairRun(
        number=f"R{year}-{next_number(session, f'repair:{year}'):04d}",
        incident_id=incident.id,
        target_id=offer.target.id,
        target=offer.target.name,
        repair=offer.target.repair,
        checksum=offer.entry.checksum,
        inventory=offer.target.inventory,
        values=values,
        frozen=frozen(offer.entry.checksum, offer.target.inventory, values),
    )


def frozen(checksum: str, hosts: str, values: Mapping[str, Any]) -> str:
    """Return the SM3 of what an approval covers."""
    return sm3_hex(canonical_json([checksum, sm3_hex(hosts.encode()), dict(values)]))


def _under_way(session: Session, target: RepairTarget) -> str | None:
    wanted = select(RepairRun.number).where(RepairRun.target_id == target.id, RepairRun.state.in_(rules.OPEN))
    return session.scalar(wanted.order_by(RepairRun.id).limit(1))


def find(session: Session, number: str, *, for_update: bool = False) -> RepairRun:
    """Return a run; 404 when there is none."""
    wanted = select(RepairRun).where(RepairRun.number == number)
    run = session.scalar(wanted.with_for_update() if for_update else wanted)
    if run is None:
        raise NotFound(_("没有执行记录%(number)s。", number=number))
    return run


def incident_of(session: Session, run: RepairRun) -> Incident:
    """Return the incident a run belongs to."""
    return session.scalars(select(Incident).where(Incident.id == run.incident_id)).one()


def hosts_of(run: RepairRun) -> list[Host]:
    """Return the machines a run works on."""
    return inventory.read(run.inventory)


def entry_of(run: RepairRun) -> Entry[Repair]:
    """Return the content that is to run; 409 when it is not what was asked for any more."""
    entry = catalogue.repairs().get(run.repair)
    if entry is None or entry.checksum != run.checksum:
        raise Conflict("申请之后剧本有改动，须重新申请。", code="changed")
    return entry


def approve(
    platform: Platform, session: Session, now: datetime, actor: Actor, number: str, text: str
) -> RepairRun:
    """Let it run, at once; 403 for who asked, 409 when something has changed or a machine is taken."""
    run = _decidable(session, actor, number)
    entry = entry_of(run)
    if not releases.released(session, "repair", run.repair, run.checksum):
        raise Conflict("剧本未经发布，或发布之后有改动。", code="unreleased")
    incident = incident_of(session, run)
    if incident.closed:
        raise Conflict("故障已关闭，不再执行修复剧本。", code="impossible")
    holds.take(session, hosts_of(run), run.number)
    _decided(session, now, actor, run, rules.APPROVED, text)
    words = worded("批准执行修复剧本“%(what)s”。", what=run.target)
    told = {"number": run.number, "repair": run.repair, "checksum": entry.checksum, "frozen": run.frozen}
    _note(platform, session, now, incident, actor, words, told | {"state": rules.APPROVED})
    return run


def refuse(
    platform: Platform, session: Session, now: datetime, actor: Actor, number: str, text: str
) -> RepairRun:
    """Don't let it run; 422 without a reason."""
    if not text.strip():
        raise Invalid.field("text", "请说明不批准的理由。")
    run = _decidable(session, actor, number)
    _decided(session, now, actor, run, rules.REFUSED, text)
    words = worded("不批准执行修复剧本“%(what)s”：%(why)s", what=run.target, why=text.strip())
    state = {"number": run.number, "state": rules.REFUSED}
    incident = incident_of(session, run)
    _note(platform, session, now, incident, actor, words, state)
    notices.decided(platform, session, now, run, incident)
    return run


def _decidable(session: Session, actor: Actor, number: str) -> RepairRun:
    actor.demand("repair.approve")
    run = find(session, number, for_update=True)
    if run.asked_by == actor.username:
        raise Forbidden("不能由申请人自己批准：须由另一人决定。")
    if run.state != rules.ASKED:
        raise _impossible(run)
    return run


def _decided(session: Session, now: datetime, actor: Actor, run: RepairRun, state: str, text: str) -> None:
    run.state, run.decided_at = state, now
    run.decided_by, run.decided_name = actor.username, actor.display_name
    run.decision_text = text.strip()[:TEXT_MAX] or None
    audit.record(session, now, f"repair.{state}", f"repair:{run.number}", {"frozen": run.frozen})
    _announce(session, now, run)


def withdraw(platform: Platform, session: Session, now: datetime, actor: Actor, number: str) -> RepairRun:
    """Take back what was asked for and not yet decided; 403 for anybody else's."""
    actor.demand("repair.ask")
    run = find(session, number, for_update=True)
    if run.asked_by != actor.username:
        raise Forbidden("只有申请人能撤回。")
    if run.state != rules.ASKED:
        raise _impossible(run)
    run.state = rules.WITHDRAWN
    audit.record(session, now, "repair.withdrawn", f"repair:{run.number}", {})
    words = worded("撤回修复剧本“%(what)s”的申请。", what=run.target)
    state = {"number": run.number, "state": rules.WITHDRAWN}
    _note(platform, session, now, incident_of(session, run), actor, words, state)
    _announce(session, now, run)
    return run


def stop(session: Session, now: datetime, actor: Actor, number: str) -> RepairRun:
    """Ask the run to stop where it is; the tasks that ended are not undone."""
    if not actor.may("repair.approve"):
        actor.demand("repair.ask")
    run = find(session, number, for_update=True)
    if run.state not in (rules.APPROVED, rules.RUNNING):
        raise _impossible(run)
    run.stopped_by = actor.display_name
    audit.record(session, now, "repair.stop_asked", f"repair:{run.number}", {})
    _announce(session, now, run)
    return run


def _impossible(run: RepairRun) -> Conflict:
    state = _(rules.STATE_LABELS[run.state])
    return Conflict(_("这次执行现在“%(state)s”，不能这样做。", state=state), code="impossible")


# --- what the process that runs it says ---


def begin(session: Session, now: datetime, number: str, holder: str) -> bool:
    """Take an approved run, once: False when it is not approved or somebody was faster."""
    wanted = update(RepairRun).where(RepairRun.number == number, RepairRun.state == rules.APPROVED)
    values = {
        "state": rules.RUNNING,
        "started_at": now,
        "holder": holder,
        "lease_until": now + rules.OUTLIVED,
    }
    taken = bool(session.execute(wanted.values(**values)).rowcount)  # type: ignore[attr-defined]
    if taken:
        audit.record(session, now, "repair.began", f"repair:{number}", {})
        feed.announce(session, now, "repair", f"/repairs/{number}")
    return taken


def alive(session: Session, now: datetime, number: str, tasks: Sequence[Mapping[str, Any]]) -> bool:
    """Keep what has happened so far and give a sign of life; returns whether it must stop."""
    run = find(session, number, for_update=True)
    if len(tasks) > len((run.result or {}).get("tasks", ())):
        run.result = {"tasks": list(tasks)}
        _announce(session, now, run)
    run.lease_until = now + rules.OUTLIVED
    return run.stopped_by is not None


def end(
    platform: Platform,
    session: Session,
    now: datetime,
    number: str,
    status: str,
    result: Mapping[str, Any],
) -> RepairRun:
    """Keep how it ended, once; the result goes into the incident's log and the audit chain."""
    run = find(session, number, for_update=True)
    if run.state not in (rules.APPROVED, rules.RUNNING):
        return run
    run.state, run.ended_at, run.lease_until = rules.state_of(status), now, None
    run.seconds = (now - run.started_at).total_seconds() if run.started_at else 0.0
    run.result = {**(run.result or {}), **result, "status": status}
    session.flush()
    holds.free(session, run.number)
    audit.record(session, now, ENDED, f"repair:{run.number}", {"digest": digest_of(run)})
    incident = incident_of(session, run)
    told: dict[str, Any] = {"number": run.number, "state": run.state, "status": status}
    told["digest"] = digest_of(run)
    told |= {"measured": run.result.get("measured") or {}, "seconds": run.seconds}
    _note(platform, session, now, incident, PLATFORM, _words(run), told)
    _announce(session, now, run)
    notices.ended(platform, session, now, run, incident)
    return run


def expire(platform: Platform, session: Session, now: datetime, number: str) -> None:
    """Let an approval that was not used lapse, and say so."""
    run = find(session, number, for_update=True)
    if run.state != rules.APPROVED or run.decided_at is None or not rules.expired(run.decided_at, now):
        return
    run.state = rules.EXPIRED
    holds.free(session, run.number)
    audit.record(session, now, "repair.expired", f"repair:{run.number}", {})
    words = worded("修复剧本“%(what)s”批准之后未能执行，批准已过期。", what=run.target)
    state = {"number": run.number, "state": rules.EXPIRED}
    _note(platform, session, now, incident_of(session, run), PLATFORM, words, state)
    _announce(session, now, run)


def _words(run: RepairRun) -> Worded:
    what, seconds = run.target, f"{run.seconds or 0:.0f}"
    message = str((run.result or {}).get("message") or "")
    if run.state == rules.SUCCEEDED:
        return worded("修复剧本“%(what)s”执行成功，用时%(n)s秒；恢复须由人核实后登记。", what=what, n=seconds)
    if run.state == rules.STOPPED:
        return worded("修复剧本“%(what)s”已停止，已完成的任务没有撤销，请核查主机。", what=what)
    if run.state == rules.LOST:
        return worded(
            "修复剧本“%(what)s”执行中断，不知道做到哪一步，请人工核查主机；不会自动重做。", what=what
        )
    return worded("修复剧本“%(what)s”执行失败：%(why)s", what=what, why=constant(message or "—"))


def _note(
    platform: Platform,
    session: Session,
    now: datetime,
    incident: Incident,
    actor: Actor,
    words: Worded,
    told: Mapping[str, Any],
) -> None:
    fields = {"text": words.text, "repair": dict(told), **words.data}
    incidents.happen(platform, session, now, actor, incident.number, "note", fields)


def _announce(session: Session, now: datetime, run: RepairRun) -> None:
    feed.announce(session, now, "repair", f"/repairs/{run.number}")


def digest_of(run: RepairRun) -> str:
    """Return the SM3 of a run that ended, as the audit chain keeps it."""
    return sm3_hex(canonical_json({name: getattr(run, name) for name in ATTESTED}))


def check_runs(session: Session) -> Iterator[str]:
    """Yield every ended run that was altered, added or removed (`Manifest.checks`)."""
    wanted = select(RepairRun).where(RepairRun.state.in_(rules.RAN)).order_by(RepairRun.id)
    return compare(
        session, ENDED, ((f"repair:{run.number}", digest_of(run)) for run in session.scalars(wanted))
    )
