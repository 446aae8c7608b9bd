"""The life of a penalty (contract.md §2.10; 第二十五条、第二十七条), pure: no database, no clock.

proposed → confirmed | withdrawn (A); confirmed → contested | final (B accepts; A finalizes once the days to
contest have passed); contested → final (A upholds) | waived (A); final → settled in an instalment. A verdict
that changes reverses the penalty in whatever state it is; what was settled by then is owed back as a credit.

`upheld` is no state: a contest that party A upheld is final at once, so that nothing rests where nobody can
move it. An entry's type says what happened; `AFTER` says which state that leads to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from sla.reminders import Reminder, growing

PROPOSED, WITHDRAWN, CONFIRMED, CONTESTED = "proposed", "withdrawn", "confirmed", "contested"
WAIVED, FINAL, SETTLED, REVERSED = "waived", "final", "settled", "reversed"
CREDITED = "credited"
VOID = (WITHDRAWN, WAIVED, REVERSED)
"""States in which a penalty costs nothing."""
A, B = "a", "b"
ZERO = Decimal("0.00")

STATE_LABELS = {
    PROPOSED: "待甲方确认",
    CONFIRMED: "已确认待答复",
    CONTESTED: "乙方有异议",
    FINAL: "已生效待结算",
    SETTLED: "已结算",
    WITHDRAWN: "已撤回",
    WAIVED: "已免除",
    REVERSED: "已冲回",
}
ENTRY_LABELS = {
    PROPOSED: "拟扣",
    CONFIRMED: "甲方确认",
    WITHDRAWN: "甲方撤回",
    CONTESTED: "乙方提出异议",
    "accepted": "乙方接受",
    "upheld": "甲方维持",
    WAIVED: "甲方免除",
    "finalized": "期满生效",
    SETTLED: "结算扣除",
    REVERSED: "评判改变，冲回",
    CREDITED: "结算退还",
}
AFTER = {kind: kind for kind in (PROPOSED, CONFIRMED, WITHDRAWN, CONTESTED, WAIVED, SETTLED, REVERSED)}
AFTER |= {"accepted": FINAL, "upheld": FINAL, "finalized": FINAL, CREDITED: REVERSED}
"""Entry type → the state it leads to."""


class Decision(NamedTuple):
    """What a party may decide: in which state, and which entry it makes."""

    key: str
    party: str
    state: str
    entry: str
    reason: bool
    """Whether it must be justified in words."""


DECISIONS = {
    d.key: d
    for d in (
        Decision("confirm", A, PROPOSED, CONFIRMED, reason=False),
        Decision("withdraw", A, PROPOSED, WITHDRAWN, reason=True),
        Decision("accept", B, CONFIRMED, "accepted", reason=False),
        Decision("contest", B, CONFIRMED, CONTESTED, reason=True),
        Decision("finalize", A, CONFIRMED, "finalized", reason=False),
        Decision("uphold", A, CONTESTED, "upheld", reason=True),
        Decision("waive", A, CONTESTED, WAIVED, reason=True),
    )
}


class Impossible(Exception):
    """The decision cannot be taken now; `reason` with `values` filled in says why, in Chinese."""

    def __init__(self, reason: str, **values: object) -> None:
        self.reason, self.values = reason, values
        super().__init__(reason % values if values else reason)


@dataclass(frozen=True, slots=True)
class Life:
    """Where a penalty stands: its state, and what is still to be deducted (negative: owed to party B)."""

    amount: Decimal
    state: str = ""
    balance: Decimal = ZERO
    contest_until: datetime | None = None


def moves(life: Life, kind: str) -> Decimal:
    """Return the signed amount that an entry of this type moves; raises Impossible out of turn."""
    if kind not in _FROM or life.state not in _FROM[kind]:
        raise Impossible("“%(kind)s”不能跟在“%(state)s”之后。", kind=kind, state=life.state)
    if kind == PROPOSED:
        return life.amount
    if kind in (WITHDRAWN, WAIVED, SETTLED):
        return -life.balance
    if kind == REVERSED:
        return ZERO if life.state in (WITHDRAWN, WAIVED) else -life.amount
    if kind == CREDITED:
        if life.balance >= ZERO:
            raise Impossible("没有应退还的金额。")
        return -life.balance
    return ZERO


_FROM = {d.entry: (d.state,) for d in DECISIONS.values()} | {
    PROPOSED: ("",),
    SETTLED: (FINAL,),
    REVERSED: (PROPOSED, WITHDRAWN, CONFIRMED, CONTESTED, WAIVED, FINAL, SETTLED),
    CREDITED: (REVERSED,),
}


def enter(life: Life, kind: str, at: datetime, contest_days: int) -> tuple[Life, Decimal]:
    """Return the life after an entry of this type, and the amount it moves."""
    amount = moves(life, kind)
    until = at + timedelta(days=contest_days) if kind == CONFIRMED else life.contest_until
    return replace(life, state=AFTER[kind], balance=life.balance + amount, contest_until=until), amount


def replay(amount: Decimal, entries: Iterable[tuple[str, Decimal]]) -> Life:
    """Fold (type, amount) of a penalty's entries; raises Impossible at the first that cannot be."""
    life = Life(amount)
    for kind, moved in entries:
        if moves(life, kind) != moved:
            raise Impossible(
                "“%(kind)s”应为%(due)s，分录为%(moved)s。", kind=kind, due=moves(life, kind), moved=moved
            )
        life = replace(life, state=AFTER[kind], balance=life.balance + moved)
    return life


def check(life: Life, decision: Decision, now: datetime) -> None:
    """Raise Impossible when the decision cannot be taken now."""
    if life.state != decision.state:
        raise Impossible(
            "这条违约记录现为“%(state)s”；该决定只适用于“%(needed)s”的记录。",
            state=STATE_LABELS[life.state],
            needed=STATE_LABELS[decision.state],
        )
    over = life.contest_until is not None and now > life.contest_until
    if decision.key == "contest" and over:
        raise Impossible("异议期已于%(until)s届满，不能再提出异议。", until=life.contest_until)
    if decision.key == "finalize" and not over:
        raise Impossible("异议期至%(until)s届满，届满前不能转为生效。", until=life.contest_until)


def possible(life: Life, now: datetime) -> list[Decision]:
    """Return what some party may decide now."""
    found = []
    for decision in DECISIONS.values():
        try:
            check(life, decision, now)
        except Impossible:
            continue
        found.append(decision)
    return found


STATE_OF_CLOCK = {"confirm": PROPOSED, "contest": CONFIRMED, "finalize": CONFIRMED, "rule": CONTESTED}
"""Clock → the state in which its reminder still means something."""


def reminders(life: Life, since: datetime, now: datetime, pause: timedelta) -> list[Reminder]:
    """Return the reminders that should stand; silence raises them and decides nothing."""
    if life.state == PROPOSED:
        return [growing("confirm", since, now, pause)]
    if life.state == CONTESTED:
        return [growing("rule", since, now, pause)]
    if life.state != CONFIRMED or life.contest_until is None:
        return []
    until = life.contest_until
    if now > until:
        return [growing("finalize", until, now, pause)]
    closing = Reminder("contest", "closing", max(until - pause, since))
    return ([closing] if closing.due_at > now else []) + [Reminder("finalize", "0", until)]
