"""A half-year's statement as the reader may see it, and as a file of any form."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Response
from fastapi.responses import JSONResponse

from kernel.errors import Invalid
from kernel.identity.actor import Actor
from kernel.pdf import render_pdf
from kernel.web.i18n import gettext as _
from sla.settlement.body import Body, seen_by
from sla.settlement.forms import document, workbook
from sla.settlement.models import IssuedStatement
from sla.settlement.queries import Position

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def seen(actor: Actor, position: Position, payer: str | None = None) -> Body:
    """Return the part of the statement that the actor may see, of one payer if wanted; 422 for no payer."""
    body = seen_by(position.body, actor.scopes("settlement.read"))
    if payer is None:
        return body
    known = [row["payer"] for row in body["payers"]]
    if payer not in known:
        raise Invalid.field("payer", _("应为：%(known)s", known=", ".join(known)))
    return seen_by(body, frozenset({payer}))


def as_dict(body: Body, position: Position, zone: ZoneInfo) -> dict[str, Any]:
    """Return the statement as JSON values, with its versions."""
    issued = [_version(row, zone) for row in position.versions]
    return {**body, "issued": issued[-1] if issued else None, "versions": issued}


def _version(row: IssuedStatement, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "version": row.version,
        "digest": row.digest,
        "reason": row.reason,
        "issued_by": row.issued_by,
        "issued_at": row.issued_at.astimezone(zone).isoformat(),
    }


def file(body: Body, position: Position, form: str, now: datetime, font_dir: Path | None) -> bytes:
    """Return the statement as PDF or XLSX."""
    if form == "xlsx":
        return workbook(body, position.issued)
    return render_pdf(document(body, position.issued, now), font_dir)


def answer(
    body: Body, position: Position, form: str, now: datetime, zone: ZoneInfo, font_dir: Path | None
) -> Response:
    """Return the statement in the form asked for."""
    if form == "json":
        return JSONResponse(as_dict(body, position, zone))
    name = f"settlement-{body['year']}-{body['half']}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    media = XLSX if form == "xlsx" else "application/pdf"
    return Response(file(body, position, form, now, font_dir), media_type=media, headers=headers)
