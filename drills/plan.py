"""A drill's plan: scenario, hosts, people, window and limits; YAML, checked on the way in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from kernel.crypto import canonical_json, sm3_hex
from kernel.errors import FieldError, Invalid
from kernel.web.i18n import gettext as _
from playbooks import inventory
from playbooks.catalogue import Entry
from playbooks.durations import Duration, written
from playbooks.inventory import Host
from playbooks.schema import Scenario, Step

LEVEL_LABELS = ("总体", "专项", "部门", "现场处置")
LOCAL = "local"
LONGEST = 256 * 1024
WINDOW_MOST = timedelta(days=2)
RTO_MARGIN = 3.0
"""A service that is not back after so many times its limit will not come back by waiting."""
PATIENCE = 1800.0
SECRET_NAMES = ("password", "passwd", "secret", "token")
Username = Annotated[str, Field(min_length=1, max_length=64)]


class Part(BaseModel):
    """A part of a plan; what is not named here is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Reference(Part):
    """The emergency plan that is being exercised: its level, document and revision."""

    level: Literal["总体", "专项", "部门", "现场处置"] = "专项"
    document: str = Field(min_length=1, max_length=120)
    revision: str = Field(default="", max_length=40)


class Window(Part):
    """When it may run."""

    begins: AwareDatetime
    ends: AwareDatetime

    @model_validator(mode="after")
    def _ordered(self) -> Window:
        if not self.begins < self.ends:
            raise ValueError("结束应晚于开始。")
        if self.ends - self.begins > WINDOW_MOST:
            raise ValueError("时间窗口最长两天。")
        return self


class Roles(Part):
    """Who does what, by user name: B's people run it, A's watch and judge it."""

    director: Username
    safety: Username
    responders: tuple[Username, ...] = Field(min_length=1, max_length=20)
    supervisor: Username
    evaluator: Username

    def everybody(self) -> list[str]:
        """Return each person once."""
        return list(
            dict.fromkeys([self.director, self.safety, *self.responders, self.supervisor, self.evaluator])
        )


class Tighter(Part):
    """Limits stricter than the scenario's; a plan can never loosen one."""

    rto: Duration | None = None
    rpo_rows: int | None = Field(default=None, ge=0)
    steps: dict[str, Duration] = Field(default_factory=dict)


