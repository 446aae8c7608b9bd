"""The report's registers: lists of cases, each row with its evidence."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from kernel.web.formats import localdate
from kernel.web.i18n import gettext as _
from sla.audit.report import STATES
from sla.contract import Contract
from sla.deadlines.models import BLIND_REASONS
from sla.events import REASONS
from sla.obligations.duties import KIND_LABELS
from sla.obligations.rules import STATE_LABELS as DUTY_STATES
from sla.obligations.words import PARTY_LABELS
from sla.penalties.rules import STATE_LABELS
from sla.report.figures import Figures
from sla.report.layout import Figure, Grid, Section, count, moment, percent, seconds, words, yuan

if TYPE_CHECKING:
    from sla.report.sections import Links

CLAIM_WORDS = {"claimed": "待甲方决定", "approved": "已批准", "refused": "未批准"}

DRILL_OUTCOMES = {
    "completed": "达标",
    "failed": "未达标",
    "aborted": "中止",
    "interrupted": "意外中断",
}

SEAL_COLUMNS = ("day", "position", "head")


def _incident(number: str) -> Figure:
    return words(number, f"/incidents/{number}")


def missed(f: Figures, contract: Contract, links: Links) -> Section:
    """Cases that missed a clock, with the numbers of their evidence."""
    classes = contract.fault_classes
    rows = [
        [
            _incident(row["number"]),
            words(row["title"]),
            words(classes[row["fault_class"]].name if row["fault_class"] in classes else row["fault_class"]),
            words(_(STATES[row["response"]])),
            words(_(STATES[row["repair"]])),
            words(_(STATES[row["provider_repair"]])),
            seconds(row["counted_seconds"]),
            yuan(row["penalty"], f"/penalties/{row['penalty_number']}" if row["penalty_number"] else None),
            words(row["penalty_number"]),
            words(row["verdict"][:12]),
        ]
        for row in f["missed"]
    ]
    head = [
        _("编号"), _("故障现象"), _("类别"), _("响应"), _("修复"), _("乙方主张"), _("计入时间"), _("违约金"),
        _("违约编号"), _("评判摘要"),
    ]  # fmt: skip
    grid = Grid(
        _("超时的故障"),
        head,
        rows,
        frozenset((6, 7)),
        (0, 2, 1.4, 0.9, 0.9, 0.9, 1.4, 0, 0, 0),
        empty=_("这段时间没有超时的故障。"),
        more=_more(f["missed_cases"], len(rows), links.incidents(late="true")),
    )
    note = _("每件附评判的 SM3 摘要，可用证据文件离线复算。")
    return Section("missed", _("超时的故障"), [grid], note)


def _more(whole: int, shown: int, href: str) -> Figure | None:
    """Say how many there are in all; when rows are left out, say so."""
    if whole > shown:
        return Figure(_("共 %(n)s 起，此处列出最近 %(m)s 起", n=whole, m=shown), whole, href)
    return Figure(_("共 %(n)s 起", n=whole), whole, href) if whole else None


def broadcasts(f: Figures, contract: Contract) -> Section:
    """The register of broadcasts with their punctuality."""
    rows = [
        [
            words(row["number"], f"/incidents/{row['number']}#broadcasts"),
            words(row["title"]),
            moment(row["major_since"], contract.zone),
            *(count(row[name]) for name in ("owed", "on_time", "late", "missed")),
        ]
        for row in f["broadcast_register"]
    ]
    sums = f["broadcasts"]
    total = [
        words(_("合计")),
        percent(sums["punctuality"]),
        words(""),
        *(count(sums[name]) for name in ("owed", "on_time", "late", "missed")),
    ]
    head = [
        _("编号"), _("故障现象"), _("重大起始"), _("通报应发"), _("通报按时"), _("通报迟报"), _("通报漏报"),
    ]  # fmt: skip
    grid = Grid(
        _("通报登记"),
        head,
        rows,
        frozenset(range(3, 7)),
        (0, 2.2, 2, 1, 1, 1, 1),
        total,
        _("这段时间没有应发的通报。"),
    )
    return Section("broadcasts", _("半小时通报"), [grid], contract.broadcast.article)


def penalties(f: Figures, contract: Contract, links: Links) -> Section:
    """What stands in the ledger, by state."""
    rows = [
        [
            words(_(STATE_LABELS.get(row["state"], row["state"])), links.penalties(state=row["state"])),
            count(row["count"], links.penalties(state=row["state"])),
            yuan(row["amount"]),
        ]
        for row in f["penalties"]
    ]
    total = [
        words(_("有效合计")),
        count(f["penalty_cases"], links.penalties(standing="true")),
        yuan(f["penalty_total"]),
    ]
    grid = Grid(
        _("违约台账"),
        [_("状态"), _("件数"), _("金额")],
        rows,
        frozenset((1, 2)),
        (2, 1, 1),
        total,
        _("这段时间没有违约记录。"),
    )
    return Section("penalties", _("违约台账"), [grid], contract.penalty.article)


def exclusions(f: Figures, contract: Contract) -> Section:
    """Claims to subtract time, with who decided and when."""
    zone: ZoneInfo = contract.zone
    rows = [
        [
            _incident(row["number"]),
            words(row["claim"]),
            words(_(REASONS.get(row["reason"], row["reason"]))),
            moment(row["from"], zone),
            moment(row["to"], zone),
            words(_(CLAIM_WORDS[row["state"]])),
            moment(row["decided_at"], zone),
            words(row["decided_by"]),
        ]
        for row in f["exclusions"]
    ]
    head = [
        _("编号"), _("申请"), _("原因"), _("自"), _("至"), _("决定"), _("决定时间"), _("决定人"),
    ]  # fmt: skip
    grid = Grid(
        _("剔除申请"),
        head,
        rows,
        widths=(0, 0, 1, 1.5, 1.5, 0.9, 1.5, 0.8),
        empty=_("这段时间没有剔除申请。"),
    )
    return Section("exclusions", _("剔除申请与批准"), [grid], _("只有甲方批准的时段从修复计时中剔除。"))


def drills(f: Figures, contract: Contract, links: Links) -> Section:
    """What was owed, what was held and measured, and the incidents on the same clocks, which cost nothing."""
    parts = [_drills_owed(f)]
    if "drills_held" in f:  # reports frozen before drills were listed have none
        parts.append(_drills_held(f, contract))
    parts.append(_drill_incidents(f, contract, links))
    note = _("%(article)s；演练故障按同一时钟计时，不产生违约金。", article=contract.drills.article)
    return Section("drills", _("应急演练"), parts, note)


def _drills_owed(f: Figures) -> Grid:
    rows = [
        [_day(row["due"]), _day(row["done"]), words(_(DUTY_STATES[row["state"]]))]
        for row in f["obligations"]
        if row["kind"] == "drill"
    ]
    head = [_("最迟"), _("举行日期"), _("状态")]
    empty = _("这段时间没有到期的演练义务。")
    return Grid(_("应举行的演练"), head, rows, widths=(1, 1, 1), empty=empty)


def _drills_held(f: Figures, contract: Contract) -> Grid:
    rows = [
        [
            words(row["number"], f"/drills/{row['number']}"),
            words(row["title"]),
            moment(row["started_at"], contract.zone),
            words(_(DRILL_OUTCOMES.get(row["outcome"], row["outcome"]))),
            _measured(row["rto_seconds"]),
            _measured(row["rto_limit_seconds"]),
            words(None if row["lost_rows"] is None else str(row["lost_rows"])),
        ]
        for row in f["drills_held"]
    ]
    head = [
        _("编号"), _("演练名称"), _("开始时间"), _("结果"), _("实测恢复时间"), _("限值"), _("丢失数据（行）"),
    ]  # fmt: skip
    widths = (0, 2.4, 1.6, 0.9, 1.2, 1, 1)
    empty = _("这段时间没有举行演练。")
    return Grid(_("举行的演练与实测"), head, rows, frozenset((4, 5, 6)), widths, empty=empty)


def _measured(value: float | None) -> Figure:
    """Return seconds with a tenth while they are few: a recovery is often shorter than a minute."""
    if value is None or value >= 120:
        return seconds(None if value is None else int(value))
    return words(_("%(n)s秒", n=f"{value:g}"))


def _drill_incidents(f: Figures, contract: Contract, links: Links) -> Grid:
    rows = [
        [
            _incident(row["number"]),
            words(row["title"]),
            moment(row["started_at"], contract.zone),
            words(_(STATES[row["response"]])),
            words(_(STATES[row["repair"]])),
        ]
        for row in f["drill_register"]
    ]
    return Grid(
        _("演练登记"),
        [_("编号"), _("故障现象"), _("开始时间"), _("响应"), _("修复")],
        rows,
        widths=(0, 3, 2, 1, 1),
        empty=_("这段时间没有演练。"),
        more=_more(f["drills"], len(rows), links.drills()),
    )


def obligations(f: Figures, contract: Contract) -> Section:
    """What the contract's calendar asked for in this time, and what became of it."""
    rows = [
        [
            words(_duty(row, contract), "/obligations"),
            words(_(PARTY_LABELS[row["owed_by"]])),
            _day(row["due"]),
            _day(row["done"]),
            words(_(DUTY_STATES[row["state"]])),
            count(row["days_late"], tone="over"),
            yuan(row["charge"]),
        ]
        for row in f["obligations"]
    ]
    head = [
        _("义务"), _("义务方"), _("期限"), _("履行日期"), _("状态"), _("逾期天数"), _("逾期费用"),
    ]  # fmt: skip
    grid = Grid(
        _("履约日历"),
        head,
        rows,
        frozenset((5, 6)),
        (2.4, 0.8, 1.5, 1.5, 1.1, 0.9, 1.2),
        empty=_("这段时间没有到期的义务。"),
    )
    return Section("obligations", _("履约日历"), [grid])


