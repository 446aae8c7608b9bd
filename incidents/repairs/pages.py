"""Pages of repairs: where they may run, asking for one on an incident, and one run from request to result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import yaml
from fastapi import Depends, Path, Query, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from incidents.forms import state_of, text, texts
from incidents.queries import find_visible
from incidents.repairs import queries, rules, service, targets, views
from incidents.repairs.models import RepairTarget
from kernel.edge import FormFields, PageRouter, Read, RowId, RowIdField, Write, platform_of, require
from kernel.errors import AppError, Conflict
from kernel.identity.actor import Actor
from kernel.web.flash import see_other
from kernel.web.forms import EMPTY, FormState
from kernel.web.i18n import current_language
from kernel.web.i18n import gettext as _
from kernel.web.security import csrf_form
from kernel.web.templating import begin, render
from playbooks import catalogue, inventory
from playbooks.schema import Words
from sla import pinned

router = PageRouter()
checked = Depends(csrf_form)
Reader = Annotated[Actor, Depends(require("repair.read"))]
Asker = Annotated[Actor, Depends(require("repair.ask"))]
Approver = Annotated[Actor, Depends(require("repair.approve"))]
Keeper = Annotated[Actor, Depends(require("repair.set_up"))]
Number = Annotated[str, Path(max_length=20)]
IncidentNumber = Annotated[str, Path(max_length=32)]
EXAMPLE = """all:
  hosts:
    oa-1:
      ansible_host: 10.0.0.11
      ansible_user: ops
      shoushi_tier: production
"""


def said(words: Words | None) -> str:
    """Return a text of the catalogue in the reader's language."""
    return words.in_(current_language()) if words else ""


@router.get("/repairs")
def listing(
    request: Request, actor: Reader, session: Read, cursor: Annotated[str | None, Query(max_length=18)] = None
) -> Response:
    """List what was asked for, and where repairs may run."""
    begin(request)
    found, following = queries.listing(session, actor, cursor)
    shown: dict[str, Any] = {"rows": found, "next": following, "targets": targets.listing(session)}
    return _render(request, "repairs/list.html", **shown)


