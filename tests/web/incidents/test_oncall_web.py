"""Answering by link, the preview, the timeline and the API: what a reader sees and a scanner cannot do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from incidents.oncall import answer, links
from tests.db.incidents.test_oncall import forged, link, story
from tests.support.duty import add_deputy, publish
from tests.support.web import Site, statements


@pytest.fixture
def desk(site: Site) -> Site:
    add_deputy(site.world)
    publish(site.world)
    answer.WRONG._tries.clear()
    return site


@pytest.fixture
def called(desk: Site) -> tuple[Site, str, str]:
    number = desk.world.report(who="wang")
    desk.world.run_for(minutes=1)
    return desk, number, link(desk.world, number)


def test_a_mail_scanner_that_follows_the_link_stops_no_clock(called: tuple[Site, str, str]) -> None:
    desk, number, token = called
    stranger = desk.page()
    for ask in (stranger.get, stranger.head, stranger.get):
        assert ask(f"/answer/{token}").status_code in (200, 405)
    assert desk.world.kinds(number) == ["reported"]
    desk.world.run_for(minutes=5)
    assert len(story(desk.world, number)) == 2


def test_the_form_answers_once_in_the_name_of_whom_the_page_called(called: tuple[Site, str, str]) -> None:
    desk, number, token = called
    stranger = desk.page()
    assert "林工" in stranger.get(f"/answer/{token}").text
    empty = stranger.post(f"/answer/{token}", data={"text": "  "})
    assert empty.status_code == 422
    assert "没有答复不算响应" in empty.text
    assert "呼叫已停止" in stranger.post(f"/answer/{token}", data={"text": "已联系机房"}).text
    answered = desk.world.events(number)[-1]
    assert (answered.type, answered.data["text"]) == ("responded", "已联系机房")
    again = stranger.post(f"/answer/{token}", data={"text": "再次"})
    assert again.status_code == 409
    assert "已经使用过" in again.text
    assert desk.world.kinds(number) == ["reported", "responded"]
    desk.world.run_for(minutes=30)
    assert len(story(desk.world, number)) == 1


def test_the_link_opens_nothing_else(called: tuple[Site, str, str]) -> None:
    desk, number, token = called
    stranger = desk.page()
    stranger.get(f"/answer/{token}")
    assert stranger.get(f"/incidents/{number}").status_code in (303, 401)
    assert not stranger.cookies


def test_a_link_ends_with_its_time_its_person_and_its_incident(called: tuple[Site, str, str]) -> None:
    desk, number, token = called
    desk.world.happen(number, "responded", text="x")
    desk.world.happen(number, "restored", text="x")
    desk.world.happen(number, "restoration_accepted", "wang", text="x")
    desk.world.happen(number, "closed", "lin", text="x")
    answer_ = desk.page().post(f"/answer/{token}", data={"text": "晚了"})
    assert answer_.status_code == 409
    assert "晚了" in answer_.text
    desk.world.clock.advance(timedelta(hours=links.HOURS, minutes=1))
    assert desk.page().get(f"/answer/{token}").status_code == 404


def test_guessing_is_slowed_down_and_locks_nobody_out(called: tuple[Site, str, str]) -> None:
    desk, _number, token = called
    stranger = desk.page()
    tried = [stranger.get(f"/answer/{wrong}").status_code for wrong in forged(token) * 3 if wrong.strip(".")]
    assert set(tried) == {404, 429}
    assert tried.count(404) == answer.WRONG.most
    assert stranger.get(f"/answer/{token}").status_code == 200
    desk.world.clock.advance(timedelta(minutes=1))
    assert stranger.get("/answer/1.1.x").status_code == 404


def test_the_timeline_shows_each_notification_with_its_receipt(called: tuple[Site, str, str]) -> None:
    desk, number, _token = called
    page = desk.page("lin").get(f"/incidents/{number}").text
    assert "呼叫：【新故障】请在09:30前响应" in page
    assert "主班 林工 · 邮件 · 09:00送出" in page
    english = desk.page("lin", lang="en").get(f"/incidents/{number}").text
    assert "Primary 林工 · Mail · sent 09:00" in english


def test_a_longer_story_costs_the_page_no_more_questions(desk: Site) -> None:
    number = desk.world.report()
    desk.world.run_for(minutes=1)
    lin = desk.page("lin")
    with statements(desk.world) as few:
        lin.get(f"/incidents/{number}")
    desk.world.run_for(minutes=16)
    lin.get("/oncall")  # the session's row is touched once a minute
    with statements(desk.world) as many:
        lin.get(f"/incidents/{number}")
    assert len(many) <= len(few)


def test_the_preview_names_time_person_and_channels(desk: Site) -> None:
    page = desk.page("lin").get("/oncall").text
    for words in (
        "响应 +0分",
        "主班 林工（邮件、站内消息）",
        "副班 段工",
        "带班领导 周经理",
        "甲方联系人 王科长",
        "修复 50%",
    ):
        assert words in page
    later = desk.page("lin").get("/oncall?at=2027-01-01T00:00&fault_class=hardware").text
    assert "值班表有空缺" in later
    assert desk.page("lin").get("/oncall?fault_class=x").status_code == 422
    assert desk.page("qian").get("/oncall").status_code == 403


def test_pages_by_api(called: tuple[Site, str, str]) -> None:
    desk, number, _token = called
    [page] = desk.api("lin").get(f"/api/v1/incidents/{number}/pages").json()["items"]
    assert (page["clock"], page["rung"], page["username"], page["target"]) == ("call", "0", "lin", "primary")
    assert desk.api("qian").get(f"/api/v1/incidents/{number}/pages").status_code == 403
