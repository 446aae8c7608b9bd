"""Use cases of the ledger: follow the verdicts, let the parties decide, list and mark what is settled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from kernel.db.numbering import next_number
from kernel.db.prepared import Prepared
from kernel.errors import Conflict, Invalid
from kernel.identity.actor import Actor
from kernel.platform import Platform
from kernel.web.i18n import gettext as _
from sla import pinned
from sla.contract import Contract
from sla.penalties import ledger, queries, reminders, rules
from sla.penalties.ledger import Line
from sla.penalties.models import Penalty, PenaltyEntry
from sla.verdict import Verdict

REASON_MAX = 4000
RIGHTS = {rules.A: "penalty.decide", rules.B: "penalty.answer"}


_OF_CASE = (
    select(Penalty)
    .where(Penalty.case_id == bindparam("case"), Penalty.state != rules.REVERSED)
    .order_by(Penalty.id.desc())
    .limit(1)
    .with_for_update()
)
_AMOUNT = Prepared(_OF_CASE.with_only_columns(Penalty.amount))
"""What is asked at every judgement: mostly nothing is owed, or still the same."""


def follow_verdict(
    platform: Platform, session: Session, now: datetime, case_id: int, version: int, verdict: Verdict
) -> None:
    """Make what the case costs equal to its verdict; corrections are reversing entries (§2.10)."""
    amount = _AMOUNT.scalar(session, {"case": case_id})
    if (rules.ZERO if amount is None else amount) == verdict.penalty:
        return
    if amount is not None:
        known = session.scalars(_OF_CASE, {"case": case_id}).one()
        reason = f"评判第{version}版改变结果，冲回。"
        ledger.enter(session, now, known, Line(rules.REVERSED, reason, version))
        reminders.keep(platform, session, now, known)
    if verdict.penalty > rules.ZERO:
        _propose(platform, session, now, case_id, version, verdict)


def _propose(
    platform: Platform, session: Session, now: datetime, case_id: int, version: int, verdict: Verdict
) -> None:
    contract = verdict.contract
    year = now.astimezone(contract.zone).year
    penalty = Penalty(
        number=f"P{year}-{next_number(session, f'penalty:{year}'):04d}",
        case_id=case_id,
        amount=verdict.penalty,
        clause=contract.penalty.article,
        state="",
        created_at=now,
        version=0,
        balance=rules.ZERO,
        since=now,
    )
    session.add(penalty)
    session.flush()
    reason = f"评判第{version}版：未在约定时限内处理（{penalty.clause}）。"
    ledger.enter(session, now, penalty, Line(rules.PROPOSED, reason, version))
    reminders.keep(platform, session, now, penalty)


def decide(
    platform: Platform,
    session: Session,
    now: datetime,
    actor: Actor,
    number: str,
    decision: str,
    *,
    reason: str = "",
    if_version: int | None = None,
) -> Penalty:
    """Let a party decide on a penalty.

    404 when it is not the actor's to see; 422 for an unknown decision or a missing reason; 403 when it is the
    other party's; 409 when it is impossible now, or when `if_version` is stale.
    """
    found = rules.DECISIONS.get(decision)
    if found is None:
        raise Invalid.field("decision", _("决定应为：%(known)s", known=", ".join(rules.DECISIONS)))
    penalty, case = queries.find(session, actor, number, for_update=True)
    actor.demand(RIGHTS[found.party])
    if if_version is not None and penalty.version != if_version:
        raise Conflict("页面已过期：这条违约记录刚有新的分录，请刷新后再决定。", code="stale")
    words = _reason(found, reason)
    contract = pinned.version(session, case.contract)
    _demand_possible(contract, penalty, found, now)
    line = Line(found.entry, words, case.verdict_version, contest_days=contract.penalty.contest_days)
    ledger.enter(session, now, penalty, line)
    reminders.keep(platform, session, now, penalty)
    reminders.decided(platform, session, now, penalty, case, found, words)
    return penalty


def _reason(decision: rules.Decision, reason: str) -> str:
    words = reason.strip()
    if decision.reason and not words:
        raise Invalid.field("reason", "请填写理由：它将随分录永久保存，双方可见。")
    if len(words) > REASON_MAX:
        raise Invalid.field("reason", _("理由过长，请控制在%(most)s字以内。", most=REASON_MAX))
    return words or rules.ENTRY_LABELS[decision.entry] + "。"


def _demand_possible(contract: Contract, penalty: Penalty, decision: rules.Decision, now: datetime) -> None:
    try:
        rules.check(ledger.life_of(penalty), decision, now)
    except rules.Impossible as error:
        values = {name: _in_words(contract, value) for name, value in error.values.items()}
        raise Conflict(_(error.reason, **values), code="impossible") from None


def _in_words(contract: Contract, value: object) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(contract.zone):%Y-%m-%d %H:%M:%S}"
    return _(str(value))


def final_unsettled(session: Session, until: datetime) -> list[tuple[Penalty, Decimal]]:
    """Return what has become final by `until` and is in no instalment yet, the oldest first.

    The amount is signed: positive is deducted from party A's payment; negative is a credit, a penalty that
    was settled and whose verdict changed afterwards (§2.10).
    """
    wanted = select(Penalty).where(
        or_(Penalty.state == rules.FINAL, Penalty.state == rules.REVERSED),
        Penalty.balance != rules.ZERO,
        Penalty.since <= until,
    )
    return [(p, p.balance) for p in session.scalars(wanted.order_by(Penalty.since, Penalty.id))]


def settle(
    session: Session, now: datetime, penalty_ids: Sequence[int], instalment: str
) -> list[tuple[Penalty, Decimal]]:
    """Mark penalties as settled (or credits as given) in an instalment; returns what each came to.

    Either all of them or none: 409 names the first that is not final or is settled already.
    """
    wanted = select(Penalty).where(Penalty.id.in_(list(penalty_ids))).order_by(Penalty.id)
    done = []
    for penalty in session.scalars(wanted.with_for_update()).all():
        balance = penalty.balance
        kind = rules.SETTLED if penalty.state == rules.FINAL else rules.CREDITED
        verdict = queries.last_verdict(session, penalty.id)
        try:
            ledger.enter(
                session, now, penalty, Line(kind, f"计入分期付款：{instalment}。", verdict, instalment)
            )
        except rules.Impossible:
            words = _(
                "违约记录 %(number)s 现为“%(state)s”，不能结算。",
                number=penalty.number,
                state=_(rules.STATE_LABELS[penalty.state]),
            )
            raise Conflict(words, code="not_final") from None
        done.append((penalty, balance))
    return done


def settled_in(session: Session, instalment: str) -> list[tuple[Penalty, Decimal]]:
    """Return what was settled in an instalment, with the signs of `final_unsettled`."""
    wanted = (
        select(Penalty, PenaltyEntry.amount)
        .join(PenaltyEntry, PenaltyEntry.penalty_id == Penalty.id)
        .where(PenaltyEntry.instalment == instalment)
        .order_by(PenaltyEntry.id)
    )
    return [(penalty, -amount) for penalty, amount in session.execute(wanted)]
