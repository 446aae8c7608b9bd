"""Reading the pages' forms: local times, lists, and errors beside their fields."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData

from incidents.reporting import Report
from kernel.errors import AppError, FieldError, Invalid
from kernel.web.forms import FormState
from kernel.web.i18n import gettext as _

MANY = ("modules", "payers", "incidents")
_NO_PAYERS = FieldError("payers", "请选择受影响的单位。")
_NO_MODULES = FieldError("modules", "请选择受影响的模块。")


def local_time(text: str, field: str, zone: ZoneInfo) -> datetime | None:
    """Read a datetime-local value as a time in the contract's zone; empty is None."""
    if not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Invalid.field(field, "时间应为 2025-03-03T09:30 这样的格式。") from None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def texts(form: FormData, name: str) -> list[str]:
    """Return all values of a repeated field."""
    return [v for v in form.getlist(name) if isinstance(v, str) and v]


def text(form: FormData, name: str) -> str:
    """Return a field's value, stripped."""
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def report_of(form: FormData, zone: ZoneInfo) -> Report:
    """Read the report form; 422 names the fields."""
    modules, payers = texts(form, "modules"), texts(form, "payers")
    if missing := [e for chosen, e in ((payers, _NO_PAYERS), (modules, _NO_MODULES)) if not chosen]:
        raise Invalid(" ".join(_(e.message) for e in missing), errors=missing)
    return Report(
        title=text(form, "title"),
        fault_class=text(form, "fault_class"),
        modules=modules,
        payers=payers,
        occurred_at=local_time(text(form, "occurred_at"), "occurred_at", zone),
        reported_at=local_time(text(form, "reported_at"), "reported_at", zone),
        reporter=text(form, "reporter") or None,
        text=text(form, "text") or None,
    )


def event_fields(form: FormData, kind: str, zone: ZoneInfo) -> dict[str, Any]:
    """Read an event form's fields, as the API would get them."""
    fields: dict[str, Any] = {"text": text(form, "text") or None}
    for name in ("fault_class", "claim", "reason", "into"):
        if text(form, name):
            fields[name] = text(form, name)
    for name in ("from", "to"):
        if text(form, name):
            fields[name] = local_time(text(form, name), name, zone)
    if kind == "scope_changed":
        fields["modules"], fields["payers"] = texts(form, "modules"), texts(form, "payers")
    return fields


def event_moment(form: FormData, zone: ZoneInfo) -> tuple[datetime | None, int | None]:
    """Read when an event was (None: now) and which version of the page it was made on."""
    version = text(form, "version")
    at = local_time(text(form, "at"), "at", zone)
    return at, int(version[:18]) if version.isdecimal() else None


def state_of(form: FormData, error: AppError | None) -> FormState:
    """Return what was typed and what is wrong with it, for the form to show again."""
    values = {name: texts(form, name) if name in MANY else text(form, name) for name in form}
    return FormState.refused(values, error) if error else FormState(values)
