"""The drill's report as a printed document: plan, people, course, measurements, evaluation, signatures."""

from __future__ import annotations

from drills import evaluation, items, present, rules
from drills.plan import Plan
from drills.queries import Detail
from kernel.pdf import Block, Document, Facts, Heading, Paragraph, Signatures, Table
from kernel.web.formats import localtime
from kernel.web.i18n import current_language
from kernel.web.i18n import gettext as _
from sla.contract import Contract

PAGE_WORDS = "第 1 页，共 1 页"
MOST = 400
"""Entries that are printed; the file of evidence holds all."""
LEFT_OUT = ("task",)


def as_document(found: Detail, contract: Contract) -> Document:
    """Return the report; what has not happened yet is said so."""
    blocks: list[Block] = [
        _head(found, contract),
        Heading(_("一、方案"), 2),
        *_plan(found),
        Heading(_("二、结果"), 2),
        _criteria(found),
        Heading(_("三、经过"), 2),
        *_course(found),
        Heading(_("四、评估"), 2),
        *_evaluation(found),
        Heading(_("五、整改事项"), 2),
        _items(found),
        Heading(_("六、签字"), 2),
        *_signed(found),
    ]
    return Document(
        title=_("应急演练报告"),
        subtitle=f"{found.drill.number} {found.drill.title}",
        blocks=blocks,
        made_at=found.now,
        footer=f"{found.drill.number} {found.head[:16]}",
        page=_(PAGE_WORDS),
        lang=current_language(),
    )


def _head(found: Detail, contract: Contract) -> Facts:
    drill = found.drill
    fault = contract.fault_classes.get(drill.fault_class)
    outcome = _(rules.OUTCOME_LABELS[drill.outcome]) if drill.outcome else "—"
    clause = contract.clauses.get(found.resolved.scenario.clause) if found.resolved else None
    return Facts(
        [
            (_("编号"), drill.number),
            (_("演练形式"), _(present.FORM_LABELS[drill.form])),
            (_("故障类别"), fault.name if fault else drill.fault_class),
            (_("合同条款"), clause.article if clause else "—"),
            (_("状态"), _(rules.state_label(drill.state, drill.outcome))),
            (_("结果"), outcome),
            (_("开始"), localtime(drill.started_at) if drill.started_at else "—"),
            (_("结束"), localtime(drill.ended_at) if drill.ended_at else "—"),
            (_("演练故障"), drill.incident or "—"),
            (_("记录散列（SM3）"), found.head),
        ]
    )


def _plan(found: Detail) -> list[Block]:
    resolved = found.resolved
    if resolved is None:
        return [Paragraph(found.broken)]
    plan, seen = resolved.plan, present.preview(resolved)
    names = found.names
    people = [
        (
            _(present.ROLE_LABELS[role]),
            _("、").join(names.get(p, p) for p in _people(getattr(plan.roles, role))),
        )
        for role in present.ROLE_LABELS
    ]
    hosts = [[h.name, h.address, _(present.TIER_LABELS[h.tier]) if h.tier else "—"] for h in seen["hosts"]]
    return [
        Facts(
            [
                (_("依据的预案"), _reference(plan)),
                (_("时间窗口"), f"{localtime(plan.window.begins)} — {localtime(plan.window.ends)}"),
                (_("影响范围"), seen["text"]),
                (_("回退办法"), seen["undo"]),
                *people,
            ]
        ),
        Table([_("主机"), _("地址"), _("环境")], hosts, empty=_("桌面推演，不涉及主机。")),
    ]


def _reference(plan: Plan) -> str:
    found = plan.reference
    return f"{_(found.level)} {found.document} {found.revision}".strip()


def _people(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _criteria(found: Detail) -> Table:
    rows = [
        [row["label"], row["wanted"], row["found"], _("达到") if row["met"] else _("未达到")]
        for row in present.of(found, None)["criteria"]
    ]
    head = [_("指标"), _("要求"), _("实测"), _("结论")]
    return Table(head, rows, widths=(2.0, 0, 0, 0), empty=_("没有测量结果。"))


def _course(found: Detail) -> list[Block]:
    shown = [entry for entry in found.entries if entry.kind not in LEFT_OUT]
    rows = []
    for entry in shown[:MOST]:
        line = present.timeline_entry(entry, found.drill.started_at)
        rows.append([localtime(line["at"]), line["who"], line["what"], line["body"] or "—"])
    head = [_("时间"), _("谁"), _("事项"), _("说明")]
    blocks: list[Block] = [Table(head, rows, widths=(0, 0, 1.0, 1.4), empty=_("还没有记录。"))]
    if len(shown) > MOST:
        blocks.append(Paragraph(_("其余%(n)s条见证据文件。", n=len(shown) - MOST), small=True))
    return blocks


def _evaluation(found: Detail) -> list[Block]:
    entry = found.entry("evaluated")
    if entry is None:
        return [Paragraph(_("还没有评估。"))]
    sheet = entry.data
    rows = [
        [_(label), _(evaluation.GRADE_LABELS[sheet[name]])]
        for name, label in evaluation.ASPECT_LABELS.items()
    ]
    blocks: list[Block] = [
        Table([_("评估内容"), _("评价")], rows, widths=(2.0, 1.0)),
        Facts(
            [
                (_("结论"), _(evaluation.CONCLUSION_LABELS[sheet["conclusion"]])),
                (_("评估人"), entry.actor_name),
            ]
        ),
        Heading(_("发现的情况"), 3),
        *(Paragraph(line) for line in sheet["findings"].splitlines() if line.strip()),
    ]
    if sheet.get("advice"):
        blocks += [
            Heading(_("改进建议"), 3),
            *(Paragraph(line) for line in sheet["advice"].splitlines() if line),
        ]
    return blocks


def _items(found: Detail) -> Table:
    rows = [
        [
            str(item.seq),
            item.title,
            found.owners[item.owner_id],
            localtime(item.due_at),
            _(items.STATE_LABELS[item.state]),
            item.proof or "—",
        ]
        for item in found.items
    ]
    head = ["#", _("事项"), _("负责人"), _("期限"), _("状态"), _("完成情况")]
    return Table(head, rows, widths=(0, 2.0, 0, 0, 0, 2.0), empty=_("没有整改事项。"))


def _signed(found: Detail) -> list[Block]:
    parties = {"signed_b": _("乙方"), "signed_a": _("甲方")}
    rows = [
        [
            parties[entry.kind],
            entry.actor_name,
            localtime(entry.at),
            entry.text or "—",
            str(entry.data["signs"])[:16],
        ]
        for entry in found.entries
        if entry.kind in parties
    ]
    if rows:
        head = [_("签字方"), _("签字人"), _("时间"), _("意见"), _("所签散列")]
        return [Table(head, rows, widths=(0, 0, 0, 1.0, 0))]
    lines = [_("签字"), _("日期")]
    return [Signatures([(_("乙方"), lines), (_("甲方"), lines)])]
