"""The incidents API as api.md promises it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.web import FAULT, MAJOR, Site

SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
API = "/api/v1/incidents"
WITH_OFFSET = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+08:00")


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Check that the answer is an RFC 9457 problem; returns it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert (found["status"], found["code"]) == (status, code)
    assert found["type"]
    assert found["title"]
    assert found["detail"]
    return found


def test_a_report_answers_201_with_number_location_and_both_clocks(site: Site) -> None:
    answer = site.api("lin").post(API, json=FAULT)
    found = answer.json()
    assert (answer.status_code, found["number"], found["state"]) == (201, "F20260303-0001", "open")
    assert answer.headers["location"] == f"{API}/F20260303-0001"
    assert [(c["obligation"], c["state"], c["counted_seconds"]) for c in found["clocks"]] == [
        ("response", "running", 0), ("repair", "running", 0),
    ]  # fmt: skip
    assert set(found["clocks"][0]) == {
        "obligation", "article", "started_at", "due_at", "state", "counted_seconds", "ended_at",
    }  # fmt: skip
    assert set(found["verdict"]) == {"contract", "provider"}
    assert found["verdict"]["contract"]["penalty"] == "0.00"


@SQLITE
def test_times_are_iso_with_the_offset_of_the_contract(site: Site) -> None:
    found = site.api("lin").post(API, json=FAULT).json()
    assert found["clocks"][0]["due_at"] == "2026-03-03T09:30:00+08:00"
    assert WITH_OFFSET.fullmatch(found["events"][0]["at"])


@SQLITE
def test_wrong_input_names_every_field(site: Site) -> None:
    wrong = {"title": "", "modules": "duty", "occurred_at": "2026-03-03T09:00:00", "colour": "red"}
    found = problem(site.api("lin").post(API, json=wrong), 422, "invalid")
    named = {e["field"] for e in found["errors"]}
    assert named == {"title", "fault_class", "modules", "occurred_at", "colour"}
    found = problem(
        site.api("lin").post(API, json=FAULT | {"payers": ["x"], "fault_class": "y"}), 422, "invalid"
    )
    assert {e["field"] for e in found["errors"]} == {"fault_class", "payers"}


@SQLITE
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"null", b"\xff\xfe"])
def test_a_body_that_is_no_object_is_refused(site: Site, body: bytes) -> None:
    answer = site.api("lin").post(API, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] in ("invalid", "bad_request")


@SQLITE
def test_nobody_and_a_wrong_token_get_401(site: Site) -> None:
    problem(site.api(None).get(API), 401, "unauthenticated")
    wrong = {"authorization": "Bearer sst_wrong"}
    problem(site.api(None).get(API, headers=wrong), 401, "invalid_token")
    problem(site.api(None).post(API, json=FAULT), 401, "unauthenticated")


@SQLITE
def test_an_administrator_has_no_business_with_content(site: Site) -> None:
    problem(site.api("sysadmin").get(API), 403, "forbidden")
    problem(site.api("auditor").post(API, json=FAULT), 403, "forbidden")


def events(site: Site, who: str, number: str, **body: Any) -> Any:
    headers = {"if-match": body.pop("if_match")} if "if_match" in body else {}
    return site.api(who).post(f"{API}/{number}/events", json=body, headers=headers)


def test_an_event_answers_201_with_the_incident_after_it(site: Site) -> None:
    number = site.world.report()
    answer = events(site, "lin", number, type="responded", text="十分钟到")
    found = answer.json()
    assert (answer.status_code, found["state"], answer.headers["etag"]) == (201, "responded", '"2"')
    assert [e["type"] for e in found["events"]] == ["reported", "responded"]
    assert found["events"][-1]["text"] == "十分钟到"
    assert found["clocks"][0]["state"] == "met"


def test_if_match_guards_against_stale_pages(site: Site) -> None:
    number = site.world.report()
    etag = site.api("lin").get(f"{API}/{number}").headers["etag"]
    assert events(site, "lin", number, type="note", text="一", if_match=etag).status_code == 201
    problem(events(site, "lin", number, type="note", text="二", if_match=etag), 409, "stale")
    assert events(site, "lin", number, type="note", text="三", if_match="*").status_code == 201
    problem(events(site, "lin", number, type="note", text="四", if_match="2"), 422, "invalid")


def test_what_is_impossible_is_409_and_what_is_the_others_403(site: Site) -> None:
    number = site.world.report()
    problem(events(site, "lin", number, type="closed"), 409, "impossible")
    problem(events(site, "lin", number, type="restoration_accepted"), 403, "forbidden")
    problem(events(site, "wang", number, type="responded", text="到"), 403, "forbidden")
    assert site.world.kinds(number) == ["reported"]


@SQLITE
@pytest.mark.parametrize("kind_of_event", ["reported", "broadcast_sent", "blind_from", "exploded", ""])
def test_only_known_types_that_are_not_the_platforms(site: Site, kind_of_event: str) -> None:
    number = site.world.report()
    found = problem(events(site, "lin", number, type=kind_of_event), 422, "invalid")
    assert [e["field"] for e in found["errors"]] == ["type"]


READS = ["", "/broadcasts", "/evidence"]


def test_a_payers_supervisor_sees_only_what_touches_it(site: Site) -> None:
    own, other = site.world.report(payers=["suixi", "city"]), site.world.report()
    assert [i["number"] for i in site.api("sun").get(API).json()["items"]] == [own]
    for path in READS:
        assert site.api("sun").get(f"{API}/{own}{path}").status_code == 200
        problem(site.api("sun").get(f"{API}/{other}{path}"), 404, "not_found")
    problem(events(site, "sun", other, type="note", text="x"), 404, "not_found")


def test_an_outsider_sees_own_reports_and_nothing_else(site: Site) -> None:
    other = site.world.report()
    mine = site.api("qian").post(API, json=FAULT | {"payers": ["lieshan"]}).json()["number"]
    assert [i["number"] for i in site.api("qian").get(API).json()["items"]] == [mine]
    assert site.api("qian").get(f"{API}/{mine}").status_code == 200
    problem(site.api("qian").get(f"{API}/{other}"), 404, "not_found")
    problem(site.api("qian").get(f"{API}/{other}/evidence"), 403, "forbidden")


def test_lists_page_by_cursor_through_everything_once(site: Site) -> None:
    expected = [site.world.report() for _ in range(7)][::-1]
    client, seen, cursor = site.api("lin"), [], None
    for _ in range(4):
        page = client.get(API, params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [i["number"] for i in page["items"]]
        cursor = page["next"]
    assert (seen, cursor) == (expected, None)


FILTERS = {
    "state=restored": 1,
    "state=open": 2,
    "fault_class=hardware": 1,
    "module=duty": 1,
    "payer=suixi": 1,
    "q=打印机": 1,
    "q=%25": 0,
    "open=true": 3,
    "open=false": 0,
    "major=true": 1,
    "open=&major=&since=": 3,
    "since=2026-03-03T09:00:00%2B08:00": 3,
    "until=2026-03-03T09:00:00%2B08:00": 0,
}


@pytest.mark.parametrize(("query", "number"), FILTERS.items())
def test_a_filter_keeps_what_it_says(site: Site, query: str, number: int) -> None:
    world = site.world
    world.happen(world.report(title="打印机坏了", fault_class="hardware"), "restored", text="好")
    world.report(modules=["duty"])
    world.report(payers=["suixi", "city"])
    assert len(site.api("lin").get(f"{API}?{query}").json()["items"]) == number


@SQLITE
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=x", "state"),
        ("cursor=x", "cursor"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("since=2026-03-03T09:00:00", "since"),
        ("until=0001-01-01T00:00:00%2B08:00", "until"),
        ("open=x", "open"),
    ],
)
def test_a_wrong_filter_is_422_and_named(site: Site, query: str, field: str) -> None:
    found = problem(site.api("lin").get(f"{API}?{query}"), 422, "invalid")
    assert [e["field"] for e in found["errors"]] == [field]


def test_broadcasts_list_slots_with_receipts_and_the_closing_one(site: Site) -> None:
    number = site.api("lin").post(API, json=MAJOR).json()["number"]
    site.world.run_for(minutes=35)
    site.world.happen(number, "restored", text="好")
    site.world.run_for(minutes=1)
    items = site.api("wang").get(f"{API}/{number}/broadcasts").json()["items"]
    assert [(b["slot"], b["state"], b["automatic"]) for b in items] == [
        (0, "sent", True), (1, "sent", True), (None, "closing", True),
    ]  # fmt: skip
    [receipt] = items[0]["receipts"]
    assert (receipt["name"], receipt["address"]) == ("王科长", "wang@example.test")
    assert receipt["reached_at"] == receipt["accepted_at"]


@SQLITE
def test_a_receipt_by_api_marks_it_opened(site: Site) -> None:
    number = site.api("lin").post(API, json=MAJOR).json()["number"]
    site.world.run_for(minutes=4)
    [first] = [b.id for b in site.world.broadcasts(number) if b.slot == 0]
    assert site.api("wang").post(f"{API}/{number}/broadcasts/{first}/receipt").status_code == 204
    items = site.api("wang").get(f"{API}/{number}/broadcasts").json()["items"]
    assert items[0]["receipts"][0]["opened_at"] is not None


@SQLITE
def test_the_evidence_recomputes(site: Site) -> None:
    from sla.evidence import verify_evidence

    number = site.world.report()
    site.world.run_for(hours=5)
    evidence = site.api("auditor").get(f"{API}/{number}/evidence").json()
    assert verify_evidence(evidence) == []
    evidence["events"][0]["at"] = "2026-03-03T02:00:00+00:00"
    assert verify_evidence(evidence) != []


def test_the_list_says_and_keeps_what_its_form_has_no_field_for(site: Site) -> None:
    site.world.report(who="wang")
    asked = (
        "since=2025-03-01T00:00:00%2B08:00&drill=false&response=missed&backup=late&module=hotline&state=open"
    )
    page = site.page("lin").get(f"/incidents?{asked}").text
    kept = page.partition('class="filters__kept"')[2].partition("</p>")[0]
    for words in (
        "另限于",
        "2025年3月1日 00:00 起",
        "不含演练",
        "响应：超时",
        "备用设备：迟延履行",
        "模块：",
    ):
        assert words in kept
    assert 'type="hidden" name="since" value="2025-03-01T00:00:00+08:00"' in kept
    assert 'type="hidden" name="drill" value="false"' in kept
    assert 'name="state"' not in kept
    assert "filters__kept" not in site.page("lin").get("/incidents?state=open").text
    english = site.page("lin", lang="en").get(f"/incidents?{asked}").text
    assert "Also limited to: " in english
    assert "<strong>response: " in english
