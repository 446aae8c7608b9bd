"""Loads a contract file and refuses one that is wrong, naming the line and the clause or key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_CEILING
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from kernel.crypto import canonical_json, sm3_hex
from sla import contract as terms
from sla.toml_reader import ContractError, Lines, Table

__all__ = ["ContractError", "contract_names", "load_contract", "parse_contract"]

_SHIPPED = Path(__file__).parent / "contracts"
_WHERE = re.compile(r"\(at line (\d+), column (\d+)\)|\(at end of document\)")
_FIELD = re.compile(r"\{([a-z0-9_.]+)\}")
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
    return found


def _syntax(file: str, text: str, error: tomllib.TOMLDecodeError) -> ContractError:
    where = _WHERE.search(str(error))
    if where and where[1]:
        line, column = int(where[1]), int(where[2])
    else:
        line, column = text.count("\n") + 1, 1
    return ContractError(file, line, "", f"TOML 语法错误（{_WHERE.sub('', str(error)).strip()}）", column)


def _contract(root: Table, raw: Mapping[str, Any], text: str) -> terms.Contract:
    clauses = _clauses(root, raw)
    modules = _modules(root.table("modules"))
    annual_fee = root.money("annual_fee")
    payers = _payers(root)
    if sum(payer.annual_fee for payer in payers.values()) != annual_fee:
        raise root.error("annual_fee", "各付款方份额之和不等于全年服务费")
    return terms.Contract(
        key=root.text("key"),
        number=root.text("number"),
        title=root.text("title"),
        zone=_zone(root),
        signed=root.day("signed"),
        service_from=root.day("service_from"),
        service_to=_after(root, "service_to", root.day("service_from")),
        frame_years=root.count("frame_years"),
        annual_fee=annual_fee,
        parties=_parties(root),
        payers=payers,
        modules=modules,
        fault_classes=_fault_classes(root, clauses),
        response=_response(root.table("response"), clauses),
        repair=_repair(root.table("repair"), clauses),
        major=_major(root.table("major"), len(modules)),
        broadcast=_broadcast(root.table("broadcast"), clauses),
        penalty=_penalty(root.table("penalty"), clauses),
        delivery=_delivery(root.table("delivery"), clauses),
        instalments=_instalments(root),
        late_payment=_late_payment(root.table("late_payment"), clauses),
        drills=_drills(root.table("drills"), clauses),
        support=_support(root.table("support")),
        options=_options(root.table("options")),
        clauses=clauses,
        readings=_readings(root, raw, clauses),
        digest=sm3_hex(canonical_json(raw)),
        text=text,
    )


def _zone(root: Table) -> ZoneInfo:
    try:
        return ZoneInfo(root.text("zone"))
    except (OSError, ValueError, KeyError):  # unknown names raise a KeyError, malformed ones the others
        raise root.error("zone", "没有这个时区") from None


def _after(table: Table, key: str, earliest: date) -> date:
    day = table.day(key)
    if day < earliest:
        raise table.error(key, f"不能早于 {earliest}")
    return day


def _parties(root: Table) -> dict[str, terms.Party]:
    found = {}
    for table in root.tables("party"):
        party = terms.Party(table.text("key"), table.text("name"), table.text("role"))
        table.done()
        found[party.key] = party
    return found


def _payers(root: Table) -> dict[str, terms.Payer]:
    found = {}
    for table in root.tables("payer"):
        payer = terms.Payer(table.text("key"), table.text("name"), table.money("annual_fee"))
        table.done()
        found[payer.key] = payer
    return found


def _modules(table: Table) -> dict[str, terms.Module]:
    found: dict[str, terms.Module] = {}
    for kind in ("upgraded", "new"):
        for entry in table.tables(kind):
            module = terms.Module(entry.text("key"), entry.text("name"), kind)
            entry.done()
            if module.key in found:
                raise entry.error("key", f"重复：{module.key}")
            found[module.key] = module
    table.done()
    return found


def _article(table: Table, clauses: Mapping[str, terms.Clause]) -> tuple[str, str]:
    """Return the article and the key of the clause that a section names."""
    key = table.text("clause")
    if key not in clauses:
        raise table.error("clause", f"没有条款 {key}")
    return clauses[key].article, key


def _fault_classes(root: Table, clauses: Mapping[str, terms.Clause]) -> dict[str, terms.FaultClass]:
    found = {}
    for table in root.tables("fault_class"):
        article, clause = _article(table, clauses)
        fault_class = terms.FaultClass(
            key=table.text("key"),
            name=table.text("name"),
            limit=table.hours("limit_hours"),
            article=article,
            clause=clause,
            major=table.flag("major"),
            backup=table.flag("backup"),
        )
        table.done()
        found[fault_class.key] = fault_class
    return found


def _response(table: Table, clauses: Mapping[str, terms.Clause]) -> terms.Response:
    article, clause = _article(table, clauses)
    limit = table.minutes("limit_minutes")
    rungs = []
    for entry in table.tables("ladder", named=False):
        rungs.append(terms.Rung(entry.minutes("after_minutes", 0), entry.texts("to")))
        entry.done()
    if any(rung.after >= limit for rung in rungs):
        raise table.error("ladder", "提醒应早于响应时限")
    table.done()
    return terms.Response(limit, article, clause, tuple(rungs))


def _repair(table: Table, clauses: Mapping[str, terms.Clause]) -> terms.Repair:
    article, clause = _article(table, clauses)
    percents = table.counts("ladder_percent")
    if any(not 0 < percent < 100 for percent in percents) or len(set(percents)) != len(percents):
        raise table.error("ladder_percent", "应为 1 至 99 之间互不相同的整数")
    found = terms.Repair(
        article, clause, table.hours("reopening_window_hours"), percents, table.minutes("repeat_minutes")
    )
    table.done()
    return found


def _major(table: Table, module_count: int) -> terms.Major:
    wide = (table.share("module_share") * module_count).to_integral_value(ROUND_CEILING)
    found = terms.Major(table.minutes("long_minutes"), table.count("payers"), int(wide))
    table.done()
    return found


def _broadcast(table: Table, clauses: Mapping[str, terms.Clause]) -> terms.Broadcast:
    article, clause = _article(table, clauses)
    interval = table.minutes("interval_minutes")
    tolerance = table.minutes("tolerance_minutes", 0)
    lead = table.minutes("prompt_lead_minutes", 0)
    grace = table.minutes("first_grace_minutes", 0)
    if lead >= interval:
        raise table.error("prompt_lead_minutes", "应小于通报间隔")
    if grace > tolerance:
        raise table.error("first_grace_minutes", "不能大于容差，否则首次通报必然迟到")
    table.done()
    return terms.Broadcast(article, clause, interval, tolerance, lead, grace)


def _penalty(table: Table, clauses: Mapping[str, terms.Clause]) -> terms.Penalty:
    article, clause = _article(table, clauses)
    found = terms.Penalty(article, clause, table.share("rate"), table.count("contest_days"))
    table.done()
    return found


def _delivery(table: Table, clauses: Mapping[str, terms.Clause]) -> terms.Delivery:
    article, clause = _article(table, clauses)
    found = terms.Delivery(
        article=article,
        clause=clause,
        development_working_days=table.count("development_working_days"),
        total_working_days=table.count("total_working_days"),
        late_rate_per_day=table.share("late_rate_per_day"),
        terminate_after_days=table.count("terminate_after_days"),
        acceptance_days=table.count("acceptance_days"),
    )
    if found.total_working_days < found.development_working_days:
        raise table.error("total_working_days", "不能小于开发工作日")
    table.done()
    return found


def _instalments(root: Table) -> tuple[terms.Instalment, ...]:
    found = []
    for table in root.tables("instalment"):
        share, due = table.share("share"), table.day("due")
        invoice = table.day("invoice_by")
        if invoice > due:
            raise table.error("invoice_by", "开票不能晚于付款")
        found.append(terms.Instalment(table.text("key"), table.text("name"), share, due, invoice))
        table.done()
    if sum(each.share for each in found) != 1:
        raise root.error("instalment", "各期比例之和应为 1")
    return tuple(found)


def _late_payment(table: Table, clauses: Mapping[str, terms.Clause]) -> terms.LatePayment:
    article, clause = _article(table, clauses)
    found = terms.LatePayment(article, clause, table.count("grace_days", 0), table.share("rate_per_day"))
    table.done()
    return found


def _drills(table: Table, clauses: Mapping[str, terms.Clause]) -> terms.Drills:
    article, clause = _article(table, clauses)
    found = terms.Drills(article, clause, table.count("every_months"))
    table.done()
    return found


def _support(table: Table) -> terms.Support:
    found = terms.Support(
        table.text("telephone"), table.count("onsite_engineers", 0), table.count("breach_reply_days")
    )
    table.done()
    return found


def _options(table: Table) -> terms.Options:
    penalty, broadcast = table.table("penalty"), table.table("broadcast")
    found = terms.Options(
        start=str(table.choice("start", terms.OPTIONS["start"])),
        penalty_per=str(penalty.choice("per", terms.OPTIONS["penalty.per"])),
        penalty_base=str(penalty.choice("base", terms.OPTIONS["penalty.base"])),
        broadcast_penalised=bool(broadcast.choice("penalised", terms.OPTIONS["broadcast.penalised"])),
        deduct_from=str(table.choice("deduct_from", terms.OPTIONS["deduct_from"])),
    )
    for each in (penalty, broadcast, table):
        each.done()
    return found


def _clauses(root: Table, raw: Mapping[str, Any]) -> dict[str, terms.Clause]:
    found = {}
    for table in root.tables("clause"):
        used_by = table.texts("used_by")
        for user in used_by:
            if user not in terms.USERS:
                raise table.error("used_by", f"未知的使用者 {user}")
        clause = terms.Clause(
            key=table.text("key"),
            article=table.text("article"),
            title=table.text("title"),
            text=table.text("text"),
            value=_filled(table, raw),
            used_by=used_by,
        )
        table.done()
        found[clause.key] = clause
    return found


def _readings(
    root: Table, raw: Mapping[str, Any], clauses: Mapping[str, terms.Clause]
) -> dict[str, terms.Reading]:
    found = {}
    for table in root.tables("reading"):
        options = table.texts("options")
        for option in options:
            if option not in terms.OPTIONS:
                raise table.error("options", f"没有选项 {option}")
        reading = terms.Reading(
            key=table.text("key"),
            number=table.count("number"),
            clause=_article(table, clauses)[1],
            title=table.text("title"),
            text=table.text("text"),
            value=_filled(table, raw),
            options=options,
        )
        table.done()
        found[reading.key] = reading
    return found


def _filled(table: Table, raw: Mapping[str, Any]) -> str:
    """Return the entry's value with every ``{path}`` replaced by the number the path names."""

    def number(match: re.Match[str]) -> str:
        found: Any = raw
        for part in match[1].split("."):
            if isinstance(found, list):
                found = {each.get("key"): each for each in found if isinstance(each, dict)}
            if not isinstance(found, dict) or part not in found:
                raise table.error("value", f"没有 {match[1]} 这一项")
            found = found[part]
        return str(found).lower() if isinstance(found, bool) else str(found)

    return _FIELD.sub(number, table.text("value"))
