"""JSON edge of the settlement."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from kernel.disclosure.edge import disclosed
from kernel.edge import ApiRouter, Read, Write, platform_of, require
from kernel.edge.inputs import OPEN
from kernel.identity.actor import Actor
from sla import pinned
from sla.settlement import files, service

router = ApiRouter(prefix="/settlements", tags=["settlements"])

Reader = Annotated[Actor, Depends(require("settlement.read"))]
Issuer = Annotated[Actor, Depends(require("settlement.issue"))]
Year = Annotated[int, Path(ge=2000, le=2199)]
Half = Annotated[int, Path(ge=1, le=12, description="1 or 2: the number of the instalment in its year")]
Payer = Annotated[Annotated[str, Field(max_length=40)] | None, OPEN, Query()]
CONTENT: dict[int | str, dict[str, Any]] = {200: {"content": {files.XLSX: {}, "application/pdf": {}}}}


class IssueIn(BaseModel):
    """Issue a statement; `version` is the number of versions last seen, for 409 when it is stale."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(default="", max_length=2000)
    version: int | None = Field(default=None, ge=0, le=9999)


@router.get("/{year}/{half}", response_model=None, responses=CONTENT)
def one(
    request: Request,
    year: Year,
    half: Half,
    actor: Reader,
    session: Read,
    payer: Payer = None,
    form: Annotated[Literal["json", "pdf", "xlsx"], Query(alias="format")] = "json",
) -> Response:
    """Return a half-year's statement: frozen once issued, reckoned as of now before."""
    platform = platform_of(request)
    now = platform.clock.now()
    found = service.current(session, pinned.in_force(platform), now).position(year, half)
    body = files.seen(actor, found, payer)
    response = files.answer(body, found, form, now, platform.zone, platform.settings.font_dir)
    if form == "json":
        return response
    return disclosed(request, actor, response, "settlement", f"{year}-{half}", form=form)


@router.post("/{year}/{half}", status_code=201)
def issue(
    request: Request, year: Year, half: Half, body: IssueIn, actor: Issuer, session: Write
) -> dict[str, Any]:
    """Issue the statement, or issue it anew with a reason; its penalties become settled."""
    platform = platform_of(request)
    contract, now = pinned.in_force(platform), platform.clock.now()
    found = service.issue(
        session, now, actor, contract, year, half, reason=body.reason, if_version=body.version
    )
    return files.as_dict(found.body, found, platform.zone)
