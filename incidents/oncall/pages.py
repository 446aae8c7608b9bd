"""The preview of the ladders."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response

from incidents.forms import local_time
from incidents.oncall import rules
from incidents.oncall.preview import preview
from kernel.edge import PageRouter, Read, platform_of, require
from kernel.errors import Invalid
from kernel.identity.actor import Actor
from kernel.outbox.reach.rules import CHANNEL_LABELS
from kernel.web.i18n import gettext as _
from kernel.web.templating import begin, render
from sla import pinned

router = PageRouter()


@router.get("/oncall")
def show(
    request: Request,
    _actor: Annotated[Actor, Depends(require("incident.read"))],
    session: Read,
    fault_class: Annotated[str, Query(max_length=40)] = "",
    at: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Show who would be called when, if a fault of this class began now or at another time."""
    platform = platform_of(request)
    contract = pinned.in_force(platform)
    chosen = fault_class or next(iter(contract.fault_classes))
    if chosen not in contract.fault_classes:
        raise Invalid.field("fault_class", "请从列表中选择。")
    start = local_time(at, "at", platform.zone) or platform.clock.now()
    begin(request)
    steps = preview(platform, session, contract, chosen, list(contract.payers), start)
    shown: dict[str, Any] = {"contract": contract, "chosen": chosen, "start": start, "at": at, "steps": steps}
    shown |= {"targets": rules.TARGET_LABELS, "channels": CHANNEL_LABELS}
    return render(request, "incidents/oncall.html", rung=_rung, **shown)


def _rung(clock: str, rung: str) -> str:
    if clock == "call":
        return _("响应 +%(n)s分", n=rung)
    if rung == "breach":
        return _("修复 %(n)s%%", n=100)
    if rung.startswith("after:"):
        return _("修复超时，此后重复")
    return _("修复 %(n)s%%", n=rung)
