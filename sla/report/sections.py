"""The report's sections, made from its figures alone, so that a frozen report reads as on its day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from kernel.web.i18n import gettext as _
from sla.audit.report import STATES
from sla.contract import Contract
from sla.report import registers
from sla.report.figures import Figures
from sla.report.layout import (
    Figure,
    Grid,
    Numbers,
    Picture,
    Section,
    count,
    percent,
    seconds,
    words,
    yuan,
)
from sla.report.rules import PERCENTILES

_TONES = {
    "met": "met",
    "missed": "over",
    "pending": "neutral",
    "unobserved": "unobserved",
    "excluded": "paused",
}


class Links:
    """Addresses of the lists behind the figures, limited to the report's range."""

    def __init__(self, figures: Figures) -> None:
        self._range = {"since": figures["from"], "until": figures["to"]}

    def incidents(self, **more: str) -> str:
        """The list of incidents."""
        return f"/incidents?{urlencode({**self._range, 'drill': 'false', **more})}"

    def drills(self) -> str:
        """The list of drills."""
        return f"/incidents?{urlencode({**self._range, 'drill': 'true'})}"

    def penalties(self, **more: str) -> str:
        """The ledger."""
        return f"/penalties?{urlencode({**self._range, **more})}"


def sections_of(figures: Figures, contract: Contract) -> list[Section]:
    """Return the report as sections, in the reader's language."""
    links = Links(figures)
    return [
        _summary(figures, links),
        _clauses(figures, contract, links),
        _classes(figures, contract, links),
        _durations(figures, contract),
        _payers(figures, contract, links),
        _availability(figures, contract, links),
        registers.missed(figures, contract, links),
        registers.broadcasts(figures, contract),
        registers.penalties(figures, contract, links),
        registers.exclusions(figures, contract),
        registers.drills(figures, contract, links),
        registers.obligations(figures, contract),
        registers.blind(figures, contract),
        registers.seal(figures),
    ]


def _summary(f: Figures, links: Links) -> Section:
    late = {name: "over" if f[name]["missed"] else None for name in ("response", "repair")}
    items = [
        (_("故障"), count(f["incidents"], links.incidents())),
        (_("未恢复"), count(f["open"], links.incidents(restored="false"), "over")),
        (_("重大故障"), count(f["major"], links.incidents(major="true"))),
        (_("响应达标率"), percent(f["response"]["attainment"], "#clauses", late["response"])),
        (_("修复达标率"), percent(f["repair"]["attainment"], "#clauses", late["repair"])),
        (_("通报按时率"), percent(f["broadcasts"]["punctuality"], "#broadcasts")),
        (_("违约金件数"), count(f["penalty_cases"], links.penalties(standing="true"))),
        (_("违约金合计"), yuan(f["penalty_total"], links.penalties(standing="true"))),
    ]
    return Section("summary", _("汇总"), [Numbers(items)])


def _clauses(f: Figures, contract: Contract, links: Links) -> Section:
    rows = [
        _tally(_("响应（%(article)s）", article=contract.response.article), f["response"], links, "response"),
        _tally(
            _("修复（%(article)s，合同结论）", article=contract.repair.article), f["repair"], links, "repair"
        ),
        _tally(_("修复（乙方主张）"), f["provider_view"]["repair"], links, "provider"),
        [
            words(_("备用设备（%(article)s）", article=contract.repair.article)),
            Figure("—"),
            count(f["backup"]["late"], links.incidents(backup="late"), "over"),
            count(f["backup"]["open"], links.incidents(backup="open"), "over"),
            *[Figure("—")] * 3,
        ],
        [
            words(_("半小时通报（%(article)s）", article=contract.broadcast.article)),
            count(f["broadcasts"]["on_time"], "#broadcasts"),
            count(f["broadcasts"]["late"] + f["broadcasts"]["missed"], "#broadcasts", "over"),
            *[Figure("—")] * 3,
            percent(f["broadcasts"]["punctuality"], "#broadcasts"),
        ],
    ]
    head = [_("条款"), *(_(STATES[s]) for s in _TONES), _("达标率")]
    parts: list[Any] = [Grid(_("按条款"), head, rows, frozenset(range(1, 7)), (3, 1, 1, 1, 1, 1, 1.2))]
    if f["incidents"]:
        shares = [
            {"label": _(STATES[s]), "value": f["repair"][s], "text": str(f["repair"][s]), "tone": tone}
            for s, tone in _TONES.items()
            if f["repair"][s]
        ]
        parts.append(Picture("share_bar", _("修复结论"), shares))
    note = _("两方主张并列；合同结论以甲方认定为准。")
    return Section("clauses", _("按条款"), parts, note)


def _tally(label: str, tally: Figures, links: Links, name: str) -> list[Figure]:
    tones = {"missed": "over"}
    states = [count(tally[state], links.incidents(**{name: state}), tones.get(state)) for state in _TONES]
    return [words(label), *states, percent(tally["attainment"])]


