"""What a review may become, what it must say, and when it and its action items are due. No legal effect:
the deadlines are the platform's own, not the contract's.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from kernel.errors import FieldError
from sla.calendars import CalendarMissing, EveryDay, add_days, chinese_working_days

OWED, SUBMITTED, RETURNED, ACCEPTED = "owed", "submitted", "returned", "accepted"
STATE_LABELS = {OWED: "待提交", SUBMITTED: "待甲方审阅", RETURNED: "已退回", ACCEPTED: "已通过"}
WRITABLE = (OWED, RETURNED)

OPEN, DONE, VERIFIED, DROPPED = "open", "done", "verified", "dropped"
ACTION_LABELS = {OPEN: "进行中", DONE: "待甲方核验", VERIFIED: "已核验", DROPPED: "已撤销"}
PENDING = (OPEN, DONE)
"""Action items in which something is still to be done."""

CAUSE_LABELS = {
    "config": "配置错误",
    "software": "软件缺陷",
    "hardware": "设备故障",
    "capacity": "容量不足",
    "network": "线路中断",
    "power": "供电与机房环境",
    "change": "变更操作不当",
    "third_party": "上级平台或第三方",
    "security": "安全事件",
    "unknown": "原因未明",
}
"""Categories of causes: a short list, so that repetitions can be counted."""

ENTRY_LABELS = {
    "submitted": "提交复盘",
    "accepted": "甲方通过",
    "returned": "甲方退回",
    "action_added": "列入整改事项",
    "action_done": "整改事项完成",
    "action_verified": "整改事项经核验",
    "action_reopened": "整改事项退回重做",
    "action_dropped": "整改事项撤销",
}
ACTION_MOVES = {
    "done": ((OPEN,), DONE),
    "verified": ((DONE,), VERIFIED),
    "reopened": ((DONE,), OPEN),
    "dropped": ((OPEN,), DROPPED),
}
"""What may happen to an action item: from which states, to which."""

LONGEST = 4000
TITLE_MAX = 200
REMIND_AT = 0.75
"""The share of the time after which the owner is reminded; the same at which a countdown turns amber."""
END_OF_DAY = time(23, 59, 59)


@dataclass(frozen=True, slots=True)
class Content:
    """What a review says."""

    cause: str = ""
    cause_text: str = ""
    found: str = ""
    """How it was found, and why not earlier."""
    measures: str = ""
    prevention: str = ""
    lessons: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the content as JSON values."""
        return asdict(self)


FIELD_LABELS = {
    "cause": "原因类别",
    "cause_text": "原因",
    "found": "如何发现",
    "measures": "已采取的措施",
    "prevention": "防止再次发生的措施",
    "lessons": "经验教训",
}
_OPTIONAL = ("lessons",)
_CHOOSE = FieldError("cause", "请选择原因类别。")
_WRITE = FieldError("", "请填写这一项。")
_SHORTER = FieldError("", "内容过长，请控制在4000字以内。")


class Step(NamedTuple):
    """A deadline that ought to be armed."""

    clock: str
    rung: str
    due_at: datetime


def check(content: Content) -> list[FieldError]:
    """Return what is missing or wrong in a review that is to be submitted."""
    errors = [] if content.cause in CAUSE_LABELS else [_CHOOSE]
    for name, value in content.as_dict().items():
        if name != "cause" and name not in _OPTIONAL and not value.strip():
            errors.append(FieldError(name, _WRITE.message))
        elif len(value) > LONGEST:
            errors.append(FieldError(name, _SHORTER.message))
    return errors


def due_at(closed_at: datetime, days: int, zone: ZoneInfo, *, working: bool) -> datetime:
    """Return the end of the n-th day after closing; natural ones where no table knows better."""
    start = closed_at.astimezone(zone).date()
    try:
        day = add_days(chinese_working_days() if working else EveryDay(), start, days)
    except CalendarMissing:
        day = add_days(EveryDay(), start, days)
    return datetime.combine(day, END_OF_DAY, zone)


def steps(clock: str, since: datetime, due: datetime, now: datetime) -> list[Step]:
    """Return the reminder, if it still lies ahead, and the deadline itself."""
    remind: datetime = since + timedelta(seconds=int((due - since).total_seconds() * REMIND_AT))
    found = [Step(clock, "due", due)]
    return [Step(clock, "remind", remind), *found] if now < remind < due else found
