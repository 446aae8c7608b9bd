"""The report on paper: blocks for kernel.pdf, with a page to sign."""

from __future__ import annotations

from datetime import datetime

from kernel.crypto import canonical_json, sm3_hex
from kernel.pdf import (
    Block,
    Chart,
    Document,
    Facts,
    Heading,
    PageBreak,
    Paragraph,
    Signatures,
    Table,
)
from kernel.web.charts.paper import paper_chart
from kernel.web.formats import localdate, localtime
from kernel.web.i18n import HTML_TAGS, current_language
from kernel.web.i18n import gettext as _
from sla.contract import Contract
from sla.report.figures import Figures
from sla.report.layout import Figure, Grid, Numbers, Part, Picture, Section
from sla.report.sections import sections_of

LEGEND = "　"


def digest_of(figures: Figures) -> str:
    """Return the SM3 of the figures."""
    return sm3_hex(canonical_json(figures))


def document_of(figures: Figures, contract: Contract, *, version: str = "") -> Document:
    """Return the report as a document to print; `version` says which issue of a frozen report it is."""
    begin, end = (datetime.fromisoformat(figures[key]) for key in ("from", "to"))
    made = datetime.fromisoformat(figures["generated_at"])
    last = end - datetime.resolution
    zone = contract.zone
    blocks: list[Block] = []
    for section in sections_of(figures, contract):
        blocks += _section(section)
    blocks += _signatures(contract)
    return Document(
        title=_("服务水平报告"),
        subtitle=_("%(a)s 至 %(b)s", a=localdate(begin, zone), b=localdate(last, zone)),
        blocks=[
            Paragraph(f"{contract.title}（{contract.number}）", align="center", small=True),
            Paragraph(_("生成于 %(time)s", time=localtime(made, zone)) + version, align="center", small=True),
            Paragraph(_("合同版本（SM3）") + " " + contract.digest, align="center", small=True),
            *blocks,
        ],
        made_at=made,
        footer="SM3 " + digest_of(figures),
        page=_("第 1 页，共 1 页"),
        lang=HTML_TAGS[current_language()][:2],
    )


def _section(section: Section) -> list[Block]:
    blocks: list[Block] = [Heading(section.title, 2)]
    if section.note:
        blocks.append(Paragraph(section.note, small=True))
    for part in section.parts:
        blocks += _part(part, alone=len(section.parts) == 1)
    return blocks


def _part(part: Part, *, alone: bool) -> list[Block]:
    if isinstance(part, Numbers):
        return [Facts([(name, figure.text) for name, figure in part.items])]
    if isinstance(part, Picture):
        return [_picture(part)]
    return _table(part, alone=alone)


def _picture(part: Picture) -> Chart:
    svg = paper_chart(part.macro, part.title, part.rows)
    if part.macro == "share_bar":
        caption = part.title + _("：") + LEGEND.join(f"{row['label']} {row['text']}" for row in part.rows)
        return Chart(svg, caption, height_mm=8)
    return Chart(svg, part.title, height_mm=max(20, 8 * len(part.rows)))


def _table(part: Grid, *, alone: bool) -> list[Block]:
    def texts(row: tuple[Figure, ...] | list[Figure]) -> list[str]:
        return [figure.text for figure in row]

    table = Table(
        head=part.head,
        rows=[texts(list(row)) for row in part.rows],
        align=["right" if place in part.numeric else "left" for place in range(len(part.head))],
        widths=part.widths,
        total=texts(list(part.total)) if part.total else None,
        empty=part.empty,
    )
    blocks: list[Block] = [table] if alone else [Heading(part.title, 3), table]
    if part.more:
        blocks.append(Paragraph(part.more.text, small=True))
    return blocks


def _signatures(contract: Contract) -> list[Block]:
    lines = [_("签字"), _("盖章"), _("日期")]
    parties = [(f"{_(_PARTY_LABELS[key])}{_('：')}{contract.parties[key].name}", lines) for key in ("a", "b")]
    return [
        PageBreak(),
        Heading(_("签认"), 2),
        Paragraph(
            _("双方对本报告所列数字的签认不影响合同约定的异议期；页脚为本报告数据的 SM3 摘要，可据以核对。")
        ),
        Signatures(parties),
    ]


_PARTY_LABELS = {"a": "甲方", "b": "乙方"}
