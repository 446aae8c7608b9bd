"""Reading the roster's forms."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Path
from starlette.datastructures import FormData

from kernel.errors import Invalid
from oa.affairs.duty import rules
from oa.affairs.duty.service import Cells

MONTH = r"^20\d\d-(0[1-9]|1[0-2])$"
Month = Annotated[str, Path(pattern=MONTH)]


def text(form: FormData, name: str) -> str:
    """Return a field, stripped."""
    return str(form.get(name, "")).strip()


def number(value: object, field: str) -> int:
    """Return a person's id or another small number."""
    found = str(value)
    if not found.isascii() or not found.isdecimal() or len(found) > 9:
        raise Invalid.field(field, "请从列表中选择。")
    return int(found)


def cells(form: FormData, month: str) -> Cells:
    """Return who was chosen for each day and role."""
    return {
        (day, role): number(value, "person")
        for day in rules.days_of(month)
        for role in rules.ROLE_LABELS
        if (value := text(form, f"{day:%d}-{role}"))
    }


def role(form: FormData) -> str:
    """Return the role that was chosen."""
    found = text(form, "role")
    if found not in rules.ROLE_LABELS:
        raise Invalid.field("role", "请从列表中选择。")
    return found


def time(form: FormData, name: str, zone: ZoneInfo) -> datetime:
    """Return a local time; a zone of its own is kept."""
    try:
        found = datetime.fromisoformat(text(form, name))
    except ValueError:
        raise Invalid.field(name, "时间应为 2025-03-03T09:30 这样的格式。") from None
    if not 2000 <= found.year <= 2999:
        raise Invalid.field(name, "时间应为 2025-03-03T09:30 这样的格式。")
    return found if found.tzinfo else found.replace(tzinfo=zone)


def span(form: FormData, zone: ZoneInfo) -> rules.Span:
    """Return who takes over which role from when until when."""
    person = number(form.get("person", ""), "person")
    return rules.Span(role(form), person, time(form, "from", zone), time(form, "to", zone))
