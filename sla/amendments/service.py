"""Propose an amended contract, and let the other party agree or refuse. Nothing takes effect in the past."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from sqlalchemy import Row, and_, insert, select, update
from sqlalchemy.orm import Session

from kernel import audit
from kernel.audit.attest import compare
from kernel.crypto import canonical_json, sm3_hex
from kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from kernel.identity.actor import Actor
from kernel.identity.directory import people_with_role
from kernel.outbox import enqueue
from kernel.outbox.personal import Letter, to_each
from kernel.platform import Platform
from kernel.web.i18n import gettext as _
from sla import pinned
from sla.amendments.models import Amendment, AmendmentEntry
from sla.amendments.rules import AGREED, AHEAD, PROPOSED, REFUSED, WITHDRAWN, day_begins, lost_names
from sla.contract import Contract
from sla.contract_file import ContractError, parse_contract

ACTION = "amendment.entered"
SIDES = {"a": "amendment.sign_a", "b": "amendment.sign_b"}
SIGNERS = {"a": ("supervisor",), "b": ("provider_manager",)}
DECISIONS = {"agree": AGREED, "refuse": REFUSED, "withdraw": WITHDRAWN}
LOST_WORDS = {
    "number": "合同编号不能改变（现为%(name)s）：另一份合同请另行部署。",
    "zone": "时区不能改变（现为%(name)s）。",
    "fault_classes": "不能去掉故障类别%(name)s：历史记录还在使用它，可以改名称和数值。",
    "modules": "不能去掉模块%(name)s：历史记录还在使用它。",
    "payers": "不能去掉付款方%(name)s：历史记录还在使用它。",
}


def side_of(actor: Actor) -> str:
    """Return the party the actor signs for; 403 for anybody who signs for none."""
    for side, permission in SIDES.items():
        if actor.may(permission):
            return side
    raise Forbidden("只有甲方监督员和乙方项目经理可以提出或确认合同变更。")


def read_draft(current: Contract, text: str, name: str) -> Contract:
    """Return the draft; 422 naming the line and key of what is wrong, or the names it must keep."""
    try:
        draft = parse_contract(text, name)
    except ContractError as error:
        raise Invalid.field("file", str(error), code="bad_contract") from None
    lost = [FieldError("file", _(LOST_WORDS[kind], name=key)) for kind, key in lost_names(current, draft)]
    if lost:
        raise Invalid("；".join(e.message for e in lost), errors=lost)
    if draft.digest == current.digest:
        raise Invalid.field("file", "与现行版本没有差别。")
    return draft


def propose(
    platform: Platform, session: Session, now: datetime, actor: Actor, text: str, day: date, reason: str
) -> Amendment:
    """Record a draft that is to be in force from the beginning of `day`, and ask the other party."""
    side = side_of(actor)
    current = pinned.in_force(platform)
    draft = read_draft(current, text, "contract.toml")
    if not reason.strip():
        raise Invalid.field("reason", "请说明变更的理由。")
    effective = day_begins(day, current)
    if effective < now + AHEAD:
        raise Invalid.field("day", "请选择今天以后的日期：合同变更不溯及既往。")
    pinned.keep(session, now, draft)
    amendment = Amendment(
        digest=draft.digest,
        replaces=current.digest,
        effective_at=effective,
        proposer=side,
        state="",
        version=0,
    )
    session.add(amendment)
    session.flush()
    _enter(session, now, actor, amendment, PROPOSED, side, reason.strip())
    _tell(platform, session, now, amendment, "b" if side == "a" else "a", "请确认合同变更")
    return amendment


def decide(
    platform: Platform, session: Session, now: datetime, actor: Actor, number: int, decision: str, reason: str
) -> Amendment:
    """Let the other party agree or refuse, or the proposer withdraw; 409 once that has happened."""
    side = side_of(actor)
    amendment = find(session, number, for_update=True)
    if (decision == "withdraw") != (side == amendment.proposer):
        raise Forbidden("变更由提出的一方撤回，由另一方确认或拒绝。")
    if amendment.state != PROPOSED:
        raise Conflict("这项变更已有决定，请刷新页面。", code="stale")
    if decision == "agree" and amendment.effective_at < now + AHEAD:
        raise Conflict("约定的生效日期已到，请重新提出并选择以后的日期。", code="too_late")
    if decision != "agree" and not reason.strip():
        raise Invalid.field("reason", "请说明理由。")
    _enter(session, now, actor, amendment, DECISIONS[decision], side, reason.strip())
    words = {"agree": "合同变更已获确认", "refuse": "合同变更未获同意", "withdraw": "合同变更已撤回"}[
        decision
    ]
    _tell(platform, session, now, amendment, "b" if side == "a" else "a", words)
    return amendment


def find(session: Session, number: int, *, for_update: bool = False) -> Amendment:
    """Return the amendment; 404 when there is none."""
    wanted = select(Amendment).where(Amendment.id == number)
    found = session.scalar(wanted.with_for_update() if for_update else wanted)
    if found is None:
        raise NotFound(_("没有第%(n)s号合同变更。", n=number))
    return found


def listing(session: Session) -> Sequence[Amendment]:
    """Return all amendments, the newest first; a contract has a handful in its life."""
    return session.scalars(select(Amendment).order_by(Amendment.id.desc()).limit(200)).all()


def undecided(session: Session, side: str) -> Sequence[Row[tuple[Amendment, datetime]]]:
    """Return what a party has to agree to or refuse, each with the instant it was proposed at."""
    wanted = (
        select(Amendment, AmendmentEntry.at)
        .join(AmendmentEntry, and_(AmendmentEntry.amendment_id == Amendment.id, AmendmentEntry.seq == 1))
        .where(Amendment.state == PROPOSED, Amendment.proposer != side)
        .order_by(Amendment.effective_at, Amendment.id)
    )
    return session.execute(wanted).all()


def entries(session: Session, number: int) -> Sequence[AmendmentEntry]:
    """Return the steps of an amendment in order."""
    wanted = select(AmendmentEntry).where(AmendmentEntry.amendment_id == number)
    return session.scalars(wanted.order_by(AmendmentEntry.seq)).all()


def _enter(
    session: Session, now: datetime, actor: Actor, amendment: Amendment, kind: str, side: str, reason: str
) -> None:
    seq = amendment.version + 1
    row = {
        "amendment_id": amendment.id,
        "seq": seq,
        "type": kind,
        "party": side,
        "reason": reason,
        "actor": actor.username,
        "at": now,
    }
    session.execute(insert(AmendmentEntry), row)
    session.execute(update(Amendment).where(Amendment.id == amendment.id).values(state=kind, version=seq))
    session.refresh(amendment)
    detail = {"type": kind, "digest": _digest(amendment, row)}
    audit.record(session, now, ACTION, f"amendment:{amendment.id}#{seq}", detail)


def _digest(amendment: Amendment, row: dict[str, object]) -> str:
    return sm3_hex(canonical_json([amendment.digest, amendment.replaces, amendment.effective_at, row]))


def check_amendments(session: Session) -> Iterator[str]:
    """Yield every step of an amendment that was altered, added or removed (`Manifest.checks`)."""
    found = session.execute(
        select(Amendment, AmendmentEntry).join(AmendmentEntry, AmendmentEntry.amendment_id == Amendment.id)
    )
    names = ("amendment_id", "seq", "type", "party", "reason", "actor", "at")
    rows = (
        (f"amendment:{a.id}#{e.seq}", _digest(a, {name: getattr(e, name) for name in names}))
        for a, e in found
    )
    return compare(session, ACTION, rows)


def _tell(
    platform: Platform, session: Session, now: datetime, amendment: Amendment, side: str, words: str
) -> None:
    url = f"/terms/amendments/{amendment.id}"
    day = amendment.effective_at.astimezone(platform.zone)
    body = f"{words}：自 {day:%Y-%m-%d} 起执行的合同版本。\n{platform.settings.base_url}{url}"
    once, ref = f"amendment:{amendment.id}:{amendment.version}", f"amendment:{amendment.id}"
    told = people_with_role(session, now, SIGNERS[side])
    enqueue(session, now, to_each(told, Letter(once, ref, f"【{words}】", body, url)))
