"""Which channels a message takes, for every wish: the floor holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.outbox.reach.rules import (
    FLOOR,
    INAPP,
    KIND_LABELS,
    OUTSIDE,
    chosen,
    masked,
    wrong_phone,
    wrong_url,
)

SOME = st.sets(st.sampled_from(OUTSIDE))


@given(st.sampled_from(sorted(KIND_LABELS)), SOME, SOME)
def test_wishes_are_kept_above_the_floor_and_only_there(kind: str, has: set[str], muted: set[str]) -> None:
    taken = chosen(kind, dict.fromkeys(has, "x"), muted)
    outside = [c for c in taken if c != INAPP]
    assert INAPP in taken
    assert set(outside) <= has
    assert has - muted <= set(outside)
    assert len(outside) >= min(FLOOR[kind], len(has))
    assert len(outside) <= max(FLOOR[kind], len(has - muted))


def test_a_page_goes_by_two_channels_though_all_are_switched_off() -> None:
    ways = {"email": "a@b", "sms": "138", "webhook": "http://x"}
    assert chosen("page", ways, set(OUTSIDE)) == ["sms", "email", INAPP]
    assert chosen("notice", ways, set(OUTSIDE)) == ["sms", INAPP]
    assert chosen("page", {"email": "a@b"}, set(OUTSIDE)) == ["email", INAPP]
    assert chosen("page", {}, ()) == [INAPP]


@pytest.mark.parametrize("phone", ["13800000000", "+86 138-0000-0000", "0561-3198000"])
def test_telephone_numbers(phone: str) -> None:
    assert not wrong_phone(phone)


@pytest.mark.parametrize("phone", ["", "1", "一三八", "138x", "1" * 30, "13800000000\n", "٣٣٣٣٣٣"])
def test_what_is_no_telephone_number(phone: str) -> None:
    assert wrong_phone(phone)


BAD = [
    "",
    "x",
    "ftp://a/b",
    "http://",
    "http://u:p@a/",
    "http://a b/",
    "http://a/é",
    "http://a:99999/",
    "http://[a",
]


@pytest.mark.parametrize("url", [*BAD, "http://a/" + "x" * 300])
def test_what_is_no_address(url: str) -> None:
    assert wrong_url(url)


def test_a_robots_path_is_shown_to_nobody() -> None:
    assert not wrong_url("https://oapi.dingtalk.com/robot/send?access_token=1")
    assert masked("https://oapi.dingtalk.com/robot/send?access_token=1") == "https://oapi.dingtalk.com/…"
    assert masked("lin@example.test") == "lin@example.test"
