"""A probe as people, programs and files write it: one form for all three, checked in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from incidents.monitoring.probes import KIND_LABELS, KINDS, Spec
from incidents.monitoring.rules import Limits, window_of
from kernel.errors import FieldError, Invalid
from kernel.web.i18n import gettext as _
from kernel.web.validation import explain
from sla.contract import Contract

Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,58}$", description="short name, never changes")]


class ProbeIn(BaseModel):
    """What to ask, how often, when it counts as down, and which fault that is."""

    model_config = ConfigDict(extra="forbid")

    key: Key
    name: str = Field(min_length=1, max_length=120)
    kind: str = Field(max_length=20)
    spec: dict[str, Any] = Field(default_factory=dict)
    interval: int = Field(default=60, ge=5, le=86_400, description="seconds between checks")
    timeout: float = Field(default=10, ge=0.1, le=120, description="seconds a check may take in all")
    failures: int = Field(default=3, ge=1, le=100, description="failures in a row that make it down")
    recoveries: int = Field(default=2, ge=1, le=100, description="successes in a row that make it up again")
    module: str | None = Field(default=None, max_length=40)
    payer: str | None = Field(default=None, max_length=40)
    fault_class: str | None = Field(default=None, max_length=40)
    windows: list[str] = Field(default_factory=list, max_length=50, description="maintenance windows")
    enabled: bool = True

    @property
    def limits(self) -> Limits:
        """The thresholds as the rules take them."""
        return Limits(self.failures, self.recoveries)


def read(raw: Mapping[str, Any]) -> ProbeIn:
    """Read a probe; 422 names each wrong field."""
    try:
        return ProbeIn.model_validate(raw)
    except ValidationError as error:
        raise _refused(error, "") from None


def spec_of(kind: str, values: Mapping[str, Any]) -> Spec:
    """Read a spec; 422 names each wrong field as `spec.…`."""
    if kind not in KINDS:
        known = ", ".join(KIND_LABELS)
        raise Invalid.field("kind", _("没有这种探测；可用：%(known)s。", known=known))
    try:
        return KINDS[kind].spec.model_validate(values)
    except ValidationError as error:
        raise _refused(error, "spec.") from None


def _refused(error: ValidationError, prefix: str) -> Invalid:
    found = [FieldError(prefix + e.field, e.message) for e in explain(error.errors())]
    return Invalid(" ".join(e.message for e in found), errors=found)


def check(contract: Contract, told: ProbeIn) -> None:
    """Refuse what no single field is wrong with: times that don't fit, names the contract doesn't know."""
    errors = []
    if told.timeout >= told.interval:
        errors.append(FieldError("timeout", "超时应短于间隔。"))
    for name, known in (
        ("module", contract.modules),
        ("payer", contract.payers),
        ("fault_class", contract.fault_classes),
    ):
        value = getattr(told, name)
        if value is not None and value not in known:
            errors.append(
                FieldError(
                    name, _("合同中没有 %(key)s；可用：%(known)s。", key=value, known=", ".join(known))
                )
            )
    for line in told.windows:
        try:
            window_of(line)
        except ValueError:
            words = _(
                "“%(line)s”看不懂；请写成 02:00-03:00、7 02:00-04:00 或 2026-03-03 01:00/2026-03-03 03:00。",
                line=line,
            )
            errors.append(FieldError("windows", words))
    if errors:
        raise Invalid(" ".join(_(e.message) for e in errors), errors=errors)


def secret_names(spec: type[Spec]) -> list[str]:
    """Return the fields that are written and never shown."""
    return [name for name, field in spec.model_fields.items() if "SecretStr" in str(field.annotation)]


def divided(spec: Spec) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what may be shown of a spec, and its secrets."""
    names = secret_names(type(spec))
    secrets = {
        n: value.get_secret_value()
        for n in names
        if isinstance(value := getattr(spec, n), SecretStr) and value
    }
    return spec.model_dump(mode="json", exclude=set(names)), secrets
