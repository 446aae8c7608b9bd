"""Judge a foreign incident log by upload: the same figures as `shoushi audit`, on a page and by API."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Depends, File, Form, Request, Response, UploadFile

from kernel.edge import PageRouter, platform_of, require
from kernel.errors import Invalid
from kernel.identity.actor import Actor
from kernel.web.forms import EMPTY, FormState
from kernel.web.i18n import gettext as _
from kernel.web.security import csrf_form
from kernel.web.templating import begin, render
from sla import pinned
from sla.audit.interchange import read_interchange
from sla.audit.judge import AuditResult, audit_log
from sla.audit.reader import InputError
from sla.audit.report import DETAIL_HEADING, clock_rows, detail_row, figure_rows
from sla.audit.servicenow import read_servicenow
from sla.contract import Contract

router = PageRouter()
Auditor = Annotated[Actor, Depends(require("log.audit"))]
SHOWN = 200


@router.get("/log-audit")
def form(request: Request, _actor: Auditor) -> Response:
    """Show the upload form."""
    return _page(request, EMPTY)


@router.post("/log-audit", dependencies=[Depends(csrf_form)])
def judge(
    request: Request,
    _actor: Auditor,
    file: Annotated[UploadFile, File()],
    kind: Annotated[Literal["servicenow", "events"], Form(alias="format")] = "servicenow",
) -> Response:
    """Judge the uploaded log; nothing of it is kept."""
    contract = pinned.in_force(platform_of(request))
    try:
        result = judge_upload(contract, file, kind)
    except Invalid as error:
        return _page(request, FormState.refused({"format": kind}, error), status=422)
    return _page(request, FormState({"format": kind}), result=result, name=file.filename or "")


def judge_upload(contract: Contract, file: UploadFile, kind: str) -> AuditResult:
    """Return the result of judging an upload; 422 names line and column of what cannot be read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log"
        with path.open("wb") as copy:
            shutil.copyfileobj(file.file, copy)
        read = read_servicenow if kind == "servicenow" else read_interchange
        try:
            return audit_log(contract, read(str(path), contract, None), details=True)
        except InputError as error:
            words = error.said(_, file.filename or "log")
            raise Invalid.field("file", words, code="unreadable_log") from None


def _page(
    request: Request,
    state: FormState,
    *,
    status: int = 200,
    result: AuditResult | None = None,
    name: str = "",
) -> Response:
    begin(request)
    shown: dict[str, Any] = {"result": result, "name": name, "shown": SHOWN}
    if result is not None:
        details = result.details or []
        shown |= {
            "figures": [[_(label), value] for label, value in figure_rows(result)],
            "clocks": [[_(cell) for cell in row] for row in clock_rows(result)],
            "heading": [_(label) for label in DETAIL_HEADING],
            "rows": [[_(cell) for cell in detail_row(entry)] for entry in details[:SHOWN]],
            "total": len(details),
        }
    return render(request, "sla/log_audit.html", status_code=status, state=state, **shown)
