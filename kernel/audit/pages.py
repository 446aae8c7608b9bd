"""The audit chain as the auditor sees it: read everything, change nothing."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request, Response
from sqlalchemy import select

from kernel.audit.models import AuditEntry, AuditHead
from kernel.audit.service import verify
from kernel.edge import PageRouter, Read, platform_of, require
from kernel.identity.actor import Actor
from kernel.web.templating import render

router = PageRouter()
PAGE = 50
MOST_PROBLEMS = 20

Reader = Annotated[Actor, Depends(require("audit.read"))]
Word = Annotated[str | None, Query(max_length=120)]


@router.get("/audit-log")
def listing(
    request: Request,
    session: Read,
    _actor: Reader,
    who: Word = None,
    subject: Word = None,
    cursor: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """List entries, the newest first."""
    wanted = select(AuditEntry).order_by(AuditEntry.position.desc())
    if who:
        wanted = wanted.where(AuditEntry.actor == who)
    if subject:
        wanted = wanted.where(AuditEntry.subject.startswith(subject, autoescape=True))
    if cursor:
        wanted = wanted.where(AuditEntry.position < cursor)
    rows = session.scalars(wanted.limit(PAGE + 1)).all()
    return render(
        request,
        "identity/audit.html",
        rows=rows[:PAGE],
        next=rows[PAGE - 1].position if len(rows) > PAGE else None,
        who=who,
        subject=subject,
        head=session.execute(select(AuditHead.position, AuditHead.digest)).one_or_none(),
        problems=None,
    )


@router.get("/audit-log/verify")
def check(request: Request, session: Read, _actor: Reader) -> Response:
    """Recompute the whole chain and say what does not fit."""
    problems = []
    for problem in verify(platform_of(request).db):
        problems.append(problem)
        if len(problems) >= MOST_PROBLEMS:
            break
    head = session.execute(select(AuditHead.position, AuditHead.digest)).one_or_none()
    return render(
        request,
        "identity/audit.html",
        rows=[],
        next=None,
        who=None,
        subject=None,
        head=head,
        problems=problems,
    )
