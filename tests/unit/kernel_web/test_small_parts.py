from __future__ import annotations

from kernel.errors import Conflict, FieldError, Invalid
from kernel.manifest import NavItem
from kernel.web.forms import EMPTY, FormState
from kernel.web.nav import navigation
from kernel.web.shell import NOBODY
from kernel.web.validation import explain
from tests.web.kernel_web.fakeshell import FakeActor


def places(count: int) -> list[NavItem]:
    return [NavItem(f"n{i}", f"/n{i}", "home", "account.self", "组", phone=True) for i in range(count)]


def test_only_permitted_places_are_shown() -> None:
    items = [NavItem("甲", "/a", "home", "account.self"), NavItem("乙", "/b", "home", "secret")]
    assert [i.label for _, group in navigation(items, FakeActor(), "/").groups for i in group] == ["甲"]
    assert navigation(items, NOBODY, "/a") == navigation([], NOBODY, "/")


def test_a_phone_has_at_most_five_places() -> None:
    assert len(navigation(places(8), FakeActor(), "/").phone) == 5


def test_the_longest_matching_place_is_current() -> None:
    items = [NavItem("", href, "home", "account.self") for href in ("/", "/oa", "/oa/inbox")]
    assert navigation(items, FakeActor(), "/oa/inbox/7").current == "/oa/inbox"
    assert navigation(items, FakeActor(), "/oasis").current is None
    assert navigation(items, FakeActor(), "/").current == "/"


def test_a_refused_form_keeps_values_and_first_message_of_each_field() -> None:
    error = Invalid("x", errors=[FieldError("a", "一"), FieldError("a", "二")])
    state = FormState.refused({"a": "typed", "many": ["1", "2"]}, error)
    assert (state.value("a"), state.error("a"), state.general, state.wrong) == ("typed", "一", None, True)
    assert state.chosen("many", "2")
    assert not state.chosen("many", "3")


def test_an_error_without_fields_concerns_the_whole_form() -> None:
    assert FormState.refused({}, Conflict("已被修改")).general == "已被修改"


def test_an_empty_form_has_defaults() -> None:
    assert (EMPTY.value("a", "d"), EMPTY.chosen("a", "x"), EMPTY.wrong) == ("d", False, False)
    assert FormState({"a": 3}).chosen("a", "3")


def test_an_unknown_finding_still_gets_words() -> None:
    findings = [
        {"type": "brand_new", "loc": ("body", "a", 0), "ctx": {}},
        {"type": "greater_than", "loc": ()},
    ]
    assert explain(findings) == [
        FieldError("a.0", "内容不符合要求。"),
        FieldError("body", "内容不符合要求。"),
    ]


def test_our_own_validators_words_are_kept() -> None:
    finding = {
        "type": "value_error",
        "loc": ("query", "to"),
        "ctx": {"error": ValueError("应晚于起始日期。")},
    }
    assert explain([finding]) == [FieldError("to", "应晚于起始日期。")]
