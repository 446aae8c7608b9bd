"""Send each monthly report, when it is frozen, to those who asked for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from kernel import audit
from kernel.db.once import insert_once
from kernel.errors import Invalid
from kernel.identity.actor import Actor
from kernel.identity.directory import people_with_role
from kernel.identity.models import Person
from kernel.outbox import Attachment, Draft, enqueue
from kernel.pdf import render_pdf
from kernel.platform import Platform
from kernel.web.i18n import current_language, use_language
from sla import pinned
from sla.frozen.models import FrozenReport, ReportSubscription
from sla.report.figures import Figures
from sla.report.paper import document_of

READ = "report.frozen"
PDF = "application/pdf"


def subscribe(session: Session, now: datetime, actor: Actor) -> None:
    """Let the actor have the reports to come by mail."""
    person = session.get(Person, actor.person_id) if actor.person_id is not None else None
    if person is None or not person.email:
        raise Invalid.field("email", "您的账户没有登记电子邮箱，请联系系统管理员登记后再订阅。")
    if insert_once(session, ReportSubscription, {"person_id": person.id, "since": now}):
        audit.record(session, now, "report.subscribed", f"person:{actor.username}")


def unsubscribe(session: Session, now: datetime, actor: Actor) -> None:
    """Send the actor no more reports."""
    done = session.execute(delete(ReportSubscription).where(ReportSubscription.person_id == actor.person_id))
    if done.rowcount:  # type: ignore[attr-defined]
        audit.record(session, now, "report.unsubscribed", f"person:{actor.username}")


def subscribed(session: Session, actor: Actor) -> bool:
    """Whether the actor gets the reports by mail."""
    wanted = select(ReportSubscription.since).where(ReportSubscription.person_id == actor.person_id)
    return session.scalar(wanted) is not None


def send(platform: Platform, session: Session, now: datetime, report: FrozenReport, figures: Figures) -> None:
    """Queue a mail with the PDF to every subscriber who may still read it."""
    chosen = set(session.scalars(select(ReportSubscription.person_id)))
    roles = platform.catalogue.permissions[READ].roles
    told = {p.id: p for p in people_with_role(session, now, sorted(roles)) if p.id in chosen and p.email}
    if not told:
        return
    pdf = Attachment(
        f"sla-{report.period}-v{report.version}.pdf", PDF, official_pdf(platform, session, report, figures)
    )
    ref = f"report:{report.period}/{report.version}"
    url = f"/reports/frozen/{report.period}/{report.version}"
    again = f"\n重新出具理由：{report.reason}" if report.reason else ""
    body = (
        f"{report.period} 服务水平报告（第{report.version}版）已冻结，见附件。{again}\n"
        f"数据摘要（SM3）：{report.digest}\n\n{platform.settings.base_url}{url}"
    )
    title = f"【服务水平报告】{report.period} 第{report.version}版"
    drafts = [
        Draft(f"{ref}:email:{p.id}", ref, "email", p.email or "", title, body, p.id, url, (pdf,))
        for p in told.values()
    ]
    enqueue(session, now, drafts)


def official_pdf(platform: Platform, session: Session, report: FrozenReport, figures: Figures) -> bytes:
    """Return the issue on paper: the official record is Chinese, whoever asks."""
    before = current_language()
    use_language("zh")
    try:
        contract = pinned.version(session, report.contract)
        document = document_of(figures, contract, version=f" · 第{report.version}版")
        return render_pdf(document, platform.settings.font_dir)
    finally:
        use_language(before)
