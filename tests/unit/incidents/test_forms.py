"""Reading the pages' forms."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from starlette.datastructures import FormData

from incidents import forms
from kernel.errors import Invalid

ZONE = ZoneInfo("Asia/Shanghai")
REPORT = [
    ("title", " 无法登录 "),
    ("fault_class", "hardware"),
    ("modules", "documents"),
    ("modules", "duty"),
    ("payers", "city"),
    ("reported_at", "2026-03-03T09:30"),
    ("reporter", ""),
]


def test_a_local_time_is_in_the_contracts_zone() -> None:
    found = forms.local_time(" 2026-03-03T09:30 ", "at", ZONE)
    assert found == datetime(2026, 3, 3, 1, 30, tzinfo=UTC)


def test_a_time_with_an_offset_keeps_it() -> None:
    assert forms.local_time("2026-03-03T09:30+00:00", "at", ZONE) == datetime(2026, 3, 3, 9, 30, tzinfo=UTC)


def test_no_time_is_none() -> None:
    assert forms.local_time("  ", "at", ZONE) is None


@pytest.mark.parametrize("text", ["now", "2026-13-01T00:00", "9:30", "２０２６"])
def test_a_wrong_time_names_its_field(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        forms.local_time(text, "reported_at", ZONE)
    assert [e.field for e in caught.value.errors] == ["reported_at"]


def test_a_report_is_read_whole() -> None:
    told = forms.report_of(FormData(REPORT), ZONE)
    assert (told.title, told.modules, told.payers, told.reporter, told.text) == (
        "无法登录", ["documents", "duty"], ["city"], None, None,
    )  # fmt: skip
    assert told.reported_at == datetime(2026, 3, 3, 1, 30, tzinfo=UTC)


def test_a_report_without_units_and_modules_names_both() -> None:
    with pytest.raises(Invalid) as caught:
        forms.report_of(FormData([("title", "x")]), ZONE)
    assert [e.field for e in caught.value.errors] == ["payers", "modules"]


def test_an_event_form_gives_the_fields_of_its_type() -> None:
    form = FormData(
        [("text", ""), ("claim", "C1"), ("from", "2026-03-03T09:30"), ("modules", "duty"), ("x", "y")]
    )
    assert forms.event_fields(form, "exclusion_claimed", ZONE) == {
        "text": None,
        "claim": "C1",
        "from": datetime(2026, 3, 3, 1, 30, tzinfo=UTC),
    }
    scope = forms.event_fields(form, "scope_changed", ZONE)
    assert (scope["modules"], scope["payers"]) == (["duty"], [])


def test_the_state_keeps_what_was_typed_and_says_what_is_wrong() -> None:
    state = forms.state_of(FormData(REPORT), Invalid.field("title", "太短"))
    assert (state.value("title"), state.error("title")) == ("无法登录", "太短")
    assert state.chosen("modules", "duty")
    assert not state.chosen("modules", "todo")
