"""The life of an incident as a fold of its events: which state it is in, and what may happen next.

open → responded → in_repair → restored → confirmed → closed, plus reopened, merged and false_alarm
(incidents.md §4). Pure: no database, no clock. The contract's verdict is `sla.verdict`; this only says what
is possible, so that nothing impossible gets into the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sla.events import Event

OPEN, RESPONDED, IN_REPAIR = "open", "responded", "in_repair"
RESTORED, CONFIRMED, CLOSED = "restored", "confirmed", "closed"
REOPENED, MERGED, FALSE_ALARM = "reopened", "merged", "false_alarm"
ENDED = frozenset({CLOSED, MERGED, FALSE_ALARM})

STATE_LABELS = {
    OPEN: "待响应",
    RESPONDED: "已响应",
    IN_REPAIR: "处置中",
    RESTORED: "已恢复待确认",
    CONFIRMED: "已确认恢复",
    CLOSED: "已关闭",
    REOPENED: "已重开",
    MERGED: "已并入",
    FALSE_ALARM: "误报",
}

PARTY_B = frozenset(
    {"responded", "progress", "restored", "backup_in_service", "device_repaired", "reopened", "closed"}
    | {"scope_changed", "major_declared", "exclusion_claimed", "class_changed", "false_alarm_claimed"}
    | {"merged_into", "note"}
)
PARTY_A = frozenset(
    {"restoration_accepted", "restoration_rejected", "exclusion_approved", "exclusion_refused"}
    | {"class_countersigned", "class_refused", "false_alarm_agreed", "false_alarm_refused", "merge_agreed"}
    | {"major_declared", "reopened", "scope_changed", "note"}
)
PLATFORM_ONLY = frozenset({"detected", "reported", "broadcast_sent", "blind_from", "blind_to"})
NEEDS_TEXT = frozenset({"responded", "progress", "restored", "restoration_rejected", "note"})


class Impossible(Exception):
    """The event cannot happen in the state the incident was in.

    `reason` with `values` filled in says why, in Chinese; who catches it speaks the reader's language.
    """

    def __init__(self, reason: str, **values: object) -> None:
        self.reason, self.values = reason, values
        super().__init__(reason % values if values else reason)


@dataclass(slots=True)
class Life:
    """Where an incident stands after its events so far."""

    reopening_window: timedelta
    is_hardware: Callable[[str], bool]
    state: str = OPEN
    down: bool = True
    responded: bool = False
    declared: bool = False
    restored_at: datetime | None = None
    fault_class: str = ""
    claimed_classes: list[str] = field(default_factory=list)
    pending_classes: int = 0
    claims: dict[str, str] = field(default_factory=dict)
    false_alarm_pending: bool = False
    merge_pending: str | None = None
    repaired: bool = False
    ended_at: datetime | None = None

    def copy(self) -> Life:
        """Return a life of its own, to try an event on."""
        return replace(self, claimed_classes=[*self.claimed_classes], claims={**self.claims})

    def apply(self, event: Event, *, lengthens: Callable[[str, str], bool]) -> None:
        """Let the event happen; raises Impossible when it can't."""
        rule = _RULES.get(event.type)
        if rule is None:
            return
        if event.type == "class_changed":
            _class_changed(self, event, lengthens)
        else:
            rule(self, event)


def replay(
    events: Iterable[Event],
    *,
    reopening_window: timedelta,
    is_hardware: Callable[[str], bool],
    lengthens: Callable[[str, str], bool],
) -> Life:
    """Fold events (ordered by time) into a life; raises Impossible at the first that cannot be."""
    life = Life(reopening_window, is_hardware)
    for event in events:
        life.apply(event, lengthens=lengthens)
    return life


def _need(condition: bool, why: str, **values: object) -> None:
    if not condition:
        raise Impossible(why, **values)


def _alive(life: Life) -> None:
    _need(life.state not in ENDED, "故障处于“%(state)s”状态，不能再处置。", state=STATE_LABELS[life.state])


def _known(life: Life, event: Event) -> None:
    if not life.fault_class:
        life.fault_class = str(event.data.get("fault_class", ""))


def _responded(life: Life, event: Event) -> None:
    _alive(life)
    if event.data.get("automatic"):
        return
    _need(not life.responded, "已经响应过，请改用“进展”。")
    life.responded = True
    if life.down and life.state == OPEN:
        life.state = RESPONDED


def _progress(life: Life, _event: Event) -> None:
    _alive(life)
    if life.down and life.responded:
        life.state = IN_REPAIR


def _restored(life: Life, event: Event) -> None:
    _alive(life)
    _need(life.down, "服务已经恢复，不能重复登记恢复。")
    life.down, life.state, life.restored_at = False, RESTORED, event.at


def _backup(life: Life, event: Event) -> None:
    classes = {life.fault_class, *life.claimed_classes}
    _need(any(life.is_hardware(c) for c in classes), "只有硬件故障可以登记“备用设备投入使用”。")
    _restored(life, event)


