"""Pages of monitoring: the list, one probe with its year, its form, a test at once, a module's year."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from incidents.monitoring import forms, queries, rules, schemas, service
from incidents.monitoring.api import Key, Manager, Reader
from incidents.monitoring.probes import KIND_LABELS, KINDS, Result
from incidents.monitoring.queries import DayFigures, Filter
from incidents.views import Names
from kernel.edge import FormFields, PageRouter, Read, Write, in_query, platform_of
from kernel.errors import AppError, NotFound
from kernel.web.flash import see_other
from kernel.web.forms import FormState
from kernel.web.i18n import gettext as _
from kernel.web.security import csrf_form
from kernel.web.templating import begin, render
from sla import pinned

router = PageRouter()
YEAR = 365


Cursor = Annotated[str | None, Query(max_length=60)]


def _frame(request: Request) -> dict[str, Any]:
    begin(request)
    contract = pinned.in_force(platform_of(request))
    words = {"kinds": KIND_LABELS, "states": rules.STATE_LABELS, "tones": rules.STATE_TONES}
    return {"contract": contract, "names": Names(contract), **words}


@router.get("/probes")
def listing(
    request: Request,
    _actor: Reader,
    session: Read,
    wanted: Annotated[Filter, Depends(in_query(Filter))],
    cursor: Cursor = None,
) -> Response:
    """List the probes."""
    return _list(request, session, wanted, cursor, "monitoring/list.html")


@router.get("/probes/live")
def live(
    request: Request,
    _actor: Reader,
    session: Read,
    wanted: Annotated[Filter, Depends(in_query(Filter))],
    cursor: Cursor = None,
) -> Response:
    """Return the parts that change."""
    return _list(request, session, wanted, cursor, "monitoring/_list.html")


@router.get("/probes/availability")
def availability(
    request: Request,
    _actor: Reader,
    session: Read,
    module: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """Show the year of a module, all its probes together."""
    platform = platform_of(request)
    found = queries.of_module(session, module or None)
    days = queries.days(session, platform.clock.now(), platform.zone, found, YEAR)
    known = _frame(request) | _calendar(request, days)
    return render(request, "monitoring/availability.html", module=module or "", probes=len(found), **known)


@router.get("/probes/new")
def blank(
    request: Request, _actor: Manager, _session: Read, kind: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Choose a kind, then fill in its form."""
    if kind not in KINDS:
        return render(request, "monitoring/kinds.html", **_frame(request))
    return _form_page(request, kind, FormState(forms.blank(kind)))


@router.post("/probes", dependencies=[Depends(csrf_form)])
def create(request: Request, form: FormFields, actor: Manager, session: Write) -> Response:
    """Configure a new probe; on an error the form comes back with what was typed."""
    kind, platform = str(form.get("kind", "")), platform_of(request)
    try:
        told = schemas.read(forms.told(form, kind))
        made = service.create(session, platform.clock.now(), actor, pinned.in_force(platform), told)
    except AppError as error:
        session.rollback()
        return _again(request, kind, form, error)
    return see_other(f"/probes/{made.key}", _("探测已保存，几秒内开始。"))


@router.get("/probes/{key}")
def one(request: Request, key: Key, _actor: Reader, session: Read) -> Response:
    """Show a probe."""
    return _page(request, session, key)


@router.get("/probes/{key}/edit")
def edit(request: Request, key: Key, _actor: Manager, session: Read) -> Response:
    """Show a probe's form."""
    probe = service.find(session, key)
    if probe.origin == service.FILE:
        return see_other(f"/probes/{key}", _("这个探测由配置文件管理，请修改文件后重新启动。"), "warn")
    return _form_page(request, probe.kind, FormState(forms.values(probe)), key, probe.version)


