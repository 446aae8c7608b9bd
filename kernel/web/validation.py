"""What is wrong with an input and what would be right, from pydantic's findings, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kernel.errors import FieldError
from kernel.web.i18n import gettext as _
from kernel.web.i18n import lazy

PLACES = {"body", "query", "path", "header", "cookie"}

MESSAGES: dict[str, lazy] = {
    "missing": lazy("必填，请填写。"),
    "string_type": lazy("应为文字。"),
    "string_too_short": lazy("至少 %(min_length)s 个字。"),
    "string_too_long": lazy("最多 %(max_length)s 个字。"),
    "string_pattern_mismatch": lazy("格式不符，应匹配 %(pattern)s。"),
    "too_short": lazy("至少 %(min_length)s 项。"),
    "too_long": lazy("最多 %(max_length)s 项。"),
    "int_type": lazy("应为整数，例如 12。"),
    "int_parsing": lazy("应为整数，例如 12。"),
    "int_parsing_size": lazy("数字太大。"),
    "int_from_float": lazy("应为整数，例如 12。"),
    "float_type": lazy("应为数字，例如 12.5。"),
    "float_parsing": lazy("应为数字，例如 12.5。"),
    "decimal_type": lazy("应为数字，例如 2300.00。"),
    "decimal_parsing": lazy("应为数字，例如 2300.00。"),
    "decimal_max_places": lazy("最多 %(decimal_places)s 位小数。"),
    "finite_number": lazy("应为有限的数字。"),
    "bool_type": lazy("应为 true 或 false。"),
    "bool_parsing": lazy("应为 true 或 false。"),
    "greater_than": lazy("应大于 %(gt)s。"),
    "greater_than_equal": lazy("应不小于 %(ge)s。"),
    "less_than": lazy("应小于 %(lt)s。"),
    "less_than_equal": lazy("应不大于 %(le)s。"),
    "enum": lazy("应为以下之一：%(expected)s。"),
    "literal_error": lazy("应为以下之一：%(expected)s。"),
    "list_type": lazy("应为列表。"),
    "dict_type": lazy("应为对象。"),
    "model_type": lazy("应为对象。"),
    "model_attributes_type": lazy("应为对象，请检查 Content-Type 是否为 application/json。"),
    "extra_forbidden": lazy("没有这个字段，请删除或更正名称。"),
    "json_invalid": lazy("不是合法的 JSON（第 %(position)s 个字符附近）。"),
    "date_type": lazy("应为日期，例如 2025-03-03。"),
    "date_parsing": lazy("应为日期，例如 2025-03-03。"),
    "date_from_datetime_parsing": lazy("应为日期，例如 2025-03-03。"),
    "datetime_type": lazy("应为时间，例如 2025-03-03T09:30:00+08:00。"),
    "datetime_parsing": lazy("应为时间，例如 2025-03-03T09:30:00+08:00。"),
    "datetime_from_date_parsing": lazy("应为时间，例如 2025-03-03T09:30:00+08:00。"),
    "datetime_object_invalid": lazy("应为时间，例如 2025-03-03T09:30:00+08:00。"),
    "timezone_aware": lazy("时间应带时区，例如 2025-03-03T09:30:00+08:00。"),
}
OTHERWISE = lazy("内容不符合要求。")


def explain(findings: Iterable[Any]) -> list[FieldError]:
    """Return one message for each finding, with the field's name as the caller sent it."""
    return [_explain(finding) for finding in findings]


def _explain(finding: Mapping[str, Any]) -> FieldError:
    kind = str(finding["type"])
    values = dict(finding.get("ctx") or {})
    location: Sequence[Any] = finding.get("loc", ())
    if kind == "json_invalid":
        values["position"] = location[-1] if location else 0
        return FieldError("body", str(MESSAGES[kind]) % values)
    if kind == "value_error":  # raised by our own validators: already a message of ours
        return FieldError(_field(location), _(str(values.get("error", "")) or str(OTHERWISE)))
    try:
        message = str(MESSAGES.get(kind, OTHERWISE)) % values
    except KeyError:
        message = str(OTHERWISE)
    return FieldError(_field(location), message)


def _field(location: Sequence[Any]) -> str:
    parts = [str(part) for part in location]
    if len(parts) > 1 and parts[0] in PLACES:
        parts = parts[1:]
    return ".".join(parts) or "body"