def _device_repaired(life: Life, _event: Event) -> None:
    _alive(life)
    classes = {life.fault_class, *life.claimed_classes}
    _need(any(life.is_hardware(c) for c in classes), "只有硬件故障可以登记“设备修复”。")
    _need(not life.repaired, "设备修复已登记过。")
    life.repaired = True


def _accepted(life: Life, _event: Event) -> None:
    _need(life.state == RESTORED, "只有“已恢复待确认”的事件可以确认恢复。")
    life.state = CONFIRMED


def _rejected(life: Life, _event: Event) -> None:
    _need(life.state == RESTORED, "只有“已恢复待确认”的事件可以退回恢复。")
    life.down, life.state = True, REOPENED


def _reopened(life: Life, event: Event) -> None:
    if life.down and life.state == REOPENED:
        return  # party A's rejection has reopened it already
    _need(not life.down and life.state not in (MERGED, FALSE_ALARM), "故障尚未恢复，无需重开。")
    late = life.restored_at is None or event.at - life.restored_at > life.reopening_window
    hours = int(life.reopening_window.total_seconds() // 3600)
    _need(not late, "恢复已超过%(hours)s小时，同一故障再次出现应登记为新事件。", hours=hours)
    life.down, life.state = True, REOPENED


def _closed(life: Life, event: Event) -> None:
    _need(life.state == CONFIRMED, "甲方确认恢复之后才能关闭。")
    life.state, life.ended_at = CLOSED, event.at


def _scope(life: Life, _event: Event) -> None:
    _alive(life)


def _declared(life: Life, _event: Event) -> None:
    _alive(life)
    _need(life.down, "服务已经恢复，不能再宣布重大故障。")
    _need(not life.declared, "已经宣布为重大故障。")
    life.declared = True


def _claimed(life: Life, event: Event) -> None:
    _alive(life)
    claim = str(event.data.get("claim", ""))
    _need(claim not in life.claims, "剔除申请“%(claim)s”已经存在。", claim=claim)
    life.claims[claim] = "claimed"


def _decide_claim(verdict: str) -> Callable[[Life, Event], None]:
    def rule(life: Life, event: Event) -> None:
        claim = str(event.data.get("claim", ""))
        _need(claim in life.claims, "没有剔除申请“%(claim)s”。", claim=claim)
        _need(life.claims[claim] == "claimed", "剔除申请“%(claim)s”已经有决定。", claim=claim)
        life.claims[claim] = verdict

    return rule


def _class_changed(life: Life, event: Event, lengthens: Callable[[str, str], bool]) -> None:
    _alive(life)
    new = str(event.data.get("fault_class", ""))
    latest = life.claimed_classes[-1] if life.claimed_classes else life.fault_class
    _need(new != latest, "故障类别没有变化。")
    if lengthens(life.fault_class, new):
        life.claimed_classes.append(new)
        life.pending_classes += 1
    else:
        life.fault_class = new


def _decide_class(agreed: bool) -> Callable[[Life, Event], None]:
    def rule(life: Life, _event: Event) -> None:
        _need(life.pending_classes > 0, "没有待会签的类别变更。")
        life.pending_classes -= 1
        new = life.claimed_classes.pop()
        if agreed:
            life.fault_class = new

    return rule


def _false_alarm(life: Life, _event: Event) -> None:
    _alive(life)
    _need(not life.false_alarm_pending, "误报申请已经提出。")
    life.false_alarm_pending = True


def _decide_false_alarm(agreed: bool) -> Callable[[Life, Event], None]:
    def rule(life: Life, event: Event) -> None:
        _need(life.false_alarm_pending, "没有待决定的误报申请。")
        life.false_alarm_pending = False
        if agreed:
            life.state, life.down, life.ended_at = FALSE_ALARM, False, event.at

    return rule


def _merged(life: Life, event: Event) -> None:
    _alive(life)
    _need(life.merge_pending is None, "合并申请已经提出。")
    life.merge_pending = str(event.data.get("into", ""))


def _merge_agreed(life: Life, event: Event) -> None:
    _need(life.merge_pending is not None, "没有待决定的合并申请。")
    life.merge_pending = None
    life.state, life.down, life.ended_at = MERGED, False, event.at


_RULES: Mapping[str, Callable[[Life, Any], None]] = {
    "detected": _known,
    "reported": _known,
    "responded": _responded,
    "progress": _progress,
    "restored": _restored,
    "backup_in_service": _backup,
    "device_repaired": _device_repaired,
    "restoration_accepted": _accepted,
    "restoration_rejected": _rejected,
    "reopened": _reopened,
    "closed": _closed,
    "scope_changed": _scope,
    "major_declared": _declared,
    "exclusion_claimed": _claimed,
    "exclusion_approved": _decide_claim("approved"),
    "exclusion_refused": _decide_claim("refused"),
    "class_changed": _known,
    "class_countersigned": _decide_class(agreed=True),
    "class_refused": _decide_class(agreed=False),
    "false_alarm_claimed": _false_alarm,
    "false_alarm_agreed": _decide_false_alarm(agreed=True),
    "false_alarm_refused": _decide_false_alarm(agreed=False),
    "merged_into": _merged,
    "merge_agreed": _merge_agreed,
}