@router.get("/repairs/targets/new")
def new_target(
    request: Request, _actor: Keeper, repair: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Show the form of a new target."""
    begin(request)
    return _target_page(request, FormState({"repair": repair, "inventory": EXAMPLE}), None)


@router.post("/repairs/targets", dependencies=[checked])
def add_target(request: Request, form: FormFields, actor: Keeper, session: Write) -> Response:
    """Set up a target; on an error the form comes back with what was typed."""
    platform = platform_of(request)
    try:
        now = platform.clock.now()
        made = targets.add(session, now, actor, pinned.in_force(platform), _wanted(form))
    except AppError as error:
        session.rollback()
        return _target_page(request, state_of(form, error), None, error.status)
    return see_other("/repairs#targets", _("已登记处置对象：%(name)s", name=made.name))


@router.get("/repairs/targets/{target_id}")
def one_target(request: Request, target_id: RowId, _actor: Keeper, session: Read) -> Response:
    """Show a target's form."""
    begin(request)
    target = targets.find(session, target_id)
    values = yaml.safe_dump(target.values, allow_unicode=True) if target.values else ""
    said_ = {name: getattr(target, name) for name in ("name", "repair", "modules", "inventory")}
    return _target_page(request, FormState({**said_, "values": values}), target)


@router.post("/repairs/targets/{target_id}", dependencies=[checked])
def change_target(
    request: Request, target_id: RowId, form: FormFields, actor: Keeper, session: Write
) -> Response:
    """Change a target."""
    platform = platform_of(request)
    target = targets.find(session, target_id)
    try:
        now = platform.clock.now()
        targets.change(session, now, actor, pinned.in_force(platform), target_id, _wanted(form))
    except AppError as error:
        session.rollback()
        return _target_page(request, state_of(form, error), target, error.status)
    return see_other("/repairs#targets", _("处置对象已修改；已提出的申请不受影响。"))


@router.post("/repairs/targets/{target_id}/retirement", dependencies=[checked])
def retire_target(
    request: Request, target_id: RowId, form: FormFields, actor: Keeper, session: Write
) -> Response:
    """Take a target out of use, or bring it back."""
    now = platform_of(request).clock.now()
    retired = text(form, "retired") == "1"
    targets.retire(session, now, actor, target_id, retired=retired)
    return see_other("/repairs#targets", _("已停用。") if retired else _("已恢复使用。"))


def _wanted(form: FormData) -> targets.Wanted:
    raw = {name: text(form, name) for name in ("name", "repair")}
    inventory_, values = (str(form.get(name, "")).replace("\r\n", "\n") for name in ("inventory", "values"))
    return targets.Wanted(**raw, inventory=inventory_, values=values, modules=texts(form, "modules"))


def _target_page(
    request: Request, state: FormState, target: RepairTarget | None, status: int = 200
) -> Response:
    begin(request)
    repairs = [entry.what for entry in catalogue.repairs().values()]
    return _render(request, "repairs/target.html", status, state=state, target=target, repairs=repairs)


@router.get("/incidents/{number}/repairs/new")
def new(
    request: Request,
    number: IncidentNumber,
    actor: Asker,
    session: Read,
    target: Annotated[int, Query(ge=1, le=2**63 - 1)],
) -> Response:
    """Show what would run where, and ask why."""
    return _ask_page(request, session, actor, number, target, EMPTY)


@router.post("/incidents/{number}/repairs", dependencies=[checked])
def ask(
    request: Request,
    number: IncidentNumber,
    form: FormFields,
    actor: Asker,
    session: Write,
    target: RowIdField,
) -> Response:
    """Ask for a repair; on an error the page comes back with what was typed."""
    platform = platform_of(request)
    try:
        reason, now = text(form, "reason"), platform.clock.now()
        run = service.ask(platform, session, now, actor, number, target, reason)
    except AppError as error:
        session.rollback()
        if error.status not in (409, 422):
            raise
        return _ask_page(request, session, actor, number, target, state_of(form, error), error.status)
    return see_other(f"/repairs/{run.number}", _("已提出申请，并通知批准人。"))


def _ask_page(
    request: Request,
    session: Session,
    actor: Actor,
    number: str,
    target_id: int,
    state: FormState,
    status: int = 200,
) -> Response:
    begin(request)
    incident = find_visible(session, actor, number)
    offer = next((o for o in targets.offers(session, incident) if o.target.id == target_id), None)
    if offer is None:
        raise Conflict("这个处置对象不适用于本故障：类别或模块不符、已停用，或故障已关闭。", code="unfit")
    values = {**offer.entry.what.vars, **offer.target.values}
    shown: dict[str, Any] = {"incident": incident, "offer": offer, "values": values, "said": said}
    shown |= {
        "hosts": inventory.read(offer.target.inventory),
        "playbook": offer.entry.playbook("repair.yml").read_text("utf-8"),
    }
    return _render(request, "repairs/ask.html", status, state=state, **shown)


@router.get("/repairs/{number}")
def one(request: Request, number: Number, actor: Reader, session: Read) -> Response:
    """Show a run."""
    return _page(request, session, actor, number)


@router.get("/repairs/{number}/live")
def live(request: Request, number: Number, actor: Reader, session: Read) -> Response:
    """Return the part of the page that changes."""
    return _page(request, session, actor, number, name="repairs/_live.html")


@router.post("/repairs/{number}/approval", dependencies=[checked])
def approve(request: Request, number: Number, form: FormFields, actor: Approver, session: Write) -> Response:
    """Let it run, at once."""
    platform, now = platform_of(request), platform_of(request).clock.now()
    deed = lambda: service.approve(platform, session, now, actor, number, text(form, "text"))  # noqa: E731
    return _done(request, session, actor, number, form, deed, _("已批准，即将执行。"), "approval")


@router.post("/repairs/{number}/refusal", dependencies=[checked])
def refuse(request: Request, number: Number, form: FormFields, actor: Approver, session: Write) -> Response:
    """Don't let it run."""
    platform, now = platform_of(request), platform_of(request).clock.now()
    deed = lambda: service.refuse(platform, session, now, actor, number, text(form, "text"))  # noqa: E731
    return _done(request, session, actor, number, form, deed, _("已登记：不批准。"), "refusal")


@router.post("/repairs/{number}/withdrawal", dependencies=[checked])
def withdraw(request: Request, number: Number, form: FormFields, actor: Asker, session: Write) -> Response:
    """Take back what one asked for."""
    platform, now = platform_of(request), platform_of(request).clock.now()
    deed = lambda: service.withdraw(platform, session, now, actor, number)  # noqa: E731
    return _done(request, session, actor, number, form, deed, _("已撤回。"), "withdrawal")


@router.post("/repairs/{number}/stop", dependencies=[checked])
def stop(request: Request, number: Number, form: FormFields, actor: Reader, session: Write) -> Response:
    """Stop a run where it is."""
    now = platform_of(request).clock.now()
    deed = lambda: service.stop(session, now, actor, number)  # noqa: E731
    return _done(request, session, actor, number, form, deed, _("正在停止。"), "stop")


def _done(
    request: Request,
    session: Session,
    actor: Actor,
    number: str,
    form: FormData,
    deed: Callable[[], object],
    words: str,
    name: str,
) -> Response:
    try:
        deed()
    except AppError as error:
        session.rollback()
        if error.status not in (409, 422):
            raise
        return _page(
            request, session, actor, number, state=state_of(form, error), failed=name, status=error.status
        )
    return see_other(f"/repairs/{number}", words)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    number: str,
    *,
    name: str = "repairs/run.html",
    state: FormState = EMPTY,
    failed: str = "",
    status: int = 200,
) -> Response:
    begin(request)
    found = queries.detail(session, actor, number)
    entry = catalogue.repairs().get(found.run.repair)
    shown = {"found": found, "run": found.run, "entry": entry, "said": said, "failed": failed}
    return _render(request, name, status, state=state, rules=rules, **shown)


def _render(request: Request, name: str, status: int = 200, **shown: Any) -> Response:
    contract = pinned.in_force(platform_of(request))
    return render(request, name, status, contract=contract, **views.WORDS, **shown)