def _duty(row: Figures, contract: Contract) -> str:
    payer = contract.payers.get(row["payer"] or "")
    more = [payer.name if payer else row["payer"], row["subject"]]
    return " · ".join([_(KIND_LABELS[row["kind"]]), *(each for each in more if each)])


def _day(value: str | None) -> Figure:
    return words(None if value is None else localdate(date.fromisoformat(value)))


def blind(f: Figures, contract: Contract) -> Section:
    """When nobody watched."""
    rows = [
        [
            moment(row["from"], contract.zone),
            moment(row["to"], contract.zone),
            words(_(BLIND_REASONS.get(row["reason"], row["reason"]))),
        ]
        for row in f["blind_time"]
    ]
    grid = Grid(
        _("平台未观测的时间"),
        [_("自"), _("至"), _("原因")],
        rows,
        widths=(1, 1, 1),
        empty=_("没有未观测的时间。"),
    )
    note = _("平台停机或时钟跳变；期间到期的时限不自动算达标。")
    return Section("blind", _("平台未观测的时间"), [grid], note)


def seal(f: Figures) -> Section:
    """The newest daily seal of the audit chain (reports frozen before there were seals have none)."""
    found = f.get("seal")
    rows = [[words(str(found[name])) for name in SEAL_COLUMNS]] if found else []
    grid = Grid(
        _("审计链日封"),
        [_("日期"), _("封至第几条"), _("链尾摘要")],
        rows,
        widths=(0, 0, 1),
        empty=_("还没有日封；第一个整日结束后自动产生。"),
    )
    return Section("seal", _("审计链日封"), [grid], _("据此可证明本报告出具前的记录未被改写。"))
