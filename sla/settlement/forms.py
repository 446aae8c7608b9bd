"""A statement as a document and as a workbook; same figures as the frozen body."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

from kernel.pdf import Align, Block, Document, Facts, Heading, PageBreak, Paragraph, Signatures, Table
from kernel.web.formats import localdate, money
from kernel.web.i18n import gettext as _
from sla.audit.xlsx import cell_value as safe
from sla.settlement.body import FIGURE_LABELS, FIGURES, Body
from sla.settlement.models import IssuedStatement
from sla.settlement.rules import CHARGE_LABELS, DEDUCT_LABELS

SHOWN = ("share", "brought_forward", "charged", "deducted", "carried_over", "payable")
RIGHT: Align = "right"
MOST_LISTED = 300
"""Charges that are printed one by one: typst lays out a long table in quadratic time, and nobody reads it."""
PREVIEW_WORDS = "预览，尚未开具"


def half_name(body: Body) -> str:
    """Return the half-year as people call it."""
    return _("%(year)s年%(half)s", year=body["year"], half=body["name"])


def document(body: Body, issued: IssuedStatement | None, now: datetime) -> Document:
    """Return the statement to print and sign, for those payers that the body holds."""
    rows = body["payers"]
    only = rows[0]["name"] if len(rows) == 1 else ""
    blocks: list[Block] = [
        Facts(_facts(body, issued)),
        Heading(_("应付金额"), 2),
        Table(
            head=[_("付款方"), *(_(FIGURE_LABELS[name]) for name in SHOWN)],
            rows=[[row["name"], *(money(row[name]) for name in SHOWN)] for row in rows],
            align=["left", *(RIGHT for _name in SHOWN)],
            widths=[1, *(0 for _name in SHOWN)],
            total=None if only else [_("合计"), *(money(body["totals"][name]) for name in SHOWN)],
        ),
        *_late(body),
        Heading(_("扣款明细"), 2),
        *_charges(body),
        Paragraph(
            _("金额单位为元，精确到分；扣款方式：%(how)s。", how=_(DEDUCT_LABELS[body["deduct_from"]])),
            small=True,
        ),
        PageBreak(),
        Heading(_("签署页"), 2),
        Paragraph(_("双方确认本结算单所列金额，作为付款依据。"), indent=True),
        Facts([(_("付款方"), only or _("全部付款方")), (_("本期应付"), money(body["totals"]["payable"]))]),
        Signatures(_signers(body)),
    ]
    name = half_name(body)
    return Document(
        title=_("%(half)s服务费结算单", half=name),
        subtitle=only or body["contract"]["title"],
        blocks=blocks,
        made_at=issued.issued_at if issued else now,
        footer=f"SM3 {issued.digest}" if issued else _(PREVIEW_WORDS),
        page=_("第 1 页，共 1 页"),
    )


def _facts(body: Body, issued: IssuedStatement | None) -> list[tuple[str, str]]:
    parties = body["contract"]["parties"]
    state = (
        _("第%(n)s版，%(who)s", n=issued.version, who=issued.issued_by_name) if issued else _(PREVIEW_WORDS)
    )
    return [
        (_("合同编号"), body["contract"]["number"]),
        (_("甲方"), parties["a"]),
        (_("乙方"), parties["b"]),
        (_("付款期限"), _day(body["due"])),
        (_("扣款截至"), _day(body["cut_off"])),
        (_("版本"), state),
        *([(_("重开理由"), issued.reason)] if issued and issued.reason else []),
    ]


def _late(body: Body) -> list[Block]:
    if not body["late_payments"]:
        return []
    names = {row["payer"]: row["name"] for row in body["payers"]}
    rows = [[names[e["payer"]], e["instalment"], money(e["amount"])] for e in body["late_payments"]]
    return [
        Heading(_("逾期付款违约金（甲方另付）"), 2),
        Table(
            head=[_("付款方"), _("期次"), _("金额")],
            rows=rows,
            align=["left", "left", "right"],
            total=[_("合计"), "", money(body["totals"]["late_payment"])],
        ),
    ]


def _charges(body: Body) -> list[Block]:
    """List what is deducted; when that would fill a book, its sums by month, and where the list is."""
    count = len(body["charges"])
    if count <= MOST_LISTED:
        return [_each(body)]
    words = _("共%(n)s笔，这里按月合计；逐笔清单见同一版本的电子表格（XLSX）。", n=count)
    return [Paragraph(words), _by_month(body)]


def _by_month(body: Body) -> Table:
    sums: dict[tuple[str, str], list[Decimal]] = {}
    for each in body["charges"]:
        sums.setdefault((each["on"][:7], each["kind"]), []).append(Decimal(each["amount"]))
    amounts = [amount for each in sums.values() for amount in each]
    return Table(
        head=[_("月份"), _("依据"), _("笔数"), _("金额")],
        rows=[
            [month, _(CHARGE_LABELS[kind]), f"{len(each):,}", money(sum(each, Decimal(0)))]
            for (month, kind), each in sorted(sums.items())
        ],
        align=["left", "left", RIGHT, RIGHT],
        widths=[1, 1, 0, 0],
        total=[_("合计"), "", f"{len(amounts):,}", money(sum(amounts, Decimal(0)))],
    )


def _each(body: Body) -> Table:
    total = sum((Decimal(each["amount"]) for each in body["charges"]), Decimal(0))
    return Table(
        head=[_("依据"), _("编号"), _("条款"), _("故障"), _("金额")],
        rows=[
            [
                _(CHARGE_LABELS[each["kind"]]),
                each["ref"],
                each["clause"],
                " ".join(filter(None, (each["incident"], each["title"]))),
                money(each["amount"]),
            ]
            for each in body["charges"]
        ],
        align=["left", "left", "left", "left", "right"],
        widths=[0, 0, 0, 1, 0],
        total=[_("合计"), "", "", "", money(total)] if body["charges"] else None,
        empty=_("本期没有扣款。"),
    )


def _signers(body: Body) -> list[tuple[str, list[str]]]:
    lines = [_("经办人："), _("负责人："), _("（盖章）"), _("日期：")]
    parties = body["contract"]["parties"]
    rows = body["payers"]
    payer = [(_("付款方：%(name)s", name=rows[0]["name"]), lines)] if len(rows) == 1 else []
    return [
        (_("甲方：%(name)s", name=parties["a"]), lines),
        *payer,
        (_("乙方：%(name)s", name=parties["b"]), lines),
    ]


def _day(text: str) -> str:
    return localdate(date.fromisoformat(text))


def workbook(body: Body, issued: IssuedStatement | None) -> bytes:
    """Return the statement as XLSX; money as numbers, text never as a formula."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("结算单"))
    sheet.append([safe(half_name(body)), safe(body["contract"]["title"])])
    for label, value in _facts(body, issued):
        sheet.append([safe(label), safe(value)])
    sheet.append([_("SM3"), issued.digest if issued else ""])
    sheet.append([])
    sheet.append([_("付款方"), *(_(FIGURE_LABELS[name]) for name in FIGURES)])
    for row in body["payers"]:
        sheet.append([safe(row["name"]), *(Decimal(row[name]) for name in FIGURES)])
    sheet.append([_("合计"), *(Decimal(body["totals"][name]) for name in FIGURES)])
    charges = book.create_sheet(_("扣款明细"))
    charges.append([_("依据"), _("编号"), _("条款"), _("故障"), _("故障现象"), _("终局日期"), _("金额")])
    for each in body["charges"]:
        texts = [
            _(CHARGE_LABELS[each["kind"]]),
            each["ref"],
            each["clause"],
            each["incident"] or "",
            each["title"],
        ]
        charges.append([*map(safe, texts), each["on"], Decimal(each["amount"])])
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()
