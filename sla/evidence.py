"""Evidence files: one incident with its contract, events and verdict, recomputable with no database.

Each event carries a link, the SM3 over itself and the link before it, so that a change, a gap or a swap
can be named by its place. A digest over the whole file closes it. This shows that a file still says what
it said; that nobody wrote another one needs its digest kept elsewhere (the platform's audit chain).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kernel.crypto import canonical_json, sm3_hex
from kernel.web.i18n import gettext as _
from sla.audit.interchange import load_json
from sla.audit.reader import InputError
from sla.contract import Contract
from sla.contract_file import ContractError, parse_contract
from sla.events import Event, EventError, parse_event, parse_time, to_interchange
from sla.fold import NotStartedError
from sla.verdict import Verdict, judge

FORM = "shoushi-evidence-1"
_LONGEST = 64 << 20
_KEYS = frozenset(
    (
        "form",
        "incident",
        "as_of",
        "contract_digest",
        "contract",
        "events",
        "links",
        "result",
        "verdict",
        "digest",
    )
)


def build_evidence(
    contract_text: str, events: Sequence[Event], as_of: datetime, verdict: Verdict, *, incident: str = "1"
) -> dict[str, Any]:
    """Return the evidence of one incident's verdict at ``as_of`` as JSON-like values.

    ``contract_text`` is the contract file the verdict was reached by (``Contract.text``). Events later
    than ``as_of`` had no part in it and are left out.
    """
    counted = sorted(
        (event for event in events if event.at <= as_of), key=lambda event: (event.at, event.seq)
    )
    lines = [json.loads(canonical_json(to_interchange(incident, event))) for event in counted]
    evidence: dict[str, Any] = {
        "form": FORM,
        "incident": incident,
        "as_of": as_of.astimezone(verdict.contract.zone).isoformat(),
        "contract_digest": verdict.contract.digest,
        "contract": contract_text,
        "events": lines,
        "links": _links(lines),
        "result": verdict.as_dict(),
        "verdict": verdict.digest(),
    }
    return {**evidence, "digest": _closing(evidence)}


def read_evidence(path: str) -> dict[str, Any]:
    """Return the evidence in a file; raises ``InputError`` for one that holds no JSON object."""
    from pathlib import Path

    try:
        with Path(path).open("rb") as file:
            raw = file.read(_LONGEST + 1)
    except (OSError, ValueError) as error:
        raise InputError(path, "无法读取（%(why)s）", why=getattr(error, "strerror", None) or error) from None
    if len(raw) > _LONGEST:
        raise InputError(path, "证据文件过大")
    try:
        found = load_json(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(path, "不是 UTF-8 文本", raw.count(b"\n", 0, error.start) + 1) from None
    except json.JSONDecodeError as error:
        raise InputError(path, "JSON 格式错误（%(why)s）", error.lineno, error.colno, why=error.msg) from None
    except (ValueError, RecursionError) as error:
        raise InputError(path, "不是可读的 JSON（%(why)s）", why=error) from None
    if not isinstance(found, dict):
        raise InputError(path, "不是证据文件", 1, 1)
    return found


def verify_evidence(evidence: Mapping[str, Any]) -> list[str]:
    """Return what does not agree, in the reader's language; nothing when everything was recomputed alike.

    Only the evidence itself is used. Nothing is raised, whatever it holds.
    """
    problems = _shape(evidence)
    if problems:
        return problems
    try:
        if _closing(evidence) != evidence["digest"]:
            problems.append(_("文件摘要不符：内容与生成时不同"))
        problems.extend(_chain(evidence["events"], evidence["links"]))
        contract = parse_contract(evidence["contract"], "合同")
        events = [_event(line, seq, contract, evidence) for seq, line in enumerate(evidence["events"])]
        verdict = judge(contract, events, parse_time(evidence["as_of"], "as_of"))
    except ContractError as error:
        return [*problems, _("合同无法读取：%(why)s", why=error)]
    except (EventError, NotStartedError) as error:
        return [*problems, _("事件无法复算：%(why)s", why=error)]
    except (ValueError, TypeError, RecursionError):
        return [*problems, _("含有无法复算的值")]
    return problems + _compare(evidence, contract, verdict)


def _shape(evidence: Mapping[str, Any]) -> list[str]:
    if evidence.get("form") != FORM:
        return [_("不是本平台的文件，或版本不识别")]
    problems = [_("缺少 %(name)s", name=key) for key in sorted(_KEYS - evidence.keys())]
    problems += [_("多出 %(name)s", name=key) for key in sorted(evidence.keys() - _KEYS)]
    for key, kind in (("events", list), ("links", list), ("result", dict)):
        if key in evidence and not isinstance(evidence[key], kind):
            problems.append(_("%(name)s 的形式不对", name=key))
    for key in ("incident", "as_of", "contract_digest", "contract", "verdict", "digest"):
        if key in evidence and not isinstance(evidence[key], str):
            problems.append(_("%(name)s 应为文本", name=key))
    return problems


def _closing(evidence: Mapping[str, Any]) -> str:
    return sm3_hex(canonical_json({key: value for key, value in evidence.items() if key != "digest"}))


def _links(lines: Sequence[Any]) -> list[str]:
    links: list[str] = []
    link = ""
    for line in lines:
        link = sm3_hex(canonical_json([link, line]))
        links.append(link)
    return links


def _chain(lines: Sequence[Any], links: Sequence[Any]) -> list[str]:
    if len(lines) != len(links):
        return [_("事件 %(a)s 条，链 %(b)s 节：有缺失或增加", a=len(lines), b=len(links))]
    for place, (expected, link) in enumerate(zip(_links(lines), links, strict=True), start=1):
        if expected != link:
            return [_("第 %(n)s 条事件与链不符：被修改、删除或调换", n=place)]
    return []


def _event(line: Any, seq: int, contract: Contract, evidence: Mapping[str, Any]) -> Event:
    incident, event = parse_event(line, seq, contract.fault_classes)
    if incident != evidence["incident"]:
        raise EventError("incident", "第 %(n)s 条事件属于另一起故障", n=seq + 1)
    return event


def _compare(evidence: Mapping[str, Any], contract: Contract, verdict: Verdict) -> list[str]:
    stated, result = evidence["result"], verdict.as_dict()
    problems = [] if contract.digest == evidence["contract_digest"] else [_("合同版本不符")]
    problems += [
        _(
            "结论不符：%(name)s 应为 %(ours)s，文件为 %(theirs)s",
            name=key,
            ours=result.get(key),
            theirs=stated.get(key),
        )
        for key in sorted(result.keys() | stated.keys())
        if key not in stated or key not in result or result[key] != stated[key]
    ]
    if verdict.digest() != evidence["verdict"]:
        problems.append(_("结论摘要不符"))
    return problems
