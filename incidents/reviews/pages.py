"""Pages of reviews: the register, and the review of one incident."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from incidents import forms, views
from incidents import queries as incidents
from incidents.pages import checked
from incidents.reviews import actions, document, queries, register, rules, service
from kernel.disclosure.edge import disclosed
from kernel.edge import FormFields, PageRouter, Read, Write, in_query, platform_of, require
from kernel.errors import AppError
from kernel.identity.actor import Actor
from kernel.pdf import render_pdf
from kernel.web.flash import see_other
from kernel.web.forms import EMPTY
from kernel.web.i18n import gettext as _
from kernel.web.templating import begin, render
from sla import pinned

router = PageRouter()
Reader = Annotated[Actor, Depends(require("review.read"))]
Writer = Annotated[Actor, Depends(require("review.write"))]
Decider = Annotated[Actor, Depends(require("review.decide"))]
Doer = Annotated[Actor, Depends(require("review.act"))]
Seq = Annotated[int, Path(ge=1, le=10_000)]

TONES = {rules.OWED: "near", rules.SUBMITTED: "info", rules.RETURNED: "over", rules.ACCEPTED: "met"}
ACTION_TONES = {rules.OPEN: "near", rules.DONE: "info", rules.VERIFIED: "met", rules.DROPPED: "paused"}


@router.get("/reviews")
def listing(
    request: Request,
    actor: Reader,
    session: Read,
    wanted: Annotated[register.Filter, Depends(in_query(register.Filter))],
    cursor: Annotated[str | None, Query(max_length=18)] = None,
) -> Response:
    """List reviews, and the causes that came back."""
    platform = platform_of(request)
    now = platform.clock.now()
    lines, following = register.listing(session, actor, wanted, now, cursor)
    since = now - queries.PERIOD
    shown: dict[str, Any] = {"lines": lines, "next": following, "wanted": wanted, "since": since}
    shown["repeats"] = queries.repeats(session, actor, since)
    return render(request, "incidents/reviews.html", **shown, **_words(pinned.in_force(platform)))


@router.get("/incidents/{number}/review")
def one(request: Request, number: str, actor: Reader, session: Read) -> Response:
    """Show the review of an incident."""
    return _page(request, session, actor, number)


@router.get("/incidents/{number}/review.pdf")
def pdf(request: Request, number: str, actor: Reader, session: Read) -> Response:
    """Print the review."""
    platform = platform_of(request)
    begin(request)
    found = queries.detail(session, actor, number, platform.clock.now())
    names = views.Names(pinned.version(session, found.incident.contract))
    content = render_pdf(document.as_document(found, names), platform.settings.font_dir)
    headers = {"Content-Disposition": f'inline; filename="review-{number}.pdf"'}
    response = Response(content, media_type="application/pdf", headers=headers)
    return disclosed(request, actor, response, "review", number, form="pdf")


@router.post("/incidents/{number}/review", dependencies=[checked])
def submit(request: Request, number: str, form: FormFields, actor: Writer, session: Write) -> Response:
    """Hand the review in; on an error it comes back as typed."""
    platform = platform_of(request)
    content = rules.Content(**{name: forms.text(form, name) for name in rules.FIELD_LABELS})
    _at, version = forms.event_moment(FormData(version=forms.text(form, "version")), platform.zone)
    try:
        incidents.find_visible(session, actor, number)
        service.submit(platform, session, platform.clock.now(), actor, number, content, version)
    except AppError as error:
        return _again(request, session, actor, number, form, error, "content")
    return _back(number, _("复盘已提交，等待甲方审阅。"))


@router.post("/incidents/{number}/review/decision", dependencies=[checked])
def decide(request: Request, number: str, form: FormFields, actor: Decider, session: Write) -> Response:
    """Accept or return the review."""
    platform = platform_of(request)
    accepted, text = forms.text(form, "decision") == "accept", forms.text(form, "text")
    now = platform.clock.now()
    try:
        incidents.find_visible(session, actor, number)
        service.decide(platform, session, now, actor, number, accepted=accepted, text=text)
    except AppError as error:
        return _again(request, session, actor, number, form, error, "decision")
    return _back(number, _("已通过。") if accepted else _("已退回乙方。"))


@router.post("/incidents/{number}/review/actions", dependencies=[checked])
def add(request: Request, number: str, form: FormFields, actor: Writer, session: Write) -> Response:
    """Put an action item on the list."""
    platform = platform_of(request)
    title, owner = forms.text(form, "title"), forms.text(form, "owner")
    now = platform.clock.now()
    try:
        incidents.find_visible(session, actor, number)
        due = forms.local_time(forms.text(form, "due_at"), "due_at", platform.zone)
        actions.add(platform, session, now, actor, number, title, owner, due)
    except AppError as error:
        return _again(request, session, actor, number, form, error, "action")
    return _back(number, _("已列入整改事项，并通知负责人。"), "#actions")


@router.post("/incidents/{number}/review/actions/{seq}", dependencies=[checked])
def move(request: Request, number: str, seq: Seq, form: FormFields, actor: Doer, session: Write) -> Response:
    """Let something happen to an action item."""
    platform = platform_of(request)
    kind, text, now = forms.text(form, "kind"), forms.text(form, "text"), platform.clock.now()
    try:
        incidents.find_visible(session, actor, number)
        actions.move(platform, session, now, actor, number, seq, kind, text)
    except AppError as error:
        return _again(request, session, actor, number, form, error, f"move-{seq}-{kind}")
    return _back(number, _("已登记：%(event)s", event=_(rules.ENTRY_LABELS[f"action_{kind}"])), "#actions")


def _back(number: str, words: str, place: str = "") -> Response:
    return see_other(f"/incidents/{number}/review{place}", words)


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
    error: AppError | None = None,
    form: FormData | None = None,
    failed: str = "",
) -> Response:
    platform = platform_of(request)
    now = platform.clock.now()
    begin(request)
    found = queries.detail(session, actor, number, now)
    contract = pinned.version(session, found.incident.contract)
    writable = found.incident.closed and found.state in rules.WRITABLE and actor.may("review.write")
    return render(
        request,
        "incidents/review.html",
        status_code=error.status if error else 200,
        found=found,
        incident=found.incident,
        review=found.review,
        writable=writable,
        moves=[(a, _moves(actor, found, a)) for a in found.actions],
        owners=actions.owners(session, now) if actor.may("review.write") else [],
        timeline_entries=[_entry(e) for e in reversed(found.entries)],
        failed=failed,
        state=forms.state_of(form or FormData(), error),
        saved=found.content,
        blank=EMPTY,
        **_words(contract),
    )


def _moves(actor: Actor, found: queries.Detail, action: Any) -> list[str]:
    accepted = found.state == rules.ACCEPTED
    return [
        kind
        for kind, (before, _after) in rules.ACTION_MOVES.items()
        if action.state in before
        and actions.may_move(actor, action, kind)
        and not (kind == "dropped" and accepted)
    ]


def _entry(entry: Any) -> dict[str, Any]:
    data = entry.data
    said = entry.text or data.get("title") or ""
    if data.get("action") and not data.get("title"):
        said = _("第%(n)s项：%(text)s", n=data["action"], text=said)
    if data.get("cause"):
        said = document.cause_word(data["cause"])
    tone = {"accepted": "met", "returned": "over", "action_reopened": "over", "action_verified": "met"}
    who, what = entry.actor_name, _(rules.ENTRY_LABELS[entry.type])
    return {"at": entry.at, "who": who, "what": what, "body": said, "tone": tone.get(entry.type)}


def _words(contract: Any) -> dict[str, Any]:
    return {
        "names": views.Names(contract),
        "contract": contract,
        "states": rules.STATE_LABELS,
        "causes": rules.CAUSE_LABELS,
        "tones": TONES,
        "action_labels": rules.ACTION_LABELS,
        "action_tones": ACTION_TONES,
        "fields": rules.FIELD_LABELS,
        "move_labels": MOVE_LABELS,
    }


MOVE_LABELS = {"done": "登记完成", "verified": "核验通过", "reopened": "退回重做", "dropped": "撤销"}
