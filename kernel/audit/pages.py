"""The audit chain as the auditor sees it: read everything, change nothing."""

from __future__ import annotations

from datetime import date
from itertools import islice
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from kernel.audit import seals
from kernel.audit.attest import all_problems
from kernel.audit.models import AuditEntry, AuditHead, AuditSeal
from kernel.edge import PageRouter, Read, platform_of, require
from kernel.errors import NotFound
from kernel.identity.actor import Actor
from kernel.web.i18n import gettext as _
from kernel.web.templating import render

router = PageRouter()
PAGE = 50
MOST_PROBLEMS = 20
LARGEST = 2**53

Reader = Annotated[Actor, Depends(require("audit.read"))]
Word = Annotated[str | None, Query(max_length=120)]


@router.get("/audit-log")
def listing(
    request: Request,
    session: Read,
    _actor: Reader,
    who: Word = None,
    subject: Word = None,
    cursor: Annotated[int | None, Query(ge=1, le=LARGEST)] = None,
) -> Response:
    """List entries, the newest first."""
    rows = session.scalars(_wanted(who, subject, cursor).limit(PAGE + 1)).all()
    following = rows[PAGE - 1].position if len(rows) > PAGE else None
    return _page(request, session, rows=rows[:PAGE], next=following, who=who, subject=subject, problems=None)


def _wanted(who: str | None, subject: str | None, cursor: int | None) -> Select[tuple[AuditEntry]]:
    wanted = select(AuditEntry).order_by(AuditEntry.position.desc())
    if who:
        wanted = wanted.where(AuditEntry.actor == who)
    if subject:
        wanted = wanted.where(AuditEntry.subject.startswith(subject, autoescape=True))
    return wanted.where(AuditEntry.position < cursor) if cursor else wanted


@router.get("/audit-log/verify")
def check(request: Request, session: Read, _actor: Reader) -> Response:
    """Recompute the whole chain and every record it attests, and say what does not fit."""
    problems = list(islice(all_problems(platform_of(request)), MOST_PROBLEMS))
    return _page(request, session, rows=[], next=None, who=None, subject=None, problems=problems)


@router.get("/audit-log/seals/{day}")
def seal(session: Read, _actor: Reader, day: Annotated[date, Path()]) -> Response:
    """Download a day's seal as a file that `shoushi verify` checks."""
    found = session.get(AuditSeal, day.isoformat())
    if found is None:
        raise NotFound(_("%(day)s没有封印。", day=day.isoformat()))
    headers = {"Content-Disposition": f'attachment; filename="seal-{day}.json"'}
    return JSONResponse(seals.as_file(found), headers=headers)


def _page(request: Request, session: Session, **shown: Any) -> Response:
    head = session.execute(select(AuditHead.position, AuditHead.digest)).one_or_none()
    return render(request, "identity/audit.html", head=head, seals=seals.newest(session), **shown)
