"""The roster by page, by API and as a calendar file."""

from __future__ import annotations

from typing import Any

import pytest

from oa.affairs.duty.rules import ROLE_LABELS, days_of
from tests.support.duty import MONTH, STANDING, add_deputy, add_ni, ids, publish
from tests.support.web import Site


@pytest.fixture
def desk(site: Site) -> Site:
    add_deputy(site.world)
    return site


def month(desk: Site, **changed: str) -> dict[str, str]:
    known = ids(desk.world)
    found = {f"{d:%d}-{role}": str(known[STANDING[role]]) for d in days_of(MONTH) for role in ROLE_LABELS}
    return found | changed


def test_a_month_is_drafted_filled_and_published(desk: Site) -> None:
    zhou = desk.page("zhou")
    assert "本月还没有值班表" in desk.page("lin").get("/duty").text
    for role, who in STANDING.items():
        fields: dict[str, Any] = {"role": role, "people": [str(ids(desk.world)[who])], "every": "7"}
        assert zhou.submit(f"/duty/{MONTH}/fill", **fields).status_code == 303
    assert "草稿" in zhou.get(f"/duty?month={MONTH}").text
    assert zhou.submit(f"/duty/{MONTH}", **month(desk), publish="1").status_code == 303
    page = desk.page("lin").get("/duty").text
    assert "已发布" in page
    assert "无人值班</" not in page
    assert desk.page("wang", lang="en").get("/duty").text.count("Nobody on duty") == 0


def test_a_gap_is_named_and_nothing_chosen_is_lost(desk: Site) -> None:
    answer = desk.page("zhou").submit(f"/duty/{MONTH}", **month(desk, **{"05-primary": ""}), publish="1")
    assert answer.status_code == 409
    assert "主班在2026-03-05 08:30至2026-03-06 08:30无人值班" in answer.text
    assert answer.text.count(" selected") >= 3 * 31 - 1


@pytest.mark.parametrize("value", ["x", "999999", "-1", "1" * 30])
def test_a_person_who_is_none_is_refused(desk: Site, value: str) -> None:
    answer = desk.page("zhou").submit(f"/duty/{MONTH}", **month(desk, **{"05-primary": value}))
    assert answer.status_code == 422


@pytest.mark.parametrize("wrong", ["2026-13", "x", "2026-3"])
def test_a_month_that_is_none(desk: Site, wrong: str) -> None:
    assert desk.page("lin").get(f"/duty?month={wrong}").status_code == 422


def test_who_may_do_what(desk: Site) -> None:
    assert desk.page("lin").submit(f"/duty/{MONTH}", **month(desk)).status_code == 403
    assert desk.page("wang").submit(f"/duty/{MONTH}/swaps").status_code == 403
    assert desk.page("qian").get("/duty").status_code == 200


def test_a_swap_is_asked_for_and_agreed_to_by_page(desk: Site) -> None:
    add_ni(desk.world)
    publish(desk.world)
    fields = {"role": "primary", "from": "2026-03-05T08:30", "to": "2026-03-06T08:30", "reason": "外出"}
    lin, ni = desk.page("lin"), desk.page("ni")
    ni_id = str(ids(desk.world)["ni"])
    refused = lin.submit(f"/duty/{MONTH}/swaps", **fields | {"reason": ""}, person=ni_id)
    assert refused.status_code == 422
    assert 'id="e-reason"' in refused.text
    assert lin.submit(f"/duty/{MONTH}/swaps", **fields, person=ni_id).status_code == 303
    assert "林工请您代主班" in ni.get("/duty").text
    assert ni.submit("/duty/swaps/1/answer", decision="perhaps").status_code == 422
    assert ni.submit("/duty/swaps/1/answer", decision="accept").status_code == 303
    at = {"at": "2026-03-05T12:00:00+08:00"}
    assert desk.api("wang").get("/api/v1/duty", params=at).json()["primary"]["username"] == "ni"
    assert ni.submit("/duty/swaps/9/answer", decision="accept").status_code == 404


def test_an_override_stands_in_the_record(desk: Site) -> None:
    add_ni(desk.world)
    publish(desk.world)
    fields = {"role": "primary", "from": "2026-03-05T20:00", "to": "2026-03-06T02:00", "reason": "体检"}
    zhou = desk.page("zhou")
    assert (
        zhou.submit(f"/duty/{MONTH}/changes", **fields, person=str(ids(desk.world)["ni"])).status_code == 303
    )
    page = zhou.get("/duty").text
    assert "体检" in page
    assert "倪工 20:00–02:00" in page


def test_the_api_says_who_is_on_duty_and_null_where_nobody_is(desk: Site) -> None:
    api = desk.api("lin")
    assert api.get("/api/v1/duty").json()["primary"] is None
    publish(desk.world)
    assert api.get("/api/v1/duty").json()["leader"] == {"username": "zhou", "name": "周经理"}
    assert len(api.get("/api/v1/duty/shifts").json()["items"]) == 3
    assert api.get("/api/v1/duty", params={"at": "x"}).status_code == 422


def test_the_calendar_file_holds_ones_own_shifts(desk: Site) -> None:
    publish(desk.world)
    mine = desk.page("lin").get("/duty/calendar.ics").text
    assert mine.count("BEGIN:VEVENT") == 1
    assert "DTSTART:20260302T003000Z" in mine
    assert "主班 林工" in mine
    assert desk.page("wang").get("/duty/calendar.ics").text.count("BEGIN:VEVENT") == 3
