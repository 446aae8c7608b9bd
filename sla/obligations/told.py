"""A fact as somebody tells it, and whether its fields are what its kind asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from kernel.errors import FieldError, Invalid
from kernel.web.i18n import gettext as _
from sla.contract import Contract
from sla.obligations.facts import FIELD_LABELS, Kind
from sla.obligations.lateness import FEN

TEXT_MAX = 4000
MOST = Decimal("9999999999.99")


@dataclass(frozen=True, slots=True)
class Told:
    """A fact as somebody tells it; amounts as text or number, checked here."""

    kind: str
    on: date | None = None
    payer: str | None = None
    instalment: str | None = None
    subject: str | None = None
    amount: str | None = None
    outcome: str | None = None
    until: date | None = None
    text: str | None = None
    withdraws: int | None = None


def checked(contract: Contract, kind: Kind, told: Told, now: datetime) -> Decimal | None:
    """Return the amount; 422 with every field that is missing, unknown or does not belong."""
    errors = [*_missing(kind, told), *_unknown(contract, kind, told), *_wrong_days(contract, told, now)]
    amount = None
    try:
        amount = _amount(told.amount)
    except Invalid as error:
        errors += error.errors
    if errors:
        raise Invalid(" ".join(_(each.message) for each in errors), errors=errors)
    return amount


def _missing(kind: Kind, told: Told) -> list[FieldError]:
    errors = []
    for name, label in FIELD_LABELS.items():
        value = getattr(told, name)
        given = value is not None and (not isinstance(value, str) or bool(value.strip()))
        if name in kind.needs and not given:
            errors.append(FieldError(name, _("请填写%(field)s。", field=_(label))))
        elif given and name not in (*kind.needs, *kind.may, "withdraws"):
            words = _("“%(kind)s”没有%(field)s这一项。", kind=_(kind.label), field=_(label))
            errors.append(FieldError(name, words))
    if told.text and len(told.text) > TEXT_MAX:
        errors.append(FieldError("text", _("说明过长，请控制在%(most)s字以内。", most=TEXT_MAX)))
    return errors


def _unknown(contract: Contract, kind: Kind, told: Told) -> list[FieldError]:
    choices = {
        "payer": contract.payers,
        "instalment": {each.key: each for each in contract.instalments},
        "outcome": kind.outcomes or {},
    }
    return [
        FieldError(name, _("应为：%(known)s", known=", ".join(known)))
        for name, known in choices.items()
        if (value := getattr(told, name)) and known and value not in known
    ]


def _wrong_days(contract: Contract, told: Told, now: datetime) -> list[FieldError]:
    today, errors = today_of(contract, now), []
    if told.on and not contract.signed <= told.on <= today:
        words = _("日期应在签订日%(a)s与今天%(b)s之间。", a=contract.signed, b=today)
        errors.append(FieldError("on", words))
    if told.kind == "assessment" and told.outcome == "failed" and told.until is None:
        errors.append(FieldError("until", "考核不合格，请填写整改期限。"))
    if told.until and told.until <= (told.on or today):
        errors.append(FieldError("until", "整改期限应晚于考核日期。"))
    return errors


def _amount(text: str | None) -> Decimal | None:
    if text is None or not str(text).strip():
        return None
    try:
        value = Decimal(str(text).strip().replace(",", ""))
    except InvalidOperation:
        raise Invalid.field("amount", "金额应为数字，例如 450000.00。") from None
    if not value.is_finite() or not 0 < value <= MOST:
        raise Invalid.field("amount", "金额应大于零。")
    if value != value.quantize(FEN):
        raise Invalid.field("amount", "金额最多两位小数。")
    return value.quantize(FEN)


def today_of(contract: Contract, now: datetime) -> date:
    """Return the day it is where the contract is at home."""
    return now.astimezone(contract.zone).date()
