"""The evidence of a penalty: its lines and, for every verdict they rest on, the file that recomputes it.

`shoushi verify FILE` needs nothing but the file: lines are linked again, the life is replayed, each verdict
is judged anew from its events, and the amount must be what the verdict says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from kernel.crypto import canonical_json, sm3_hex
from sla.evidence import verify_evidence
from sla.penalties import rules
from sla.penalties.ledger import LINKED, entry_digest

FORM = "shoushi-penalty-1"


def build(
    number: str, incident: str, clause: str, lines: Sequence[Any], verdicts: Mapping[int, dict[str, Any]]
) -> dict[str, Any]:
    """Return the evidence as JSON-like values; `verdicts` are evidence files by verdict version."""
    content = {
        "form": FORM,
        "penalty": number,
        "incident": incident,
        "clause": clause,
        "lines": [{name: getattr(line, name) for name in (*LINKED, "digest")} for line in lines],
        "verdicts": [{"version": version, "evidence": each} for version, each in verdicts.items()],
    }
    plain: dict[str, Any] = json.loads(canonical_json(content))
    return {**plain, "digest": sm3_hex(canonical_json(plain))}


def verify_penalty(evidence: Mapping[str, Any]) -> list[str]:
    """Return what does not agree, in Chinese; nothing is raised, whatever the file holds."""
    try:
        content = {key: value for key, value in evidence.items() if key != "digest"}
        whole = sm3_hex(canonical_json(content)) == evidence["digest"]
        problems = [] if whole else ["文件摘要不符：内容与生成时不同"]
        return problems + _links(evidence) + _life(evidence["lines"]) + _verdicts(evidence)
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError):
        return ["不是完整的违约记录证据：有缺失或无法复算的内容"]


def _links(evidence: Mapping[str, Any]) -> list[str]:
    previous, problems = None, []
    for place, line in enumerate(evidence["lines"], start=1):
        if line["seq"] != place or entry_digest(previous, evidence["penalty"], line) != line["digest"]:
            problems.append(f"第 {place} 条分录与链不符：被修改、删除或调换")
        previous = line["digest"]
    return problems


def _life(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    try:
        rules.replay(Decimal(lines[0]["amount"]), [(each["type"], Decimal(each["amount"])) for each in lines])
    except rules.Impossible as error:
        return [f"分录不能成立：{error}"]
    except IndexError:
        return ["没有分录"]
    return []


def _verdicts(evidence: Mapping[str, Any]) -> list[str]:
    problems, penalties = [], {}
    for each in evidence["verdicts"]:
        version, file = each["version"], each["evidence"]
        penalties[version] = file["result"]["penalty"]
        problems += [f"评判第{version}版：{problem}" for problem in verify_evidence(file)]
        if file["incident"] != evidence["incident"]:
            problems.append(f"评判第{version}版属于另一起故障")
    for line in evidence["lines"]:
        if line["verdict_version"] not in penalties:
            problems.append(f"第 {line['seq']} 条分录缺少评判第{line['verdict_version']}版")
        elif line["type"] == rules.PROPOSED and penalties[line["verdict_version"]] != line["amount"]:
            problems.append(f"第 {line['seq']} 条分录的金额与评判不符")
    return problems
