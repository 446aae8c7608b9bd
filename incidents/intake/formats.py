"""What sources send, read straight from the bytes: Alertmanager's webhook version 4, and our generic alert.

Alertmanager's labels are taken as they come, because nobody reads its log: what the contract does not know is
listed and decides nothing. A sender of generic alerts is told at once what is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from incidents.intake.rules import FINGERPRINT_MOST, Alert
from kernel.errors import FieldError, Invalid
from kernel.web.i18n import gettext as _
from sla.contract import Contract

MOST = 1_000
"""Generic alerts in one request."""
MAX_BYTES = 5 * 1024 * 1024
ALERTMANAGER = "alertmanager"
_UNKNOWN_WORDS = "合同中没有“%(unknown)s”；可用：%(known)s"
_YEARS = range(1971, 2200)


def _at_last(at: datetime) -> datetime | None:
    """A time before computers or after us all is how Go and others write “none”."""
    return at.astimezone(UTC) if at.year in _YEARS else None


Time = Annotated[AwareDatetime, AfterValidator(_at_last)]
Labels = dict[str, str]


class AlertIn(BaseModel):
    """One generic alert; `module` and `payer` are the contract's keys, several with commas between."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(min_length=1, max_length=60)
    fingerprint: str = Field(default="", max_length=FINGERPRINT_MOST)
    title: str = Field(min_length=1, max_length=200, pattern=r"\S")
    status: Literal["firing", "resolved"] = "firing"
    severity: str | None = Field(default=None, max_length=40)
    fault_class: str | None = None
    module: str | None = Field(default=None, max_length=500)
    payer: str | None = Field(default=None, max_length=500)
    starts_at: Time | None = None
    ends_at: Time | None = None
    labels: Labels = Field(default_factory=dict, max_length=64)
    annotations: Labels = Field(default_factory=dict, max_length=64)

    def value(self) -> Alert:
        """Return it as the rules' value."""
        return Alert(**dict(self))


class ManagedAlert(BaseModel):
    """One alert of an Alertmanager notification."""

    status: Literal["firing", "resolved"]
    labels: Labels
    annotations: Labels = Field(default_factory=dict)
    startsAt: Time | None = None  # noqa: N815 - its own spelling
    endsAt: Time | None = None  # noqa: N815
    generatorURL: str = ""  # noqa: N815
    fingerprint: str = ""

    def value(self) -> Alert:
        """Return it as the rules' value; two Alertmanagers of one cluster send the same alert."""
        words, labels = self.annotations, self.labels
        title = words.get("summary") or words.get("title") or labels.get("alertname") or ""
        return Alert(
            ALERTMANAGER,
            title,
            self.fingerprint,
            self.status,
            labels.get("severity"),
            starts_at=self.startsAt,
            ends_at=self.endsAt,
            labels=labels,
            annotations=words,
        )


class AlertmanagerIn(BaseModel):
    """Alertmanager's webhook, version 4, as its documentation defines it."""

    version: Literal["4"]
    groupKey: str = ""  # noqa: N815
    truncatedAlerts: int = 0  # noqa: N815
    status: Literal["firing", "resolved"] = "firing"
    receiver: str = ""
    groupLabels: Labels = Field(default_factory=dict)  # noqa: N815
    commonLabels: Labels = Field(default_factory=dict)  # noqa: N815
    commonAnnotations: Labels = Field(default_factory=dict)  # noqa: N815
    externalURL: str = ""  # noqa: N815
    alerts: list[ManagedAlert]


class Taken(BaseModel):
    """How many alerts were taken in, and the incidents they belong to."""

    accepted: int
    incidents: list[str]


_MANY = TypeAdapter(Annotated[list[AlertIn], Field(max_length=MOST)])


def read_alertmanager(body: bytes) -> list[Alert]:
    """Return the alerts of a notification; 422 names what is wrong."""
    return [each.value() for each in _read(AlertmanagerIn.model_validate_json, body).alerts]


def read_generic(body: bytes, contract: Contract) -> list[Alert]:
    """Return one alert or a list of them; 422 names what is wrong, and in which alert."""
    if body.lstrip()[:1] == b"[":
        found: Sequence[AlertIn] = _read(_MANY.validate_json, body)
        prefixes = [f"{place}." for place in range(len(found))]
    else:
        found, prefixes = [_read(AlertIn.model_validate_json, body)], [""]
    alerts = [each.value() for each in found]
    errors = [
        e for alert, prefix in zip(alerts, prefixes, strict=True) for e in _wrong(contract, alert, prefix)
    ]
    if errors:
        raise Invalid(_("；").join(dict.fromkeys(_(e.message) for e in errors)), errors=errors)
    return alerts


def _wrong(contract: Contract, alert: Alert, prefix: str) -> list[FieldError]:
    asked = (
        ("fault_class", (alert.fault_class,) if alert.fault_class else (), contract.fault_classes),
        ("module", alert.modules if alert.module else (), contract.modules),
        ("payer", alert.payers if alert.payer else (), contract.payers),
    )
    return [
        FieldError(prefix + name, _(_UNKNOWN_WORDS, unknown=key, known=", ".join(known)))
        for name, keys, known in asked
        for key in keys
        if key not in known
    ]  # fmt: skip


def _read(validate: Any, body: bytes) -> Any:
    try:
        return validate(body)
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_url=False)) from None


def described(*choices: dict[str, Any]) -> dict[str, Any]:
    """Return what the OpenAPI document says of a body that we read ourselves."""
    schema = choices[0] if len(choices) == 1 else {"anyOf": list(choices)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return a model's schema with its parts written out in place."""
    schema = model.model_json_schema()
    parts = schema.pop("$defs", {})
    return {key: _inline(value, parts) for key, value in schema.items()}


def _inline(value: Any, parts: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        if "$ref" in value:
            return _inline(parts[value["$ref"].rpartition("/")[2]], parts)
        return {key: _inline(inner, parts) for key, inner in value.items()}
    return [_inline(inner, parts) for inner in value] if isinstance(value, list) else value
