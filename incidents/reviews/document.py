"""The review as a printed document."""

from __future__ import annotations

from incidents.reviews import rules
from incidents.reviews.queries import Detail
from incidents.views import Names
from kernel.pdf import Block, Document, Facts, Heading, Paragraph, Signatures, Table
from kernel.web.formats import localtime
from kernel.web.i18n import current_language
from kernel.web.i18n import gettext as _

PAGE_WORDS = "第 1 页，共 1 页"


def as_document(found: Detail, names: Names) -> Document:
    """Return the review document: facts, content, action items, record, places to sign."""
    incident, content = found.incident, found.content
    blocks: list[Block] = [
        Facts(
            [
                (_("故障编号"), incident.number),
                (_("故障现象"), incident.title),
                (_("类别"), names.fault_class(incident.fault_class)),
                (_("影响单位"), names.payers(incident.payers)),
                (_("影响模块"), names.modules(incident.modules)),
                (_("开始时间"), localtime(incident.started_at)),
                (_("恢复时间"), localtime(incident.restored_at)),
                (_("状态"), _(rules.STATE_LABELS[found.state])),
            ]
        )
    ]
    for name, label in rules.FIELD_LABELS.items():
        said = cause_word(content.get(name, "")) if name == "cause" else content.get(name, "")
        blocks.append(Heading(_(label), 2))
        blocks += [Paragraph(line) for line in (said or "—").splitlines() if line.strip()]
    blocks += [Heading(_("整改事项"), 2), _actions(found), Heading(_("记录"), 2), _record(found)]
    blocks.append(Signatures([(_("乙方"), [_("签字"), _("日期")]), (_("甲方"), [_("签字"), _("日期")])]))
    return Document(
        title=_("故障复盘报告"),
        subtitle=f"{incident.number} {incident.title}",
        blocks=blocks,
        made_at=found.now,
        footer=incident.number,
        page=_(PAGE_WORDS),
        lang=current_language(),
    )


def cause_word(cause: str | None) -> str:
    """Return the word for a category of causes."""
    return _(rules.CAUSE_LABELS[cause]) if cause in rules.CAUSE_LABELS else ""


def _actions(found: Detail) -> Table:
    head = ["#", _("事项"), _("负责人"), _("期限"), _("状态"), _("完成情况")]
    rows = [
        [
            str(a.seq),
            a.title,
            found.people[a.owner_id],
            localtime(a.due_at),
            _(rules.ACTION_LABELS[a.state]),
            a.evidence or "—",
        ]
        for a in found.actions
    ]
    return Table(head, rows, widths=(0, 2.0, 0, 0, 0, 2.0), empty=_("没有整改事项。"))


def _record(found: Detail) -> Table:
    head = [_("时间"), _("谁"), _("事项"), _("说明")]
    rows = [
        [localtime(e.at), e.actor_name, _(rules.ENTRY_LABELS[e.type]), e.text or e.data.get("title") or "—"]
        for e in found.entries
    ]
    return Table(head, rows, widths=(0, 0, 0, 1.0), empty=_("还没有记录。"))