def _classes(f: Figures, contract: Contract, links: Links) -> Section:
    rows = []
    for row in f["classes"]:
        key = row["fault_class"]
        name = contract.fault_classes[key].name if key in contract.fault_classes else key

        def link(key: str = key, **more: str) -> str:
            return links.incidents(fault_class=key, **more)

        rows.append(
            [
                words(name, link()),
                count(row["incidents"], link()),
                count(row["response"]["met"], link(response="met")),
                count(row["response"]["missed"], link(response="missed"), "over"),
                percent(row["response"]["attainment"]),
                count(row["repair"]["met"], link(repair="met")),
                count(row["repair"]["missed"], link(repair="missed"), "over"),
                percent(row["repair"]["attainment"]),
            ]
        )
    total = [
        words(_("合计")),
        count(f["incidents"], links.incidents()),
        count(f["response"]["met"], links.incidents(response="met")),
        count(f["response"]["missed"], links.incidents(response="missed"), "over"),
        percent(f["response"]["attainment"]),
        count(f["repair"]["met"], links.incidents(repair="met")),
        count(f["repair"]["missed"], links.incidents(repair="missed"), "over"),
        percent(f["repair"]["attainment"]),
    ]
    head = [
        _("类别"), _("故障"), _("响应达标"), _("响应超时"), _("响应达标率"),
        _("修复达标"), _("修复超时"), _("修复达标率"),
    ]  # fmt: skip
    grid = Grid(_("按故障类别"), head, rows, frozenset(range(1, 8)), (2, 1, 1, 1, 1.2, 1, 1, 1.2), total)
    return Section("classes", _("按故障类别"), [grid])


def _durations(f: Figures, contract: Contract) -> Section:
    def cells(label: str, row: Figures) -> Iterator[Figure]:
        yield words(label)
        for name in ("respond_seconds", "repair_seconds"):
            for key in ("mean", *(f"p{p}" for p in PERCENTILES)):
                yield seconds(row[name][key])

    classes = contract.fault_classes
    rows = [
        list(cells(classes[r["fault_class"]].name if r["fault_class"] in classes else r["fault_class"], r))
        for r in f["classes"]
    ]
    spread = (_("平均"), "P50", "P90", "P95")
    head = [_("类别"), *(f"{which} {p}" for which in (_("响应"), _("修复")) for p in spread)]
    grid = Grid(
        _("响应与修复用时"), head, rows, frozenset(range(1, 9)), (2, *[1.2] * 8), list(cells(_("全部"), f))
    )
    note = _("平均响应用时（MTTA）与平均修复用时（MTTR）；修复为合同结论的计入时间，百分位取最近名次。")
    return Section("durations", _("响应与修复用时"), [grid], note)


def _payers(f: Figures, contract: Contract, links: Links) -> Section:
    bars = [
        {
            "label": payer.name,
            "value": f["payers"].get(payer.key, 0),
            "text": f"{f['payers'].get(payer.key, 0):,}",
            "href": links.incidents(payer=payer.key),
        }
        for payer in contract.payers.values()
        if f["scope"] is None or payer.key in f["scope"]
    ]
    picture = Picture("bar_chart", _("各付款方受影响的故障数"), bars)
    return Section("payers", _("按付款方"), [picture], _("一起故障可涉及几方。"))


def _availability(f: Figures, contract: Contract, links: Links) -> Section:
    grids = []
    for which, title, filter_name in (
        ("payers", _("付款方"), "payer"),
        ("modules", _("模块"), "module"),
    ):
        names = getattr(contract, which)
        rows = [
            [
                words(
                    names[row["key"]].name if row["key"] in names else row["key"],
                    links.incidents(**{filter_name: row["key"]}),
                ),
                seconds(row["down_seconds"]),
                percent(row["percent"]),
            ]
            for row in f["availability"][which]
        ]
        grids.append(Grid(title, [title, _("中断时长"), _("可用率")], rows, frozenset((1, 2)), (2, 1, 1)))
    if "observed" in f["availability"]:  # reports frozen before there were probes have none
        grids.append(_observed(f, contract))
    note = _("按故障登记的中断时段计算，重叠只计一次；不扣除剔除时段。探测所见另列，未观测的时间不计。")
    return Section("availability", _("可用率"), grids, note)


def _observed(f: Figures, contract: Contract) -> Grid:
    def name(names: Any, key: str | None) -> str:
        return _("不限") if key is None else names[key].name if key in names else key

    rows = [
        [
            words(name(contract.modules, row["module"]), _probes(row)),
            words(name(contract.payers, row["payer"])),
            seconds(row["seen_seconds"]),
            seconds(row["down_seconds"]),
            percent(row["percent"]),
        ]
        for row in f["availability"]["observed"]
    ]
    head = [_("模块"), _("付款方"), _("观测时长"), _("中断时长"), _("可用率")]
    empty = _("这段时间没有探测数据。")
    return Grid(_("探测所见的可用率"), head, rows, frozenset((2, 3, 4)), (2, 2, 1, 1, 1), empty=empty)


def _probes(row: Figures) -> str:
    wanted = {name: row[name] for name in ("module", "payer") if row[name]}
    return f"/probes?{urlencode(wanted)}"
