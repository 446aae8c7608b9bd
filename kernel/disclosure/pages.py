"""The register as a page, and as a file, which is entered itself."""

from __future__ import annotations

import csv
import io
from typing import Annotated

from fastapi import Depends, Query, Request, Response
from sqlalchemy import Select, select

from kernel.disclosure.edge import disclosed
from kernel.disclosure.models import Disclosure
from kernel.disclosure.service import KIND_LABELS
from kernel.edge import PageRouter, Read, platform_of, require
from kernel.identity.actor import Actor
from kernel.web.templating import render

router = PageRouter()
PAGE, MOST = 50, 10_000
Reader = Annotated[Actor, Depends(require("disclosure.read"))]
Word = Annotated[str | None, Query(max_length=64)]
HEADING = ("编号", "时间", "用户名", "姓名", "种类", "内容", "格式", "记录数", "字节", "SM3", "用途")


@router.get("/disclosures")
def listing(
    request: Request,
    session: Read,
    _actor: Reader,
    kind: Word = None,
    who: Word = None,
    cursor: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> Response:
    """List what has left the platform, the newest first."""
    wanted = _wanted(kind, who)
    rows = session.scalars((wanted.where(Disclosure.id < cursor) if cursor else wanted).limit(PAGE + 1)).all()
    following = rows[PAGE - 1].id if len(rows) > PAGE else None
    shown = {"rows": rows[:PAGE], "next": following, "kind": kind, "who": who, "kinds": KIND_LABELS}
    return render(request, "disclosure/list.html", **shown)  # type: ignore[arg-type]


@router.get("/disclosures.csv")
def export(request: Request, session: Read, actor: Reader, kind: Word = None, who: Word = None) -> Response:
    """Take the register away; the newest entries, at most 10 000."""
    rows = session.scalars(_wanted(kind, who).limit(MOST)).all()
    text, zone = io.StringIO(), platform_of(request).zone
    lines = csv.writer(text)
    lines.writerow(HEADING)
    for r in rows:
        texts = (r.actor, r.actor_name, r.kind, r.subject, r.form)
        figures = (r.records, r.size, r.digest)
        lines.writerow(
            [r.id, r.at.astimezone(zone).isoformat(), *map(_safe, texts), *figures, _safe(r.purpose)]
        )
    headers = {"Content-Disposition": 'attachment; filename="disclosures.csv"'}
    response = Response(text.getvalue().encode("utf-8-sig"), media_type="text/csv", headers=headers)
    subject = " ".join(filter(None, (kind, who))) or "*"
    return disclosed(request, actor, response, "disclosures", subject, records=len(rows), form="csv")


def _safe(text: str | None) -> str:
    """Return text that no spreadsheet runs as a formula."""
    return f"'{text}" if text and text.startswith(("=", "+", "-", "@", "\t", "\r")) else text or ""


def _wanted(kind: str | None, who: str | None) -> Select[tuple[Disclosure]]:
    wanted = select(Disclosure).order_by(Disclosure.id.desc())
    if kind:
        wanted = wanted.where(Disclosure.kind == kind)
    return wanted.where(Disclosure.actor == who) if who else wanted
