"""Which fault an alert means: the reviewed table of classes.toml, read once and asked often.

Another installation may name a table of its own (SHOUSHI_ALERT_CLASSES); the file says how.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from incidents.intake.rules import Alert
from kernel.errors import ConfigError
from kernel.web.i18n import current_language
from kernel.web.i18n import gettext as _
from sla.contract import Contract

SHIPPED = Path(__file__).with_name("classes.toml")


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: alerts of these names, with these labels, mean a fault of this class."""

    name: str
    name_en: str
    fault_class: str
    alerts: tuple[str, ...] = ()
    labels: Mapping[str, str] | None = None
    opens: bool = True
    """Whether an alert opens an incident; without it the alert is only listed."""

    def covers(self, alert: Alert) -> bool:
        """Whether the row speaks of this alert."""
        named = not self.alerts or any(fnmatchcase(alert.name, pattern) for pattern in self.alerts)
        return named and all(
            fnmatchcase(alert.labels.get(label, ""), pattern)
            for label, pattern in (self.labels or {}).items()
        )


@dataclass(frozen=True, slots=True)
class Table:
    """All rows in order, the last one for everything else, and the spans that intake works with."""

    rules: tuple[Rule, ...]
    window: timedelta
    damping: timedelta
    oldest_start: timedelta
    listed_only: frozenset[str]
    """Severities that open no incident."""

    def rule_for(self, alert: Alert) -> Rule:
        """Return the first row that covers the alert; the last row covers everything."""
        return next(rule for rule in self.rules if rule.covers(alert))

    def opens(self, alert: Alert, rule: Rule) -> bool:
        """Whether the alert may open an incident."""
        return rule.opens and (alert.severity or "").lower() not in self.listed_only

    def name_of(self, rule_name: str) -> str:
        """Return a rule's name in the reader's language."""
        english = next((rule.name_en for rule in self.rules if rule.name == rule_name), None)
        return english if english and current_language() == "en" else _(rule_name)


STATED_WORDS = "告警自带类别"
"""The rule when the alert itself names a class of the contract."""


def classify(table: Table, contract: Contract, alert: Alert) -> tuple[str, Rule]:
    """Return the contract's class of an alert and the rule that says so; what the source states wins."""
    rule = table.rule_for(alert)
    stated = alert.fault_class or alert.labels.get("fault_class")
    if stated in contract.fault_classes:
        return str(stated), Rule(STATED_WORDS, "", str(stated), opens=rule.opens)
    return in_contract(contract, rule.fault_class), rule


def in_contract(contract: Contract, wanted: str) -> str:
    """Return the class itself, or its nearest: the class with backup for hardware, else the plainest one."""
    classes = contract.fault_classes
    if wanted in classes:
        return wanted
    hardware = wanted == "hardware"
    ranked = sorted(classes.values(), key=lambda c: (c.backup != hardware, c.major))
    return ranked[0].key


def table_of(path: Path | None) -> Table:
    """Return the table at `path`, by default the one we ship."""
    return _load(path or SHIPPED)


@cache
def _load(path: Path) -> Table:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        rules = tuple(_rule(row) for row in raw["rule"])
        spans = {name: timedelta(minutes=float(raw["minutes"][name])) for name in SPANS}
        table = Table(rules, **spans, listed_only=frozenset(raw.get("listed_only", ())))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from None
    if not rules or rules[-1].alerts or rules[-1].labels:
        raise ConfigError(f"{path}: the last rule must cover every alert: no alerts, no labels")
    return table


SPANS = ("window", "damping", "oldest_start")


def _rule(row: dict[str, Any]) -> Rule:
    known = {"name", "name_en", "fault_class", "alerts", "labels", "opens"}
    if unknown := set(row) - known:
        raise ValueError(f"rule {row.get('name', '?')}: unknown key {min(unknown)}")
    return Rule(**{**row, "alerts": tuple(row.get("alerts", ()))})
