"""Loads a contract file and refuses one that is wrong, naming the line and the clause or key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from kernel.crypto import canonical_json, sm3_hex
from sla import contract as terms
from sla import contract_sections as sections
from sla.contract_clauses import clauses, readings
from sla.toml_reader import ContractError, Lines, Table

__all__ = ["ContractError", "contract_names", "load_contract", "parse_contract"]

_SHIPPED = Path(__file__).parent / "contracts"
_WHERE = re.compile(r"\(at line (\d+), column (\d+)\)|\(at end of document\)")
_MOST_BYTES = 1 << 20


def contract_names() -> list[str]:
    """Return the names of the contracts that ship with the product."""
    return sorted(path.stem for path in _SHIPPED.glob("*.toml"))


@lru_cache(maxsize=32)
def load_contract(name_or_path: str) -> terms.Contract:
    """Return the contract of a shipped name (``huaibei-2025``) or of a path to a TOML file.

    Raises ``ContractError`` naming file, line and key when there is none or it cannot be used.
    """
    is_path = name_or_path.endswith(".toml") or "/" in name_or_path
    path = Path(name_or_path) if is_path else _SHIPPED / f"{name_or_path}.toml"
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError):
        raise ContractError(name_or_path, 0, "", "没有这份合同，或无法读取") from None
    if len(raw) > _MOST_BYTES:
        raise ContractError(name_or_path, 0, "", "合同文件过大")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ContractError(name_or_path, line, "", "不是 UTF-8 文本") from None
    return parse_contract(text, str(path) if is_path else path.name)


def parse_contract(text: str, file: str) -> terms.Contract:
    """Return the contract a TOML text describes; ``file`` is only the name used in messages.

    Raises ``ContractError`` for bad syntax, missing or unknown keys, wrong types and values, payers whose
    fees do not add up, and references to clauses, options or terms that do not exist.
    """
    text = text.replace("\r\n", "\n")
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax(file, text, error) from None
    except RecursionError:
        raise ContractError(file, 1, "", "嵌套过深") from None
    root = Table(file, Lines(text), raw, "", "")
    found = _contract(root, raw, text)
    root.done()
    return replace(found, digest=sm3_hex(canonical_json(raw)))


def _syntax(file: str, text: str, error: tomllib.TOMLDecodeError) -> ContractError:
    where = _WHERE.search(str(error))
    if where and where[1]:
        line, column = int(where[1]), int(where[2])
    else:
        line, column = text.count("\n") + 1, len(text) - text.rfind("\n")
    return ContractError(file, line, "", f"TOML 语法错误（{_WHERE.sub('', str(error)).strip()}）", column)


def _contract(root: Table, raw: Mapping[str, Any], text: str) -> terms.Contract:
    articles = sections.articles(root)
    modules = sections.modules(root.table("modules"))
    annual_fee = root.money("annual_fee")
    payers = sections.payers(root)
    if sum(payer.annual_fee for payer in payers.values()) != annual_fee:
        raise root.error("annual_fee", "各付款方份额之和不等于全年服务费")
    return terms.Contract(
        key=root.text("key"),
        number=root.text("number"),
        title=root.text("title"),
        zone=sections.zone(root),
        signed=root.day("signed"),
        service_from=root.day("service_from"),
        service_to=sections.after(root, "service_to", root.day("service_from")),
        frame_years=root.count("frame_years"),
        annual_fee=annual_fee,
        parties=sections.parties(root),
        payers=payers,
        modules=modules,
        fault_classes=sections.fault_classes(root, articles),
        response=sections.response(root.table("response"), articles),
        repair=sections.repair(root.table("repair"), articles),
        major=sections.major(root.table("major"), len(modules)),
        broadcast=sections.broadcast(root.table("broadcast"), articles),
        penalty=sections.penalty(root.table("penalty"), articles),
        delivery=sections.delivery(root.table("delivery"), articles),
        instalments=sections.instalments(root),
        late_payment=sections.late_payment(root.table("late_payment"), articles),
        drills=sections.drills(root.table("drills"), articles),
        obligations=sections.obligations(root),
        support=sections.support(root.table("support")),
        options=sections.options(root.table("options")),
        clauses=clauses(root, raw),
        readings=readings(root, raw, articles),
        digest="",  # only a file without unknown keys surely has a canonical form
        text=text,
    )
