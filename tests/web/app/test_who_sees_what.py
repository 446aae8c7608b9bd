"""Every route for those who see only a part or may change nothing: a county's supervisor, the auditor."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from drills import deeds
from incidents.claims import service as claims
from incidents.models import Broadcast, Incident, IncidentPayer
from sla.penalties.models import Penalty
from tests.support.dealing import told
from tests.support.everything import eventful
from tests.support.stories import story
from tests.support.web import Site, routes_of
from tests.support.world import World

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
SKIPPED = {"/readyz", "/stream", "/api/v1/stream", "/static/{version}/{name:path}"}
NUMBERS = {"notices": ["N2026-001"], "claims": ["C2026-0001", "C2026-0002"], "amendments": ["1"]}
CONTRACT = ("/terms", "/contract", "/evidence", "/incidents")
"""Where the contract itself is shown, or its payers are offered as a choice."""
SECRET, OURS = "市本级密件办理失败", "濉溪县收文失败"


@story
def everything(world: World) -> None:
    """Everything happens, to the city, to a district and to the county of Sun."""
    for title, payers in ((SECRET, ["city", "duji"]), (OURS, ["suixi"])):
        number = world.report(title=title, payers=payers, fault_class="system_major")
        world.happen(number, "class_changed", fault_class="hardware")
        world.run_for(hours=1)
        world.happen(number, "restored", text="好")
        zhou = world.actor("zhou")
        with world.platform.db.write("zhou") as session:
            asked = claims.Asked("customer", world.now - timedelta(minutes=50), world.now, "等开门")
            claims.claim(world.platform, session, world.now, zhou, asked)
    eventful(world)
    told(world, "wang", "breach_notice", text="请改正")


@pytest.fixture
def busy(world: World) -> World:
    everything(world)
    return world


def rows(world: World, wanted: Any) -> list[Any]:
    with world.platform.db.read() as session:
        return list(session.scalars(wanted))


def addresses(world: World, path: str) -> list[str]:
    """Return the path with every value that its parameters may have in this world."""
    incidents = rows(world, select(Incident.number))
    numbers = NUMBERS | {"penalties": rows(world, select(Penalty.number))}
    values = {
        "number": next((only for part, only in numbers.items() if part in path), incidents),
        "broadcast_id": [str(n) for n in rows(world, select(Broadcast.id))],
        "year": ["2026"], "half": ["1", "2"], "form": ["pdf", "xlsx"],
        "period": ["2026-03"], "version": ["1"], "day": ["2026-04-01"], "seq": ["1"],
        "session_id": ["1"], "holding_id": ["1"], "message_id": ["1"], "username": ["lin"],
        "deed": sorted(deeds.BY_KEY),
    }  # fmt: skip
    found = [path]
    for name in re.findall(r"{(\w+)}", path):
        found = [each.replace(f"{{{name}}}", value) for each in found for value in values.get(name, ["1"])]
    return found


def routes(site: Site, method: str) -> list[str]:
    paths = {r.path for r in routes_of(site.app) if method in r.methods} - SKIPPED
    return sorted(each for path in paths for each in addresses(site.world, path))


def text_of(answer: Any) -> str:
    """Return what an answer says, unpacked if it is a workbook."""
    if answer.content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
            return "".join(book.read(name).decode(errors="replace") for name in book.namelist())
    return answer.content.decode(errors="replace")


def test_a_county_sees_only_what_touches_it(busy: World) -> None:
    site = Site(busy)
    ours = set(rows(busy, select(Incident.number).join(IncidentPayer).where(IncidentPayer.payer == "suixi")))
    others = set(rows(busy, select(Incident.number))) - ours
    cases = {c: p for p in rows(busy, select(Penalty)) for c in [p.number]}
    hidden = {p.number for p in cases.values() if subject_of(busy, p) in others} | others | {SECRET}
    assert len(hidden) > 4
    seen = 0
    leaks = []
    browser, api = site.page("sun"), site.api("sun")
    for path in routes(site, "GET"):
        for more in ("", "?format=xlsx", "?format=pdf", "?format=json") if path == "/reports/sla" else ("",):
            answer = (api if path.startswith("/api/") else browser).get(path + more)
            assert answer.status_code in (200, 303, 307, 403, 404, 422), (path, answer.status_code)
            if answer.status_code == 200:
                said = text_of(answer)
                seen += OURS in said
                leaks += [(path + more, each) for each in sorted(hidden) if each in said]
                if not path.endswith(CONTRACT):
                    leaks += [(path, name) for name in re.findall("相山区|杜集区|烈山区", said)]
    assert leaks == []
    assert seen > 3


def subject_of(world: World, penalty: Penalty) -> str:
    from sla.cases.models import Case

    [found] = rows(world, select(Case.subject).where(Case.id == penalty.case_id))
    return str(found)


def test_the_auditor_opens_every_page_and_changes_nothing(busy: World) -> None:
    site = Site(busy)
    browser = site.page("auditor")
    buttons = []
    opened = 0
    for path in routes(site, "GET"):
        if path.startswith(("/api/", "/account")):
            continue
        answer = browser.get(path)
        if answer.status_code == 200 and "text/html" in answer.headers["content-type"]:
            opened += 1
            body = re.sub(r"<(header|nav|aside)\b.*?</\1>", "", answer.text, flags=re.DOTALL)
            forms = re.findall(r'<form[^>]*method="post"[^>]*>', body)
            buttons += [(path, form) for form in forms if not any(f'action="{own}' in form for own in OWN)]
    assert buttons == []
    assert opened > 30


MORNING = "2026-03-03"
OWN = ("/account/", "/login", "/logout", "/messages/read", "/reports/subscription", "/log-audit", "/verify")
OWN += ("/api/v1/heartbeats/", "/answer/")
"""What is about oneself, what an address alone permits (a heartbeat, an answer), and what reckons with an
uploaded file and keeps nothing."""
ASKED: dict[str, dict[str, Any]] = {
    "/api/v1/claims": {
        "reason": "customer", "from": f"{MORNING}T09:00:00Z", "to": f"{MORNING}T10:00:00Z", "text": "x",
    },
}  # fmt: skip
"""A body that is good, where a bad one is answered before anything else."""


def asked(path: str) -> dict[str, Any]:
    if path.endswith("/events"):
        return {"type": "note", "text": "x"}
    return ASKED.get(
        path,
        {"decision": "confirm", "version": "1"} if path.startswith("/penalties") else {"decision": "confirm"},
    )


def test_the_auditor_is_refused_by_every_route_that_changes_something(busy: World) -> None:
    site = Site(busy)
    browser, api = site.page("auditor"), site.api("auditor")
    answers = {}
    for path in routes(site, "POST"):
        if path.startswith(OWN) or path.endswith("/receipt"):
            continue
        answer = (
            api.post(path, json=asked(path))
            if path.startswith("/api/")
            else browser.submit(path, **asked(path))
        )
        answers[path] = answer.status_code
    assert {path: status for path, status in answers.items() if status != 403} == {}
    assert len(answers) > 30


@pytest.mark.parametrize("who", ["lin", "he", "zhou", "wang", "sun", "qian", "auditor"])
def test_no_link_leads_to_what_its_reader_may_not_open(busy: World, who: str) -> None:
    site = Site(busy)
    browser, known, broken = site.page(who), {"/logout"}, []
    waiting = ["/"]
    while waiting:
        path = waiting.pop()
        answer = browser.get(path)
        if answer.status_code not in (200, 303):
            broken.append((path, answer.status_code))
        if "text/html" in answer.headers.get("content-type", "") and "?" not in path:
            links = {unescape(link) for link in re.findall(r'href="(/[^"#]*)', answer.text)}
            waiting += sorted(link for link in links - known if not link.startswith("/static/"))
            known |= links
    assert broken == []
    assert len(known) > 5
