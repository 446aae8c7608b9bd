"""The sections of a contract file, one function each: a table of the file in, frozen terms out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_CEILING
from zoneinfo import ZoneInfo

from sla import contract as terms
from sla.toml_reader import Table

#: The article of each clause, by the clause's key.
Articles = Mapping[str, str]


def articles(root: Table) -> Articles:
    """Return the article of every clause, which the other sections name."""
    return {table.text("key"): table.text("article") for table in root.tables("clause")}


def clause_of(table: Table, articles: Articles) -> tuple[str, str]:
    """Return the article and the key of the clause that a section names."""
    key = table.text("clause")
    if key not in articles:
        raise table.error("clause", f"没有条款 {key}")
    return articles[key], key


def zone(root: Table) -> ZoneInfo:
    """Return the zone in which people read the contract's times."""
    try:
        return ZoneInfo(root.text("zone"))
    except (OSError, ValueError, KeyError):  # unknown names raise a KeyError, malformed ones the others
        raise root.error("zone", "没有这个时区") from None


def after(table: Table, key: str, earliest: date) -> date:
    """Return a date that is not before ``earliest``."""
    day = table.day(key)
    if day < earliest:
        raise table.error(key, f"不能早于 {earliest}")
    return day


def parties(root: Table) -> dict[str, terms.Party]:
    """Return the two sides."""
    found = {}
    for table in root.tables("party"):
        party = terms.Party(table.text("key"), table.text("name"), table.text("role"))
        table.done()
        found[party.key] = party
    return found


def payers(root: Table) -> dict[str, terms.Payer]:
    """Return the payers and their shares (第二十二条)."""
    found = {}
    for table in root.tables("payer"):
        payer = terms.Payer(table.text("key"), table.text("name"), table.money("annual_fee"))
        table.done()
        found[payer.key] = payer
    return found


def modules(table: Table) -> dict[str, terms.Module]:
    """Return the modules of 第五条 and 第六条."""
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


def fault_classes(root: Table, articles: Articles) -> dict[str, terms.FaultClass]:
    """Return the classes of fault and their limits (第十五条)."""
    found = {}
    for table in root.tables("fault_class"):
        article, clause = clause_of(table, articles)
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


def response(table: Table, articles: Articles) -> terms.Response:
    """Return the response limit and its ladder (第十五条)."""
    article, clause = clause_of(table, articles)
    limit = table.minutes("limit_minutes")
    rungs = []
    for entry in table.tables("ladder", named=False):
        rungs.append(terms.Rung(entry.minutes("after_minutes", 0), entry.texts("to")))
        entry.done()
    if any(rung.after >= limit for rung in rungs):
        raise table.error("ladder", "提醒应早于响应时限")
    table.done()
    return terms.Response(limit, article, clause, tuple(rungs))


def repair(table: Table, articles: Articles) -> terms.Repair:
    """Return how the repair clock reopens and warns (第十五条)."""
    article, clause = clause_of(table, articles)
    percents = table.counts("ladder_percent")
    if any(not 0 < percent < 100 for percent in percents) or len(set(percents)) != len(percents):
        raise table.error("ladder_percent", "应为 1 至 99 之间互不相同的整数")
    found = terms.Repair(
        article, clause, table.hours("reopening_window_hours"), percents, table.minutes("repeat_minutes")
    )
    table.done()
    return found


def major(table: Table, module_count: int) -> terms.Major:
    """Return when a fault is major (第十六条); the share of modules becomes a number of modules."""
    wide = (table.share("module_share") * module_count).to_integral_value(ROUND_CEILING)
    found = terms.Major(table.minutes("long_minutes"), table.count("payers"), int(wide))
    table.done()
    return found


def broadcast(table: Table, articles: Articles) -> terms.Broadcast:
    """Return the numbers of the half-hourly report (第十六条)."""
    article, clause = clause_of(table, articles)
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


def penalty(table: Table, articles: Articles) -> terms.Penalty:
    """Return the price of a case (第二十五条)."""
    article, clause = clause_of(table, articles)
    found = terms.Penalty(article, clause, table.share("rate"), table.count("contest_days"))
    table.done()
    return found


def delivery(table: Table, articles: Articles) -> terms.Delivery:
    """Return the delivery limits and their price (第四条、第二十四条)."""
    article, clause = clause_of(table, articles)
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


def instalments(root: Table) -> tuple[terms.Instalment, ...]:
    """Return the half-yearly payments (第二十三条)."""
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


def late_payment(table: Table, articles: Articles) -> terms.LatePayment:
    """Return what paying late costs (第二十六条)."""
    article, clause = clause_of(table, articles)
    found = terms.LatePayment(article, clause, table.count("grace_days", 0), table.share("rate_per_day"))
    table.done()
    return found


def drills(table: Table, articles: Articles) -> terms.Drills:
    """Return how often a drill is due (第十七条)."""
    article, clause = clause_of(table, articles)
    found = terms.Drills(article, clause, table.count("every_months"))
    table.done()
    return found


def obligations(root: Table) -> terms.Reminders:
    """Return when obligations are reminded of; a file may leave this section out."""
    if not root.has("obligations"):
        return terms.Reminders()
    table = root.table("obligations")
    days = table.counts("remind_days")
    if any(not 0 < day <= 366 for day in days) or len(set(days)) != len(days):
        raise table.error("remind_days", "应为 1 至 366 之间互不相同的整数")
    table.done()
    return terms.Reminders(days)


def support(table: Table) -> terms.Support:
    """Return who can be reached (第九条、第十二条)."""
    found = terms.Support(
        table.text("telephone"), table.count("onsite_engineers", 0), table.count("breach_reply_days")
    )
    table.done()
    return found


def options(table: Table) -> terms.Options:
    """Return the values of the named options."""
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
