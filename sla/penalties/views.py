"""What the pages show of a penalty, as plain values for the templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kernel.web.formats import money
from kernel.web.i18n import gettext as _
from sla.cases.models import VerdictRecord
from sla.penalties import rules
from sla.penalties.differences import differences
from sla.penalties.models import Penalty, PenaltyEntry

Names = Mapping[str, str]
"""User name → the name people are known by."""
TONES = {
    rules.PROPOSED: "near",
    rules.CONFIRMED: "info",
    rules.CONTESTED: "near",
    rules.FINAL: "over",
    rules.SETTLED: "met",
    rules.WITHDRAWN: "neutral",
    rules.WAIVED: "neutral",
    rules.REVERSED: "paused",
}
_AHEAD_WORDS = {
    rules.PROPOSED: ("甲方确认或撤回", "乙方接受或提出异议", "生效", "结算扣除"),
    rules.CONFIRMED: ("乙方接受或提出异议", "生效", "结算扣除"),
    rules.CONTESTED: ("甲方维持或免除", "生效", "结算扣除"),
    rules.FINAL: ("结算扣除",),
}


def steps(penalty: Penalty, lines: Sequence[PenaltyEntry], names: Names) -> list[dict[str, Any]]:
    """Return the penalty's life as a stepper: what has happened, who is to move, what comes then."""
    found: list[dict[str, Any]] = [
        {"label": _(rules.ENTRY_LABELS[e.type]), "state": "done", "who": _who(e, names), "at": e.at}
        for e in lines
    ]
    ahead = list(_AHEAD_WORDS.get(penalty.state, ()))
    if penalty.state == rules.REVERSED and penalty.balance:
        ahead = [rules.ENTRY_LABELS[rules.CREDITED]]
    due = penalty.contest_until if penalty.state == rules.CONFIRMED else None
    for place, word in enumerate(ahead):
        state = "todo" if place else "current"
        found.append({"label": _(word), "state": state, "due": None if place else due})
    return found


def _who(line: PenaltyEntry, names: Names) -> str:
    """Name who entered a line; what no person did, the platform did."""
    return _("平台") if line.actor in ("engine", "system", "bus") else names.get(line.actor, line.actor)


def timeline(
    lines: Sequence[PenaltyEntry], verdicts: Mapping[int, VerdictRecord], names: Names
) -> list[dict[str, Any]]:
    """Return the lines as timeline entries, the newest first, with how their verdicts differ."""
    found = []
    before: int | None = None
    for line in lines:
        body = [line.reason] if line.reason else []
        if before is not None and before != line.verdict_version:
            body += differences(verdicts.get(before), verdicts.get(line.verdict_version))
        before = line.verdict_version
        found.append(
            {
                "at": line.at,
                "who": _who(line, names),
                "what": " ".join(
                    [_(rules.ENTRY_LABELS[line.type]), *([money(line.amount)] if line.amount else [])]
                ),
                "tone": "over" if line.amount > 0 else "met" if line.amount < 0 else "neutral",
                "body": "\n".join(body),
            }
        )
    return found[::-1]
