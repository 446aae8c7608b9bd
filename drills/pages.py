"""Pages of drills: the register, the year, the plan, and one drill from its draft to its archive."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from drills import again, deeds, document, evaluation, forms, items, present, queries, service, views, yearly
from drills import plan as plans
from incidents.forms import local_time, state_of, text
from kernel.disclosure.edge import disclosed
from kernel.edge import FormFields, PageRouter, Read, Write, in_query, platform_of, require
from kernel.errors import AppError, NotFound
from kernel.identity.actor import Actor
from kernel.pdf import render_pdf
from kernel.web.flash import see_other
from kernel.web.forms import EMPTY, FormState
from kernel.web.i18n import gettext as _
from kernel.web.security import csrf_form
from kernel.web.templating import begin, render
from playbooks import catalogue
from sla import pinned

router = PageRouter()
checked = Depends(csrf_form)
Reader = Annotated[Actor, Depends(require("drill.read"))]
Planner = Annotated[Actor, Depends(require("drill.plan"))]
Number = Annotated[str, Path(max_length=20)]


@router.get("/drills")
def listing(
    request: Request,
    _actor: Reader,
    session: Read,
    wanted: Annotated[queries.Filter, Depends(in_query(queries.Filter))],
    cursor: Annotated[str | None, Query(max_length=18)] = None,
) -> Response:
    """List drills, the newest first."""
    found, following = queries.listing(session, platform_of(request).zone, wanted, cursor)
    shown: dict[str, Any] = {"drills": found, "next": following, "wanted": wanted}
    shown |= {"pending": queries.items_pending(session), "may_again": again.may}
    return render(request, "drills/list.html", **shown, **present.words(platform_of(request)))


@router.get("/drills/year")
def year(request: Request, _actor: Reader, session: Read, year: int | None = None) -> Response:
    """Show the year as planned and held, beside what the contract demands."""
    platform = platform_of(request)
    now = platform.clock.now()
    begin(request)
    chosen = year or now.astimezone(platform.zone).year
    shown: dict[str, Any] = {"year": chosen, "found": yearly.of_year(platform, session, chosen, now)}
    shown |= {"bounds": queries.year_of(chosen, platform.zone), "measured": yearly.measured}
    return render(request, "drills/year.html", **shown, **present.words(platform))


@router.get("/drills/year.pdf")
def year_pdf(request: Request, actor: Reader, session: Read, year: int | None = None) -> Response:
    """Print the year: what was demanded, planned, held and measured."""
    platform = platform_of(request)
    now = platform.clock.now()
    begin(request)
    chosen = year or now.astimezone(platform.zone).year
    found = yearly.of_year(platform, session, chosen, now)
    content = render_pdf(yearly.as_document(found), platform.settings.font_dir)
    headers = {"Content-Disposition": f'inline; filename="drills-{chosen}.pdf"'}
    response = Response(content, media_type="application/pdf", headers=headers)
    return disclosed(request, actor, response, "drill", f"{chosen}", records=len(found.drills), form="pdf")


@router.get("/drills/new")
def new(
    request: Request,
    _actor: Planner,
    session: Read,
    scenario: str = "",
    after: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Show the form of a new plan, empty or after a drill that is over, or the scenarios to choose from."""
    begin(request)
    if after:
        found = again.of(platform_of(request), session, platform_of(request).clock.now(), after)
        state = FormState(forms.values_again(found))
        return _plan_page(request, session, found.plan.scenario, state, after=found)
    if not scenario:
        entries = [entry.what for entry in catalogue.scenarios().values()]
        return render(request, "drills/choose.html", entries=entries, **present.words(platform_of(request)))
    chosen = {"where": "local", "modules": list(catalogue.scenario(scenario).what.modules)}
    return _plan_page(request, session, scenario, FormState(chosen))


@router.post("/drills/new", dependencies=[checked])
def create(request: Request, form: FormFields, actor: Planner, session: Write) -> Response:
    """Keep a new plan, or only show what it would touch."""
    platform, scenario = platform_of(request), text(form, "scenario")
    try:
        wanted = forms.plan_of(form, scenario, platform.zone)
        if text(form, "do") == "preview":
            return _plan_page(request, session, scenario, FormState(forms.typed(form)), plan=wanted)
        text_of = plans.write(wanted)
        found = service.draft(platform, session, platform.clock.now(), actor, text_of)
    except AppError as error:
        return _plan_again(request, session, scenario, form, error)
    return see_other(f"/drills/{found.number}", _("方案已保存为草稿。"))


