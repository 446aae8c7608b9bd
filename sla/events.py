"""Events: the only facts an incident is judged by, and their interchange form (JSON Lines).

An interchange line is ``{"incident": id, "at": ISO time with offset, "event": type, …fields}``. Times are
kept in UTC. Fields that a type does not know are kept as they are: they prove things, but decide nothing.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

REASONS: dict[str, str] = {"force_majeure": "不可抗力", "customer": "甲方原因"}
_YEARS = range(1971, 2200)  # far enough from the ends of the calendar that adding a limit never overflows
_LONGEST_TEXT = 20_000


class Event(NamedTuple):
    """One fact: when (UTC), what, its fields, and its place among events of the same instant."""

    at: datetime
    type: str
    data: Mapping[str, Any]
    seq: int


class EventError(ValueError):
    """An event that cannot be read; ``field`` names the part that is wrong.

    ``reason`` with ``values`` filled in is the message; pages look up ``reason`` in their reader's language.
    """

    def __init__(self, field: str, reason: str, **values: object) -> None:
        self.field, self.reason, self.values = field, reason, values
        self.message = reason % values if values else reason
        super().__init__(f"{field}：{self.message}")


class Field(NamedTuple):
    """One field of an event type; ``kind`` says how it is read."""

    name: str
    kind: str
    required: bool = False


class EventType(NamedTuple):
    """One type of event: the label a reader sees and the fields it takes."""

    label: str
    fields: tuple[Field, ...] = ()


_TEXT = Field("text", "text")
_SCOPE = (Field("modules", "texts"), Field("payers", "texts"))
_REPORT = (
    Field("fault_class", "fault_class", required=True),
    *_SCOPE,
    Field("occurred_at", "time"),
    Field("title", "text"),
    Field("reporter", "text"),
    Field("drill", "flag"),
    _TEXT,
)
_CLAIM = Field("claim", "text", required=True)
_CLAIMED = (
    _CLAIM,
    Field("reason", "reason", required=True),
    Field("from", "time", required=True),
    Field("to", "time"),
    _TEXT,
)
_SENT = (
    Field("due_at", "time", required=True),
    Field("slot", "count"),
    Field("grid", "count"),
    Field("reached_at", "time"),
    Field("automatic", "flag"),
    Field("closing", "flag"),
    _TEXT,
)

EVENT_TYPES: dict[str, EventType] = {
    "detected": EventType("监测发现", _REPORT),
    "reported": EventType("人工报告", _REPORT),
    "responded": EventType("响应并答复", (Field("automatic", "flag"), _TEXT)),
    "progress": EventType("进展", (_TEXT,)),
    "restored": EventType("恢复服务", (_TEXT,)),
    "restoration_accepted": EventType("甲方确认恢复", (_TEXT,)),
    "restoration_rejected": EventType("甲方驳回恢复", (_TEXT,)),
    "backup_in_service": EventType("备用设备投入使用", (_TEXT,)),
    "device_repaired": EventType("设备修复", (_TEXT,)),
    "reopened": EventType("故障再现", (_TEXT,)),
    "closed": EventType("关闭", (_TEXT,)),
    "scope_changed": EventType("影响范围变更", (*_SCOPE, _TEXT)),
    "major_declared": EventType("宣布重大故障", (_TEXT,)),
    "exclusion_claimed": EventType("主张扣除时段", _CLAIMED),
    "exclusion_approved": EventType("甲方批准扣除", (_CLAIM, _TEXT)),
    "exclusion_refused": EventType("甲方不予扣除", (_CLAIM, _TEXT)),
    "class_changed": EventType("类别变更", (Field("fault_class", "fault_class", required=True), _TEXT)),
    "class_countersigned": EventType("甲方会签类别", (_TEXT,)),
    "class_refused": EventType("甲方不同意变更", (_TEXT,)),
    "false_alarm_claimed": EventType("主张误报", (_TEXT,)),
    "false_alarm_agreed": EventType("甲方同意误报", (_TEXT,)),
    "false_alarm_refused": EventType("甲方不认定误报", (_TEXT,)),
    "merged_into": EventType("申请并入", (Field("into", "text"), _TEXT)),
    "merge_agreed": EventType("甲方同意并入", (Field("into", "text"), _TEXT)),
    "note": EventType("备注", (_TEXT,)),
    "broadcast_sent": EventType("已通报", _SENT),
    "blind_from": EventType("平台盲区开始", (_TEXT,)),
    "blind_to": EventType("平台盲区结束", (_TEXT,)),
}


def parse_event(raw: object, seq: int, fault_classes: Container[str]) -> tuple[str, Event]:
    """Return the incident's id and the event of one interchange object.

    ``fault_classes`` are the keys of the contract's classes. Raises ``EventError`` naming the field.
    """
    if not isinstance(raw, dict):
        raise EventError("event", "应为 JSON 对象")
    incident = raw.get("incident")
    if isinstance(incident, int) and not isinstance(incident, bool):
        incident = str(incident)
    if not isinstance(incident, str) or not incident.strip():
        raise EventError("incident", "缺少故障编号")
    kind = raw.get("event")
    if not isinstance(kind, str) or kind not in EVENT_TYPES:
        raise EventError("event", "未知的事件类型")
    at = parse_time(raw.get("at"), "at")
    fields = {name: value for name, value in raw.items() if name not in ("incident", "event", "at")}
    return incident, Event(at, kind, parse_data(kind, fields, fault_classes), seq)


def parse_data(kind: str, raw: Mapping[str, Any], fault_classes: Container[str]) -> dict[str, Any]:
    """Return the fields of an event of a known type, times as UTC; ``null`` counts as absent.

    Raises ``EventError`` naming the field that is missing or wrong, ``KeyError`` for an unknown type.
    """
    data = {name: value for name, value in raw.items() if value is not None}
    for field in EVENT_TYPES[kind].fields:
        if field.name in data:
            data[field.name] = _value(field, data[field.name], fault_classes)
        elif field.required:
            raise EventError(field.name, "缺少此项")
    if "to" in data and kind == "exclusion_claimed" and data["to"] < data["from"]:
        raise EventError("to", "不能早于起始时间")
    return data


def parse_time(value: object, field: str) -> datetime:
    """Return a time in UTC from ISO 8601 with an offset, or from a ``datetime`` with one.

    Raises ``EventError`` for anything else, and for years in which clocks could overflow.
    """
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(_text(value, field))
    except ValueError as error:
        if isinstance(error, EventError):
            raise
        raise EventError(field, "不是 ISO 8601 时间") from None
    if found.tzinfo is None:
        raise EventError(field, "缺少时区偏移")
    if found.year not in _YEARS:
        raise EventError(field, "年份应在 %(a)s 至 %(b)s 之间", a=_YEARS.start, b=_YEARS.stop - 1)
    return found.astimezone(UTC)


def to_interchange(incident: str, event: Event) -> dict[str, Any]:
    """Return the interchange object of an event, times as ISO 8601 in UTC."""
    line: dict[str, Any] = {"incident": incident, "at": event.at.isoformat(), "event": event.type}
    for name, value in event.data.items():
        line[name] = value.isoformat() if isinstance(value, datetime) else value
    return line


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise EventError(field, "应为文本")
    if len(value) > _LONGEST_TEXT:
        raise EventError(field, "不能超过 %(most)s 字", most=_LONGEST_TEXT)
    return value


def _value(field: Field, value: object, fault_classes: Container[str]) -> Any:
    name, kind = field.name, field.kind
    if kind == "time":
        return parse_time(value, name)
    if kind == "flag":
        if not isinstance(value, bool):
            raise EventError(name, "应为 true 或 false")
        return value
    if kind == "count":
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise EventError(name, "应为不小于零的整数")
        return value
    if kind == "texts":
        if not isinstance(value, list | tuple):
            raise EventError(name, "应为文本列表")
        return [_text(each, name) for each in value]
    text = _text(value, name)
    if kind == "fault_class" and text not in fault_classes:
        raise EventError(name, "合同中没有这一故障类别")
    if kind == "reason" and text not in REASONS:
        raise EventError(name, "原因应为 %(known)s", known=" | ".join(REASONS))
    return text
