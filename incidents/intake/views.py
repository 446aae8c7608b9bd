"""Words and tones of alerts for the templates."""

from __future__ import annotations

from typing import Any

from incidents.intake.classes import table_of
from incidents.intake.rules import FIRING, RESOLVED
from kernel.web.i18n import gettext as _

STATUS_LABELS = {FIRING: "告警中", RESOLVED: "已恢复"}
TONES = {FIRING: "over", RESOLVED: "ok"}


def alert_word(status: str) -> str:
    """Return the word for an alert's status, in the reader's language."""
    return _(STATUS_LABELS[status])


def rule_name(name: str) -> str:
    """Return a rule's name in the reader's language."""
    return table_of(None).name_of(name)


SHARED: dict[str, Any] = {"alert_word": alert_word, "alert_tones": TONES, "rule_name": rule_name}
"""What every template that shows alerts needs."""