@router.get("/drills/{number}/plan")
def edit(request: Request, number: Number, _actor: Planner, session: Read) -> Response:
    """Show the plan's form as it was saved."""
    begin(request)
    drill = service.find(session, number)
    state = FormState(forms.values_of(plans.read(drill.plan)))
    return _plan_page(request, session, drill.scenario, state, number=number)


@router.post("/drills/{number}/plan", dependencies=[checked])
def revise(request: Request, number: Number, form: FormFields, actor: Planner, session: Write) -> Response:
    """Replace the plan, or only show what it would touch."""
    platform = platform_of(request)
    scenario = service.find(session, number).scenario
    try:
        wanted = forms.plan_of(form, scenario, platform.zone)
        if text(form, "do") == "preview":
            return _plan_page(request, session, scenario, FormState(forms.typed(form)), number, wanted)
        service.revise(platform, session, platform.clock.now(), actor, number, plans.write(wanted))
    except AppError as error:
        return _plan_again(request, session, scenario, form, error, number)
    return see_other(f"/drills/{number}", _("方案已修改，须重新提交甲方批准。"))


def _plan_again(
    request: Request, session: Session, scenario: str, form: FormData, error: AppError, number: str = ""
) -> Response:
    session.rollback()
    if error.status not in (409, 422):
        raise error
    state = FormState.refused(forms.typed(form), error)
    return _plan_page(request, session, scenario, state, number, status=error.status)


def _plan_page(
    request: Request,
    session: Session,
    scenario: str,
    state: FormState,
    number: str = "",
    plan: plans.Plan | None = None,
    status: int = 200,
    after: again.Again | None = None,
) -> Response:
    platform = platform_of(request)
    begin(request)
    shown = present.plan_form(platform, session, scenario, platform.clock.now())
    if plan is not None:
        shown["preview"] = present.preview(service.resolved(platform, plan))
    shown |= {"state": state, "number": number, "after": after}
    return render(request, "drills/plan.html", status, **shown, **present.words(platform))


@router.get("/drills/{number}")
def one(request: Request, number: Number, actor: Reader, session: Read) -> Response:
    """Show a drill: what is to be done now, how it runs, what came out."""
    return _page(request, session, actor, number)


@router.get("/drills/{number}/live")
def live(request: Request, number: Number, actor: Reader, session: Read) -> Response:
    """Return the parts of the page that change."""
    return _page(request, session, actor, number, name="drills/_live.html")


@router.get("/drills/{number}/report.pdf")
def pdf(request: Request, number: Number, actor: Reader, session: Read) -> Response:
    """Print the report."""
    platform = platform_of(request)
    begin(request)
    found = queries.detail(platform, session, number, platform.clock.now())
    content = render_pdf(document.as_document(found, pinned.in_force(platform)), platform.settings.font_dir)
    headers = {"Content-Disposition": f'inline; filename="{number}.pdf"'}
    response = Response(content, media_type="application/pdf", headers=headers)
    return disclosed(request, actor, response, "drill", number, form="pdf")


@router.get("/drills/{number}/evidence.json")
def evidence(request: Request, number: Number, actor: Reader, session: Read) -> Response:
    """Hand out the file that `shoushi verify` checks."""
    platform = platform_of(request)
    found = queries.detail(platform, session, number, platform.clock.now())
    headers = {"Content-Disposition": f'attachment; filename="{number}.json"'}
    return disclosed(request, actor, JSONResponse(views.evidence(found), headers=headers), "drill", number)


@router.post("/drills/{number}/do/{deed}", dependencies=[checked])
def do(
    request: Request,
    number: Number,
    deed: Annotated[str, Path(max_length=20)],
    form: FormFields,
    actor: Reader,
    session: Write,
) -> Response:
    """Do what a button of the page says."""
    platform, wanted = platform_of(request), deeds.BY_KEY.get(deed)
    if wanted is None:
        raise NotFound("没有这个操作。")
    actor.demand(wanted.permission)
    try:
        wanted.use(deeds.Asked(platform, session, platform.clock.now(), actor, number, text(form, "text")))
    except AppError as error:
        return _again(request, session, actor, number, form, error, deed)
    return see_other(f"/drills/{number}", _(wanted.done))


