"""Pages of the catalogue: what can be rehearsed and repaired, exactly what would run, and who released it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Depends, Form, Request, Response
from sqlalchemy.orm import Session

from kernel.edge import PageRouter, Read, Write, platform_of, require
from kernel.errors import Conflict, Invalid
from kernel.identity.actor import Actor
from kernel.web.flash import see_other
from kernel.web.forms import EMPTY, FormState
from kernel.web.i18n import current_language
from kernel.web.i18n import gettext as _
from kernel.web.security import csrf_form
from kernel.web.templating import begin, render
from playbooks import catalogue, releases
from playbooks.catalogue import Entry
from playbooks.schema import Scenario, Words
from sla import pinned

router = PageRouter()
Reader = Annotated[Actor, Depends(require("playbook.read"))]
Releaser = Annotated[Actor, Depends(require("playbook.release"))]
Kind = Literal["scenarios", "repairs"]
SINGULAR = {"scenarios": "scenario", "repairs": "repair"}
FORM_LABELS = {"live": "实战演练", "tabletop": "桌面推演"}
LONGEST = 64 * 1024


@router.get("/playbooks")
def listing(request: Request, _actor: Reader, session: Read) -> Response:
    """List the catalogue."""
    begin(request)
    known = releases.all_latest(session)
    shown: dict[str, Any] = {
        "scenarios": [
            (e, state_of(known.get(("scenario", e.what.id)), e)) for e in catalogue.scenarios().values()
        ],
        "repairs": [(e, state_of(known.get(("repair", e.what.id)), e)) for e in catalogue.repairs().values()],
    }
    return render(request, "playbooks/catalogue.html", **shown, **_words(request))


@router.get("/playbooks/{kind}/{key}")
def one(request: Request, kind: Kind, key: str, _actor: Reader, session: Read) -> Response:
    """Show an entry with the text of everything that it would run."""
    return _one(request, session, kind, key, EMPTY)


@router.post("/playbooks/{kind}/{key}/release", dependencies=[Depends(csrf_form)])
def release(
    request: Request,
    kind: Kind,
    key: str,
    actor: Releaser,
    session: Write,
    decision: Annotated[Literal["released", "withdrawn"], Form()],
    checksum: Annotated[str, Form(max_length=64)],
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Release exactly the content that was shown, or take it out of use."""
    now, entry = platform_of(request).clock.now(), _find(kind, key)
    try:
        _demand_same(entry, checksum)
        releases.decide(session, now, actor, SINGULAR[kind], key, checksum, decision, reason)
    except (Invalid, Conflict) as error:
        session.rollback()
        state = FormState.refused({"reason": reason, "decision": decision}, error)
        return _one(request, session, kind, key, state, error.status)
    return see_other(
        f"/playbooks/{kind}/{key}", _("已登记：%(what)s", what=_(releases.DECISION_LABELS[decision]))
    )


def _demand_same(entry: Entry[Any], checksum: str) -> None:
    if entry.checksum != checksum:
        raise Conflict("剧本的内容刚刚有改动，请重新审阅。", code="stale")


def _find(kind: str, key: str) -> Entry[Any]:
    return catalogue.scenario(key) if kind == "scenarios" else catalogue.repair(key)


def _one(
    request: Request, session: Session, kind: str, key: str, state: FormState, status: int = 200
) -> Response:
    begin(request)
    entry = _find(kind, key)
    shown: dict[str, Any] = {
        "kind": kind,
        "entry": entry,
        "what": entry.what,
        "files": _files(entry),
        "history": releases.history(session, SINGULAR[kind], key),
        "released": releases.released(session, SINGULAR[kind], key, entry.checksum),
        "state": state,
        "live": isinstance(entry.what, Scenario) and entry.what.live,
    }
    return render(request, "playbooks/entry.html", status, **shown, **_words(request))


def _files(entry: Entry[Any]) -> list[tuple[str, str]]:
    """Return name and text of the entry's own files; the shared roles are named by the checksum."""
    found = sorted(path for path in entry.folder.rglob("*") if path.suffix in (".yml", ".py", ".sh", ".j2"))
    return [(str(path.relative_to(entry.folder)), _text(path)) for path in found]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")[:LONGEST]


def state_of(last: Any, entry: Entry[Any]) -> str:
    """Return whether an entry's content is released, changed since, withdrawn or never looked at."""
    if last is None:
        return "new"
    if last.checksum != entry.checksum:
        return "changed"
    return str(last.decision)


def said(words: Words | None) -> str:
    """Return a text of the catalogue in the reader's language."""
    return words.in_(current_language()) if words else ""


STATE_LABELS = {"released": "已发布", "withdrawn": "已停用", "changed": "发布后有改动", "new": "未发布"}
STATE_TONES = {"released": "met", "withdrawn": "paused", "changed": "over", "new": "near"}


def _words(request: Request) -> dict[str, Any]:
    return {
        "contract": pinned.in_force(platform_of(request)),
        "said": said,
        "release_labels": STATE_LABELS,
        "release_tones": STATE_TONES,
        "decision_labels": releases.DECISION_LABELS,
        "form_labels": FORM_LABELS,
    }
