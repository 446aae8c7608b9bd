"""Contract versions as pages: what was agreed, propose an amended file, agree to it or refuse."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Depends, File, Form, Request, Response, UploadFile

from kernel.edge import PageRouter, Read, RowId, Write, platform_of, require
from kernel.errors import Conflict, Invalid
from kernel.identity.actor import Actor
from kernel.identity.directory import names_of
from kernel.web.flash import see_other
from kernel.web.forms import EMPTY, FormState
from kernel.web.i18n import gettext as _
from kernel.web.security import csrf_form
from kernel.web.templating import begin, render
from sla import pinned
from sla.amendments import service
from sla.amendments.rules import STATE_LABELS, STEP_LABELS, differences

router = PageRouter()
Reader = Annotated[Actor, Depends(require("terms.read"))]
Signer = Annotated[Actor, Depends(require("amendment.sign"))]
Words = Annotated[str, Form(max_length=2000)]
LARGEST = 1 << 20
SIDE_LABELS = {"a": "甲方", "b": "乙方"}
DONE_LABELS = {"agree": "已确认，自生效日起执行。", "refuse": "已拒绝。", "withdraw": "已撤回。"}
URL = "/terms/amendments"


@router.get(URL)
def listing(request: Request, _actor: Reader, session: Read) -> Response:
    """List the versions and show the form that proposes one."""
    return _list(request, session, EMPTY)


@router.post(URL, dependencies=[Depends(csrf_form)])
def propose(
    request: Request,
    actor: Signer,
    session: Write,
    file: Annotated[UploadFile, File()],
    day: Words = "",
    reason: Words = "",
) -> Response:
    """Propose an amended contract file."""
    platform = platform_of(request)
    now = platform.clock.now()
    try:
        found = service.propose(platform, session, now, actor, _text(file), _day(day), reason)
    except Invalid as error:
        session.rollback()
        return _list(request, session, FormState.refused({"day": day, "reason": reason}, error), 422)
    return see_other(f"{URL}/{found.id}", _("已提出，等待对方确认。"))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid.field("day", "日期应为 2025-07-01 这样的格式。") from None


def _text(file: UploadFile) -> str:
    raw = file.file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise Invalid.field("file", "合同文件过大。")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Invalid.field("file", _("第%(n)s行不是 UTF-8 文本。", n=line)) from None


def _list(request: Request, session: Any, state: FormState, status: int = 200) -> Response:
    platform = platform_of(request)
    begin(request)
    shown: dict[str, Any] = {
        "amendments": service.listing(session),
        "contract": pinned.in_force(platform),
        "names": STATE_LABELS,
        "sides": SIDE_LABELS,
        "state": state,
    }
    return render(request, "sla/amendments.html", status, **shown)


@router.get(f"{URL}/{{number}}")
def one(request: Request, number: RowId, _actor: Reader, session: Read) -> Response:
    """Show one amendment: what it changes, its steps, and what the other party may do."""
    return _one(request, session, number, EMPTY)


@router.post(f"{URL}/{{number}}", dependencies=[Depends(csrf_form)])
def decide(
    request: Request,
    number: RowId,
    actor: Signer,
    session: Write,
    decision: Annotated[Literal["agree", "refuse", "withdraw"], Form()],
    reason: Words = "",
) -> Response:
    """Agree, refuse or withdraw."""
    platform = platform_of(request)
    try:
        service.decide(platform, session, platform.clock.now(), actor, number, decision, reason)
    except (Invalid, Conflict) as error:
        session.rollback()
        return _one(request, session, number, FormState.refused({"reason": reason}, error), error.status)
    return see_other(f"{URL}/{number}", _(DONE_LABELS[decision]))


def _one(request: Request, session: Any, number: int, state: FormState, status: int = 200) -> Response:
    begin(request)
    amendment = service.find(session, number)
    old, new = (pinned.version(session, digest) for digest in (amendment.replaces, amendment.digest))
    entries = service.entries(session, number)
    shown: dict[str, Any] = {
        "amendment": amendment,
        "changes": differences(old.text, new.text),
        "entries": entries,
        "people": names_of(session, (entry.actor for entry in entries)),
        "names": STATE_LABELS,
        "steps": STEP_LABELS,
        "sides": SIDE_LABELS,
        "state": state,
    }
    return render(request, "sla/amendment.html", status, **shown)