@router.post("/drills/{number}/steps/{step}", dependencies=[checked])
def step(
    request: Request,
    number: Number,
    step: Annotated[str, Path(max_length=60)],
    form: FormFields,
    actor: Annotated[Actor, Depends(require("drill.act"))],
    session: Write,
) -> Response:
    """Record that people have done a step."""
    platform, now = platform_of(request), platform_of(request).clock.now()
    try:
        service.step_done(platform, session, now, actor, number, step, text(form, "text"))
    except AppError as error:
        return _again(request, session, actor, number, form, error, f"step-{step}")
    return see_other(f"/drills/{number}", _("已登记。"))


@router.post("/drills/{number}/undone/{step}", dependencies=[checked])
def undone(
    request: Request,
    number: Number,
    step: Annotated[str, Path(max_length=60)],
    form: FormFields,
    actor: Annotated[Actor, Depends(require("drill.run"))],
    session: Write,
) -> Response:
    """Record that somebody has undone a step by hand."""
    platform, now = platform_of(request), platform_of(request).clock.now()
    try:
        service.undone_by_hand(platform, session, now, actor, number, step, text(form, "text"))
    except AppError as error:
        return _again(request, session, actor, number, form, error, f"undone-{step}")
    return see_other(f"/drills/{number}", _("已登记，正在核对是否恢复原状。"))


@router.post("/drills/{number}/evaluation", dependencies=[checked])
def evaluate(
    request: Request,
    number: Number,
    form: FormFields,
    actor: Annotated[Actor, Depends(require("drill.evaluate"))],
    session: Write,
) -> Response:
    """Hand in the evaluation; on an error it comes back as typed."""
    platform = platform_of(request)
    sheet = {name: text(form, name) for name in present.SHEET}
    try:
        evaluation.evaluate(platform, session, platform.clock.now(), actor, number, sheet)
    except AppError as error:
        return _again(request, session, actor, number, form, error, "evaluation")
    return see_other(f"/drills/{number}", _("评估已提交，请双方签字。"))


Worker = Annotated[Actor, Depends(require("drill.item"))]


@router.post("/drills/{number}/items", dependencies=[checked])
def add_item(request: Request, number: Number, form: FormFields, actor: Worker, session: Write) -> Response:
    """Put an improvement item on the list."""
    platform, now = platform_of(request), platform_of(request).clock.now()
    try:
        due = local_time(text(form, "due_at"), "due_at", platform.zone)
        items.add(platform, session, now, actor, number, text(form, "title"), text(form, "owner"), due)
    except AppError as error:
        return _again(request, session, actor, number, form, error, "item")
    return see_other(f"/drills/{number}#items", _("已列入整改事项，并通知负责人。"))


@router.post("/drills/{number}/items/{seq}", dependencies=[checked])
def move_item(
    request: Request,
    number: Number,
    seq: Annotated[int, Path(ge=1, le=10_000)],
    form: FormFields,
    actor: Worker,
    session: Write,
) -> Response:
    """Let something happen to an item."""
    platform, kind = platform_of(request), text(form, "kind")
    move = items.Move(kind, text(form, "text"), text(form, "redrill") or None)
    try:
        items.move(platform, session, platform.clock.now(), actor, number, seq, move)
    except AppError as error:
        return _again(request, session, actor, number, form, error, f"move-{seq}-{kind}")
    return see_other(f"/drills/{number}#items", _("已登记。"))


def _again(
    request: Request,
    session: Session,
    actor: Actor,
    number: str,
    form: FormData,
    error: AppError,
    failed: str,
) -> Response:
    session.rollback()
    if error.status not in (409, 422):
        raise error
    return _page(request, session, actor, number, error=error, form=form, failed=failed)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    number: str,
    *,
    name: str = "drills/detail.html",
    error: AppError | None = None,
    form: FormData | None = None,
    failed: str = "",
) -> Response:
    platform = platform_of(request)
    begin(request)
    found = queries.detail(platform, session, number, platform.clock.now())
    owners = items.owners(session, found.now) if actor.may("drill.item") else []
    return render(
        request,
        name,
        status_code=error.status if error else 200,
        found=found,
        drill=found.drill,
        may_again=again.may(found.drill) and found.resolved is not None,
        owners=owners,
        failed=failed,
        state=state_of(form or FormData(), error),
        blank=EMPTY,
        must=deeds.must(found, actor),
        possible=deeds.possible(found, actor),
        permitted=deeds.permitted(actor),
        moves=[(item, present.moves(actor, found, item)) for item in found.items],
        **present.of(found, catalogue.scenarios().get(found.drill.scenario)),
        **present.words(platform),
    )
