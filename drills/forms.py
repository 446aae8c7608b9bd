"""Reading the plan form, and filling it from a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from starlette.datastructures import FormData

from drills import plan
from drills.again import Again
from incidents.forms import local_time, text, texts
from kernel.errors import Invalid
from kernel.web.i18n import gettext as _
from playbooks.durations import written

ROLES = ("director", "safety", "supervisor", "evaluator")


def plan_of(form: FormData, scenario: str, zone: ZoneInfo) -> plan.Plan:
    """Read the form as a plan; 422 names the form's fields."""
    try:
        return plan.validated(_said(form, scenario, zone))
    except Invalid as error:
        errors = [each._replace(field=_field(each.field)) for each in error.errors]
        raise Invalid(error.detail, errors=errors) from None


def _field(place: str) -> str:
    """Return the name of the form's field for a place in the plan."""
    first, _dot, rest = place.partition(".")
    if first in ("window", "reference", "roles"):
        return rest.partition(".")[0] or first
    if first == "limits":
        return rest.replace("steps.", "limit-") or "rto"
    return first


def _said(form: FormData, scenario: str, zone: ZoneInfo) -> dict[str, Any]:
    begins, ends = (local_time(text(form, name), name, zone) for name in ("begins", "ends"))
    steps = {
        name.removeprefix("limit-"): value
        for name in form
        if name.startswith("limit-") and (value := text(form, name))
    }
    limits: dict[str, Any] = {"steps": steps}
    if rto := text(form, "rto"):
        limits["rto"] = rto
    if rows := text(form, "rpo_rows"):
        limits["rpo_rows"] = rows
    roles: dict[str, Any] = {name: text(form, name) for name in ROLES}
    return {
        "scenario": scenario,
        "title": text(form, "title"),
        "reference": {name: text(form, name) for name in ("level", "document", "revision")},
        "form": text(form, "form"),
        "window": {
            "begins": begins.isoformat() if begins else "",
            "ends": ends.isoformat() if ends else "",
        },
        "inventory": _inventory(form),
        "vars": _vars(text(form, "vars")),
        "roles": roles | {"responders": texts(form, "responders")},
        "modules": texts(form, "modules"),
        "payers": texts(form, "payers"),
        "limits": limits,
    }


def _inventory(form: FormData) -> str:
    return plan.LOCAL if text(form, "where") != "hosts" else text(form, "inventory") + "\n"


def _vars(typed: str) -> Any:
    if not typed:
        return {}
    try:
        return yaml.safe_load(typed)
    except yaml.YAMLError as error:
        raise Invalid.field("vars", _("变量不是正确的 YAML：%(why)s", why=str(error))) from None


def values_of(wanted: plan.Plan) -> Mapping[str, Any]:
    """Return a plan as the form's values."""
    return {
        "title": wanted.title,
        "level": wanted.reference.level,
        "document": wanted.reference.document,
        "revision": wanted.reference.revision,
        "form": wanted.form,
        "begins": wanted.window.begins,
        "ends": wanted.window.ends,
        "where": "local" if wanted.local else "hosts",
        "inventory": "" if wanted.local else wanted.inventory,
        "vars": yaml.safe_dump(wanted.vars, allow_unicode=True) if wanted.vars else "",
        "director": wanted.roles.director,
        "safety": wanted.roles.safety,
        "supervisor": wanted.roles.supervisor,
        "evaluator": wanted.roles.evaluator,
        "responders": list(wanted.roles.responders),
        "modules": list(wanted.modules),
        "payers": list(wanted.payers),
        "rto": written(wanted.limits.rto) if wanted.limits.rto else "",
        "rpo_rows": "" if wanted.limits.rpo_rows is None else str(wanted.limits.rpo_rows),
    } | {f"limit-{name}": written(value) for name, value in wanted.limits.steps.items()}


def values_again(found: Again) -> Mapping[str, Any]:
    """Return a plan as the form's values for another drill; the time is empty when it must be chosen."""
    window = found.window
    times = {"begins": window.begins if window else "", "ends": window.ends if window else ""}
    return {**values_of(found.plan), **times}


def typed(form: FormData) -> dict[str, Any]:
    """Return what was typed, so that nothing is lost when it has to be corrected."""
    many = ("responders", "modules", "payers")
    return {name: texts(form, name) if name in many else text(form, name) for name in form}