@router.post("/probes/{key}", dependencies=[Depends(csrf_form)])
def change(request: Request, key: Key, form: FormFields, actor: Manager, session: Write) -> Response:
    """Configure a probe anew."""
    kind, platform = service.find(session, key).kind, platform_of(request)
    version = _number(form, "version")
    try:
        told = schemas.read(forms.told(form, kind) | {"key": key})
        service.change(session, platform.clock.now(), actor, pinned.in_force(platform), key, told, version)
    except AppError as error:
        session.rollback()
        return _again(request, kind, form, error, key, version)
    return see_other(f"/probes/{key}", _("探测已保存，几秒内开始。"))


@router.post("/probes/{key}/test", dependencies=[Depends(csrf_form)])
async def test(request: Request, key: Key, _actor: Manager, session: Read) -> Response:
    """Ask once, at once, and show what was found."""
    probe = await run_in_threadpool(service.find, session, key)
    heard = await run_in_threadpool(queries.heard, session, probe.id)
    result = await service.test(platform_of(request), probe, heard)
    return await run_in_threadpool(_page, request, session, key, result)


def _list(request: Request, session: Session, wanted: Filter, cursor: str | None, template: str) -> Response:
    platform = platform_of(request)
    lines, following = queries.listing(session, platform.clock.now(), platform.zone, wanted, cursor)
    known = _frame(request) | {"lines": lines, "counts": queries.counts(session), "wanted": wanted}
    return render(request, template, next=following, **known)


def _number(form: FormData, name: str) -> int | None:
    value = str(form.get(name, ""))
    return int(value) if value.isdecimal() and len(value) < 10 else None


def _page(request: Request, session: Session, key: str, result: Result | None = None) -> Response:
    platform = platform_of(request)
    now = platform.clock.now()
    found = queries.one(session, key)
    if found is None:
        raise NotFound(_("没有探测 %(key)s。", key=key))
    probe, state = found
    month = queries.availability(session, now, platform.zone, [found])[probe.id]
    known = _frame(request) | _calendar(request, queries.days(session, now, platform.zone, [found], YEAR))
    secrets = [
        forms.SPEC_LABELS[n] for n in schemas.secret_names(KINDS[probe.kind].spec) if n in probe.secrets
    ]
    return render(
        request,
        "monitoring/probe.html",
        line=queries.Line(probe, state, month),
        outages=queries.outages(session, probe.id),
        heard=queries.heard(session, probe.id),
        spec=[(forms.SPEC_LABELS[n], v) for n, v in probe.spec.items() if v not in ("", None)],
        hidden=secrets,
        beat_url=f"{platform.settings.base_url}/api/v1/heartbeats/{probe.beat_token}",
        result=result,
        **known,
    )


def _calendar(request: Request, found: dict[date, DayFigures]) -> dict[str, Any]:
    today = platform_of(request).clock.now().astimezone(platform_of(request).zone).date()
    cells = {day: {"level": rules.level(d.percent), "text": _words(d)} for day, d in found.items()}
    return {"first": today - timedelta(days=YEAR - 1), "last": today, "days": cells}


def _words(day: DayFigures) -> str:
    percent = "—" if day.percent is None else f"{day.percent.normalize():f}%"
    return _(
        "可用率 %(percent)s，探测 %(n)s 次，失败 %(bad)s 次", percent=percent, n=day.checks, bad=day.failures
    )


def _again(
    request: Request, kind: str, form: FormData, error: AppError, key: str = "", version: int | None = None
) -> Response:
    if error.status not in (409, 422) or kind not in KINDS:
        raise error
    state = FormState.refused(forms.typed(form), error)
    return _form_page(request, kind, state, key, version, error.status)


def _form_page(
    request: Request,
    kind: str,
    state: FormState,
    key: str = "",
    version: int | None = None,
    status: int = 200,
) -> Response:
    known = _frame(request) | {
        "kind": kind,
        "key": key,
        "version": version,
        "fields": list(forms.fields(kind)),
    }
    return render(request, "monitoring/form.html", status_code=status, state=state, **known)
