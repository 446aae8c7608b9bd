"""What no database can keep is refused with words, wherever it comes in: never a 500."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.support.web import FAULT, Site, routes_of

API = "/api/v1/incidents"
HUGE = 2**63
TEXTS = {"nul": "\0", "half a pair": "\ud800"}


LIMITED = {
    "/incidents": ("state", "response", "repair", "provider", "backup"),
    "/reviews": ("state",),
    "/alerts": ("status",),
    "/probes": ("state", "kind"),
    "/drills": ("state",),
    "/outbox": ("state", "channel"),
}


@pytest.mark.parametrize(
    ("path", "name"), [(path, name) for path, names in LIMITED.items() for name in names]
)
def test_a_list_limited_to_what_does_not_exist_says_so_instead_of_being_empty(
    site: Site, path: str, name: str
) -> None:
    ops = site.page("he")
    answer = ops.get(f"{path}?{name}=odd")
    assert (answer.status_code, "应为" in answer.text) == (422, True)
    assert ops.get(f"{path}?{name}=").status_code == 200


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("field", ["title", "fault_class", "reporter", "text"])
def test_text_in_json(site: Site, text: str, field: str) -> None:
    body = json.dumps(FAULT | {field: f"a{text}b"})
    answer = site.api("lin").post(API, content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (422, [field])


NESTED = {
    "in a list": ({"tags": ["\0"]}, "tags.0"),
    "deep": ({"a": {"b": [{"c": "\0"}]}}, "a.b.0.c"),
    "as a name": ({"a\0": 1}, "a�"),
    "half a pair": ({"x": "\udfff"}, "x"),
    "not a number": ({"x": float("nan")}, "x"),
    "infinite": ({"x": [float("inf")]}, "x.0"),
}


@pytest.mark.parametrize("case", NESTED)
def test_any_further_field_of_an_event(site: Site, case: str) -> None:
    number = site.world.report()
    more, field = NESTED[case]
    body = json.dumps({"type": "note", "text": "x", **more})
    headers = {"content-type": "application/json"}
    answer = site.api("lin").post(f"{API}/{number}/events", content=body, headers=headers)
    assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (422, [field])


def test_a_huge_number_in_a_further_field_is_kept(site: Site) -> None:
    number = site.world.report()
    body = {"type": "note", "text": "x", "n": 10**40}
    answer = site.api("lin").post(f"{API}/{number}/events", json=body)
    assert answer.json()["events"][-1]["data"] == {"n": 10**40}


@pytest.mark.parametrize(
    "name", ["q", "state", "module", "payer", "fault_class", "cursor", "open", "since", "x"]
)
def test_text_in_a_query(site: Site, name: str) -> None:
    answer = site.api("lin").get(f"{API}?{name}=a%00")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, name)


PATHS = [
    f"{API}/%00", f"{API}/%00/evidence", "/incidents/%00", "/incidents/%00/live", "/penalties/%00",
    "/incidents/%00/evidence", "/static/x/%00", "/%00",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_text_in_a_path(site: Site, path: str) -> None:
    assert site.api("lin").get(path).status_code == 404


@pytest.mark.parametrize("number", [0, -1, HUGE, 10**40, "x", "%00"])
def test_a_number_in_a_path(site: Site, number: Any) -> None:
    incident = site.world.report()
    answers = [
        site.api("lin").post(f"{API}/{incident}/broadcasts/{number}/receipt").status_code,
        site.page("lin").get(f"/incidents/{incident}/broadcasts/{number}").status_code,
        site.page("lin").submit(f"/account/sessions/{number}/revoke").status_code,
        site.page("secadmin").submit(f"/holdings/{number}/end").status_code,
        site.page("he").submit(f"/outbox/{number}/retry").status_code,
    ]
    assert set(answers) <= {404, 422}


@pytest.mark.parametrize("unit", [0, HUGE, 10**40, "x", ""])
def test_a_number_in_a_form(site: Site, unit: Any) -> None:
    answer = site.page("secadmin").submit("/people/lin/posts", unit=unit, role="ops")
    assert answer.status_code in (404, 422)


@pytest.mark.parametrize("version", ["1" * 5000, "¹", "x"])
def test_a_version_in_a_form(site: Site, version: str) -> None:
    number = site.world.report()
    answer = site.page("lin").submit(f"/incidents/{number}/events", type="note", text="x", version=version)
    assert answer.status_code in (303, 409)


FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "login": ("/login", {"username": "\0", "password": "x"}),
    "next": ("/login", {"username": "lin", "password": "x", "next": "/\0"}),
    "report": ("/incidents", {"title": "\0", "fault_class": "hardware", "modules": "duty", "payers": "city"}),
    "password": ("/account/password", {"old_password": "\0", "new_password": "x"}),
    "a name": ("/incidents", {"a\0": "x"}),
}


@pytest.mark.parametrize("case", FORMS)
def test_text_in_a_form(site: Site, case: str) -> None:
    url, fields = FORMS[case]
    assert site.page("lin").submit(url, **fields).status_code == 422


def test_text_in_a_form_with_files(site: Site) -> None:
    browser = site.page("lin")
    data = {"csrf_token": browser.csrf, "format": "events\0"}
    answer = browser.post("/log-audit", data=data, files={"file": ("a.jsonl", b"{}")})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "query", ["from=0001-01-01", "to=9999-12-31", "from=1999-12-31", "to=2200-01-01", "to=x"]
)
@pytest.mark.parametrize("path", ["/reports/sla", "/api/v1/reports/sla"])
def test_dates_at_the_ends_of_the_calendar(site: Site, path: str, query: str) -> None:
    assert site.api("lin").get(f"{path}?{query}").status_code == 422


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("field", ["occurred_at", "detected_at", "reported_at", "at"])
@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_times_at_the_ends_of_the_calendar(site: Site, field: str, time: str) -> None:
    number = site.world.report()
    if field == "at":
        answer = site.api("lin").post(
            f"{API}/{number}/events", json={"type": "note", "text": "x", "at": time}
        )
    else:
        answer = site.api("lin").post(API, json=FAULT | {field: time})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_every_id_in_an_address_or_form_is_bounded(site: Site) -> None:
    loose = []
    for route in routes_of(site.app):
        for parameter in [*route.dependant.path_params, *route.dependant.body_params]:
            limits = {type(m).__name__ for m in parameter.field_info.metadata}
            if parameter.field_info.annotation is int and not {"Ge", "Le"} <= limits:
                loose.append(f"{route.path} {parameter.name}")
    assert loose == []


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_every_route_checks_its_input(site: Site) -> None:
    from kernel.edge.routes import GuardedRoute

    bare = {r.path for r in routes_of(site.app) if not isinstance(r, GuardedRoute)}
    static = {"/static/{version}/{name:path}", "/clock", "/stream"}
    assert bare <= {"/healthz", "/readyz", "/metrics"} | static
    assert len(list(routes_of(site.app))) > 40


@pytest.mark.parametrize("value", ["", "x" * 300, "99999999999999999999", "%00", "2026-02-30"])
def test_no_question_breaks_a_page(site: Site, value: str) -> None:
    number = site.world.report()
    filled = {
        "number": number,
        "year": "2025",
        "half": "1",
        "form": "pdf",
        "period": "2026-03",
        "version": "1",
    }
    page, api, broken = site.page("wang"), site.api("wang"), []
    for route in routes_of(site.app):
        if "GET" not in route.methods or route.path.endswith("/stream"):
            continue
        path = re.sub(r"{(\w+)}", lambda found: filled.get(found[1], "1"), route.path)
        for name in names_asked(route.dependant):
            answer = (api if path.startswith("/api/") else page).get(f"{path}?{name}={value}")
            if answer.status_code >= 500:
                broken.append((path, name, answer.status_code))
    assert broken == []


def names_asked(dependant: Any) -> set[str]:
    """Return the names of all query parameters, those of a route's dependencies included."""
    inner = (names_asked(each) for each in dependant.dependencies)
    return {field.alias for field in dependant.query_params}.union(*inner)
