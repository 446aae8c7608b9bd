"""Judges a whole log and tallies it: one result for JSON, screen, XLSX and page alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sla.audit.log import Log
from sla.contract import Contract
from sla.verdict import EXCLUDED, UNOBSERVED, Verdict, judge

_STATES = ("met", "missed", "pending")


def _zeros() -> dict[str, int]:
    return dict.fromkeys(_STATES, 0)


@dataclass(slots=True)
class AuditResult:
    """The figures of one audit; ``details`` is ``None`` unless asked for. Money is yuan."""

    contract: Contract
    as_of: datetime
    incidents: int = 0
    response: dict[str, int] = field(default_factory=_zeros)
    repair: dict[str, int] = field(default_factory=_zeros)
    provider_repair: dict[str, int] = field(default_factory=_zeros)
    penalty_cases: int = 0
    penalty_total: Decimal = Decimal("0.00")
    data_faults: int = 0
    excluded: int = 0
    unobserved: int = 0
    details: list[dict[str, Any]] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON-like values; money as a string with two decimals."""
        found: dict[str, Any] = {
            "contract": {"key": self.contract.key, "digest": self.contract.digest},
            "as_of": self.as_of.astimezone(self.contract.zone).isoformat(),
            "incidents": self.incidents,
            "response": self.response,
            "repair": self.repair,
            "provider_view": {"repair": self.provider_repair},
            "penalty_cases": self.penalty_cases,
            "penalty_total": str(self.penalty_total),
            "data_faults": self.data_faults,
            "excluded": self.excluded,
            "unobserved": self.unobserved,
        }
        if self.details is not None:
            found["details"] = self.details
        return found

    def count(self, verdict: Verdict, data_faults: int) -> None:
        """Add one incident's verdict to the figures."""
        self.incidents += 1
        for tally, clock in (
            (self.response, verdict.response),
            (self.repair, verdict.repair),
            (self.provider_repair, verdict.provider_repair),
        ):
            if clock.state in tally:
                tally[clock.state] += 1
        self.excluded += verdict.repair.state == EXCLUDED
        self.unobserved += UNOBSERVED in (verdict.response.state, verdict.repair.state)
        self.penalty_cases += verdict.penalty_cases
        self.penalty_total += verdict.penalty
        self.data_faults += verdict.data_faults + data_faults


def audit_log(contract: Contract, log: Log, *, details: bool = False) -> AuditResult:
    """Return the figures of a log, with one entry per incident when ``details`` are asked for."""
    result = AuditResult(contract, log.as_of, details=[] if details else None)
    for case in log.cases:
        verdict = judge(contract, case.events, case.as_of)
        result.count(verdict, case.data_faults)
        if result.details is not None:
            result.details.append(detail(case.incident, verdict))
    return result


def detail(incident: str, verdict: Verdict) -> dict[str, Any]:
    """Return one incident's entry of ``details`` (contract.md §4)."""
    zone = verdict.contract.zone
    backup, provider, major = verdict.backup_obligation, verdict.provider_repair, verdict.major_since
    return {
        "incident": incident,
        "fault_class": verdict.fault_class,
        "response": {
            "state": verdict.response.state,
            "due_at": verdict.response.due_at.astimezone(zone).isoformat(),
        },
        "repair": {"state": verdict.repair.state},
        "counted_seconds": verdict.repair.counted_seconds,
        "provider_view": {
            "repair": {"state": provider.state},
            "counted_seconds": provider.counted_seconds,
        },
        "major_since": major and major.astimezone(zone).isoformat(),
        "slots": verdict.slots,
        "backup_obligation": backup
        and {"due_at": backup.due_at.astimezone(zone).isoformat(), "state": backup.state},
        "penalty": str(verdict.penalty),
    }
