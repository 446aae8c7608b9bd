"""The evidence bundle of a penalty: its ledger lines with the incident's evidence as of each verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from incidents import log, service
from incidents.models import IncidentEvent
from kernel.disclosure.edge import disclosed
from kernel.edge import ApiRouter, PageRouter, Read, include, require
from kernel.errors import NotFound
from kernel.identity.actor import Actor
from kernel.web.i18n import gettext as _
from sla import pinned
from sla.cases.models import VerdictRecord
from sla.contract import Contract
from sla.evidence import build_evidence
from sla.penalties import queries
from sla.penalties.evidence import build
from sla.verdict import judge

api = ApiRouter(prefix="/penalties", tags=["penalties"])
pages = PageRouter()
router = APIRouter()
Reader = Annotated[Actor, Depends(require("penalty.read"))]


def bundle(session: Session, actor: Actor, number: str) -> dict[str, Any]:
    """Return the evidence of a penalty that the actor may see."""
    penalty, case, lines = queries.one(session, actor, number)
    incident = service.find(session, case.subject)
    contract = pinned.version(session, case.contract)
    rows = log.rows_of(session, incident.id)
    verdicts = queries.verdicts_of(session, case.id)
    used = sorted({line.verdict_version for line in lines})
    files = {v: _as_of(contract, case.subject, rows, verdicts[v]) for v in used}
    return build(penalty.number, case.subject, penalty.clause, lines, files)


def _as_of(
    contract: Contract, number: str, rows: Sequence[IncidentEvent], record: VerdictRecord
) -> dict[str, Any]:
    """Return the incident's evidence as that version saw it: the events that were told by then."""
    known = [row for row in rows if row.recorded_at <= record.as_of]
    while known:
        events = [log.to_event(row) for row in known]
        verdict = judge(contract, events, record.as_of)
        if verdict.digest() == record.digest:
            return build_evidence(contract.text, events, record.as_of, verdict, incident=number)
        known.pop()  # told at the same instant, but after this version
    raise NotFound(_("评判第%(n)s版不能由其事件复算，请核对审计链。", n=record.version))


@api.get("/{number}/evidence", response_model=dict[str, Any])
def evidence(request: Request, number: str, actor: Reader, session: Read) -> Response:
    """Return the file that `shoushi verify FILE` recomputes without a database."""
    return disclosed(request, actor, JSONResponse(bundle(session, actor, number)), "evidence", number)


@pages.get("/penalties/{number}/evidence")
def download(request: Request, number: str, actor: Reader, session: Read) -> Response:
    """Download the evidence file."""
    headers = {"Content-Disposition": f'attachment; filename="penalty-{number}.json"'}
    found = JSONResponse(bundle(session, actor, number), headers=headers)
    return disclosed(request, actor, found, "evidence", number)


include(router, api, pages)
