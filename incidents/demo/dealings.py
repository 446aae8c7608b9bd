"""What the parties of the demonstration have put on record about the contract, by the services themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from incidents.demo import cast
from kernel.identity.actor import Actor
from kernel.platform import Platform
from sla import pinned
from sla.contract import Contract
from sla.obligations import service
from sla.obligations.told import Told
from sla.settlement import service as settlement
from sla.settlement.rules import half_of

DAY = timedelta(days=1)


class Deed(NamedTuple):
    """Who records what, as of which day."""

    who: str
    kind: str
    on: date
    fields: dict[str, Any]


def deeds(contract: Contract, today: date) -> list[Deed]:
    """Return the story: a late delivery, one payer late, drills, a notice answered, one that waits."""
    start = contract.service_from
    found = [
        Deed("manager", "development_reported", _day(start, 90), {"text": "开发完成，转入试运行。"}),
        Deed("manager", "delivery_reported", _day(start, 148), {"text": "交付报告及文档已提交。"}),
        Deed("supervisor", "accepted", _day(start, 153), {"text": "验收会已召开，同意通过。"}),
        Deed("supervisor", "drill_held", _day(start, 163), {"text": "政务外网中断切换演练。"}),
        Deed(
            "supervisor", "assessment", contract.service_to, {"outcome": "passed", "text": "年度考核合格。"}
        ),
        Deed("supervisor", "breach_notice", today - 40 * DAY, {"text": "驻场工程师连续三个工作日未到岗。"}),
        Deed("supervisor", "breach_notice", today - 6 * DAY, {"text": "安全加固报告未按约定日期提交。"}),
    ]
    for instalment in contract.instalments:
        invoiced = {"instalment": instalment.key, "text": "增值税普通发票，各付款方一份。"}
        found.append(Deed("manager", "invoice_issued", instalment.invoice_by - 2 * DAY, invoiced))
        for payer in contract.payers.values():
            late = (payer.key, instalment.key) == ("suixi", contract.instalments[0].key)
            day = instalment.due + (40 if late else -3) * DAY
            who = payer.key if payer.key in ("suixi", "xiangshan") else "supervisor"
            paid = {"payer": payer.key, "instalment": instalment.key}
            found.append(Deed(who, "payment_received", day, paid))
    return sorted((deed for deed in found if contract.signed <= deed.on <= today), key=lambda deed: deed.on)


def _day(start: date, days: int) -> date:
    return start + days * DAY


def record(platform: Platform) -> None:
    """Record what had happened by the day the demonstration begins; the older notice is answered in time."""
    contract, now = pinned.in_force(platform), platform.clock.now()
    actors = cast.actors(platform)
    told = deeds(contract, now.astimezone(contract.zone).date())
    for deed in told:
        fact = Told(deed.kind, deed.on, **deed.fields)
        with platform.db.write(deed.who) as session:
            if deed.kind == "payment_received":
                owed = settlement.current(session, contract, now).payables()
                fact = replace(fact, amount=str(owed[str(fact.instalment), str(fact.payer)]))
            row = service.add_fact(platform, session, now, actors[deed.who], contract, fact)
            answered = row.subject if deed.kind == "breach_notice" and deed is not told[-1] else None
        if answered:
            words = "已安排备岗，人员到位，考勤记录附后。"
            day = deed.on + 9 * DAY
            answer = Told("breach_answer", day, subject=answered, outcome="corrected", text=words)
            with platform.db.write("manager") as session:
                service.add_fact(platform, session, now, actors["manager"], contract, answer)
    _issue_first(platform, contract, actors["supervisor"])


def _issue_first(platform: Platform, contract: Contract, supervisor: Actor) -> None:
    """Freeze the first half-year's statement, if its time has come; the second stays a preview."""
    now, first = platform.clock.now(), contract.instalments[0]
    if now.astimezone(contract.zone).date() >= first.invoice_by:
        year, half = half_of(contract, first)
        with platform.db.write("supervisor") as session:
            settlement.issue(session, now, supervisor, contract, year, half)
