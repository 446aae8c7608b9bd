"""The breach notice as a printable letter (第二十七条): addressee, breach, what is asked, signature, date."""

from __future__ import annotations

from datetime import timedelta

from kernel.pdf import Block, Document, Facts, Paragraph, Signatures
from kernel.web.formats import localdate
from kernel.web.i18n import gettext as _
from sla.contract import Contract
from sla.obligations.facts import A, B
from sla.obligations.models import ContractFact
from sla.obligations.words import article


def letter(contract: Contract, notice: ContractFact) -> Document:
    """Return the letter."""
    sender, addressee = contract.parties[notice.side], contract.parties[B if notice.side == A else A]
    days = contract.support.breach_reply_days
    due = notice.happened_on + timedelta(days=days)
    blocks: list[Block] = [
        Facts(
            [
                (_("合同编号"), contract.number),
                (_("合同名称"), contract.title),
            ]
        ),
        Paragraph(_("%(name)s：", name=addressee.name)),
        Paragraph(_("贵方在履行上述合同中存在以下违约情形："), indent=True),
        *[Paragraph(line, indent=True) for line in (notice.text or "").splitlines() if line.strip()],
        Paragraph(
            _(
                "根据合同%(article)s，请贵方自本通知之日起%(days)s日内（%(due)s前，含当日）"
                "纠正并书面说明，或书面否认。",
                article=article(contract, "breach_notice"),
                days=days,
                due=localdate(due),
            ),
            indent=True,
        ),
        Paragraph(_("特此通知。"), indent=True),
        Paragraph(localdate(notice.happened_on), align="right"),
        Signatures(
            [
                (sender.name, [_("经办人："), _("（盖章）")]),
                (_("签收：%(name)s", name=addressee.name), [_("签收人："), _("日期：")]),
            ]
        ),
    ]
    return Document(
        title=_("违约通知书"),
        subtitle=notice.subject or "",
        blocks=blocks,
        made_at=notice.recorded_at,
        footer=contract.number,
        page=_("第 1 页，共 1 页"),
    )