class Plan(Part):
    """What is approved, run and judged."""

    scenario: str = Field(max_length=40)
    title: str = Field(min_length=1, max_length=200)
    reference: Reference
    form: Literal["live", "tabletop", "demonstration"]
    window: Window
    inventory: str = Field(default=LOCAL, max_length=inventory.LONGEST)
    """`local` for the scenario's own lab on this machine, or the text of a YAML inventory."""
    vars: dict[str, str | int | float | bool] = Field(default_factory=dict)
    roles: Roles
    modules: tuple[str, ...] = Field(min_length=1)
    payers: tuple[str, ...] = Field(min_length=1)
    limits: Tighter = Tighter()

    @field_validator("vars")
    @classmethod
    def _no_secrets(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name in value:
            if any(word in name.lower() for word in SECRET_NAMES):
                words = _("方案不能含有口令（%(name)s）：请放入口令文件，见 docs/drills.md。", name=name)
                raise ValueError(words)
        return value

    @property
    def local(self) -> bool:
        """Whether it builds its own lab on this machine."""
        return self.inventory.strip() == LOCAL


def read(text: str) -> Plan:
    """Return the plan; 422 names every field that is wrong."""
    if len(text) > LONGEST:
        raise Invalid.field("plan", "方案过长。")
    try:
        said: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Invalid.field("plan", _("方案不是正确的 YAML：%(why)s", why=str(error))) from None
    if not isinstance(said, dict):
        raise Invalid.field("plan", "方案应为 YAML：名称与值的对应。")
    return validated(said)


def validated(said: dict[str, Any]) -> Plan:
    """Return the plan that these values make; 422 names every field that is wrong."""
    try:
        return Plan.model_validate(said)
    except ValidationError as error:
        errors = [_field_error(each) for each in error.errors()]
        raise Invalid(_("；").join(f"{e.field}：{_(e.message)}" for e in errors), errors=errors) from None


WORDS = {
    "missing": "必须填写。",
    "extra_forbidden": "没有这一项。",
    "string_too_short": "必须填写。",
    "too_short": "至少填写一项。",
    "string_too_long": "过长。",
    "timezone_aware": "时间应带时区，例如 2026-03-03T09:00:00+08:00。",
    "datetime_parsing": "时间应写作 2026-03-03T09:00:00+08:00。",
    "datetime_from_date_parsing": "时间应写作 2026-03-03T09:00:00+08:00。",
}


def _field_error(each: Any) -> FieldError:
    place = ".".join(str(part) for part in each["loc"]) or "plan"
    if each["type"] in ("value_error", "assertion_error"):
        return FieldError(place, str(each["ctx"]["error"]))
    if each["type"] == "literal_error":
        return FieldError(place, _("应为：%(known)s", known=each["ctx"]["expected"]))
    return FieldError(place, WORDS.get(each["type"], each["msg"]))


def write(plan: Plan) -> str:
    """Return the plan as YAML, durations as people write them."""
    said = plan.model_dump(mode="json", exclude_defaults=False)
    limits = said["limits"]
    if limits["rto"] is not None:
        limits["rto"] = written(limits["rto"])
    limits["steps"] = {name: written(value) for name, value in limits["steps"].items()}
    return yaml.safe_dump(said, allow_unicode=True, sort_keys=False)


class Resolved:
    """A plan together with its scenario: what will really be run, and by which limits it is judged."""

    def __init__(self, plan: Plan, entry: Entry[Scenario], contract_limit: timedelta) -> None:
        self.plan, self.entry, self.scenario = plan, entry, entry.what
        self.contract_limit = contract_limit.total_seconds()
        self._check()

    def _check(self) -> None:
        errors = []
        known = {step.id: step.limit for step in self.scenario.response}
        for name, limit in self.plan.limits.steps.items():
            if name not in known:
                errors.append(FieldError("limits.steps", _("没有步骤“%(name)s”。", name=name)))
            elif limit > known[name]:
                errors.append(FieldError("limits.steps", _("步骤“%(name)s”的时限只能收紧。", name=name)))
        if self.plan.limits.rto is not None and self.rto_limit != self.plan.limits.rto:
            errors.append(FieldError("limits.rto", "恢复时限只能收紧，不能超过场景和合同的时限。"))
        allowed, wanted = self.scenario.success.rpo_rows, self.plan.limits.rpo_rows
        if wanted is not None and (allowed is None or wanted > allowed):
            errors.append(FieldError("limits.rpo_rows", "允许丢失的行数只能收紧。"))
        if (self.plan.form == "tabletop") != (self.scenario.form == "tabletop"):
            errors.append(FieldError("form", "演练形式应与场景一致：桌面推演的场景没有注入。"))
        if unknown := sorted(set(self.plan.vars) - set(self.scenario.vars)):
            words = _(
                "场景没有变量“%(name)s”；可用：%(known)s",
                name=unknown[0],
                known="、".join(self.scenario.vars),
            )
            errors.append(FieldError("vars", words))
        if errors:
            raise Invalid(_("；").join(_(e.message) for e in errors), errors=errors)
        self.hosts()

    @property
    def rto_limit(self) -> float | None:
        """Seconds until the service must be back: the strictest of plan, scenario and contract."""
        if not self.scenario.live:
            return None
        named = [limit for limit in (self.plan.limits.rto, self.scenario.success.rto) if limit is not None]
        return min([*named, self.contract_limit])

    @property
    def rpo_limit(self) -> int | None:
        """Rows that may be lost, None when nothing is counted."""
        tighter = self.plan.limits.rpo_rows
        return self.scenario.success.rpo_rows if tighter is None else tighter

    def limit_of(self, step: Step) -> float:
        """Seconds a response step may take."""
        return self.plan.limits.steps.get(step.id, step.limit)

    @property
    def waits(self) -> float:
        """Seconds after which a service that is not back counts as lost."""
        limit = self.rto_limit or PATIENCE
        return min(limit * RTO_MARGIN, limit + PATIENCE)

    @property
    def inventory(self) -> str:
        """The text of the inventory."""
        return self.entry.inventory() if self.plan.local else self.plan.inventory

    @property
    def inventory_source(self) -> str | Path:
        """What ansible is given: the scenario's own file, from which others are named, or the text."""
        return self.entry.folder / "inventory.local.yml" if self.plan.local else self.plan.inventory

    def hosts(self) -> list[Host]:
        """Return the hosts, sorted by name; none for a tabletop drill. A scenario's own lab is a lab."""
        if not self.scenario.live:
            return []
        found = inventory.read(self.inventory)
        return [replace(host, tier=host.tier or "lab") for host in found] if self.plan.local else found

    def frozen(self) -> str:
        """Return the SM3 of everything an approval covers: any change makes it another one."""
        hosts = [[host.name, host.address, host.tier] for host in self.hosts()]
        covered = [
            sm3_hex(write(self.plan).encode()),
            self.entry.checksum,
            sm3_hex(self.inventory.encode()),
            hosts,
        ]
        return sm3_hex(canonical_json(covered))

    def longest(self) -> float:
        """Seconds after which the whole drill is over, whatever happens."""
        steps = sum(self.limit_of(step) * 2 for step in self.scenario.response)
        return steps + sum(each.timeout for each in self.scenario.injections) + self.waits


def outline(entry: Entry[Scenario], begins: datetime, roles: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the values of a new plan for a scenario, to be filled in."""
    what = entry.what
    return {
        "scenario": what.id,
        "title": f"{what.title.zh}演练",
        "reference": {"level": "专项", "document": "", "revision": ""},
        "form": what.form,
        "window": {"begins": begins.isoformat(), "ends": (begins + timedelta(hours=4)).isoformat()},
        "inventory": LOCAL,
        "vars": {},
        "roles": roles,
        "modules": list(what.modules),
        "payers": [],
        "limits": {},
    } | more
