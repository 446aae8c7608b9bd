"""Receipts by API: a gateway reports that a message reached the receiver's device, or never will."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from kernel.edge import ApiRouter, Write, platform_of, require
from kernel.identity.actor import Actor
from kernel.outbox import receipts

router = ApiRouter(tags=["receipts"])


class ReceiptIn(BaseModel):
    """What became of a message, by the id that it was sent with."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(max_length=200)
    status: Literal["delivered", "failed"]
    at: AwareDatetime | None = None
    reason: str = Field(default="", max_length=200)


@router.post("/receipts", status_code=202)
def receipt(
    request: Request,
    body: ReceiptIn,
    _actor: Annotated[Actor, Depends(require("outbox.receipt"))],
    session: Write,
) -> dict[str, Any]:
    """Note a receipt; the same one twice changes nothing more."""
    platform = platform_of(request)
    now = platform.clock.now()
    if body.status == "delivered":
        noted = receipts.delivered(session, now, body.id, body.at)
    else:
        noted = receipts.failed(platform, session, now, body.id, body.reason)
    return {"noted": noted}
