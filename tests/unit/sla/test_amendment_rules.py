"""Which version is in force when, what an amendment may change, and that every change is shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.amendments.rules import Agreed, Change, day_begins, differences, in_force_at, lost_names
from sla.contract_file import parse_contract
from tests.unit.sla.story import HUAIBEI, with_options

JUNE, JULY = datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)
INSTANT = timedelta.resolution


@pytest.mark.parametrize(
    ("at", "digest"),
    [
        (JUNE - INSTANT, None),
        (JUNE, "six"),
        (JULY - INSTANT, "six"),
        (JULY, "seven again"),
        (JULY + timedelta(days=900), "seven again"),
    ],
)
def test_the_latest_amendment_that_has_begun_counts(at: datetime, digest: str | None) -> None:
    agreed = [Agreed(JULY, 2, "seven"), Agreed(JUNE, 1, "six"), Agreed(JULY, 3, "seven again")]
    assert in_force_at(agreed, at) == digest


@given(st.lists(st.integers(0, 9), max_size=6), st.integers(0, 9))
def test_the_order_in_which_amendments_are_read_does_not_matter(days: list[int], at: int) -> None:
    agreed = [Agreed(JUNE + timedelta(days=d), n, str(n)) for n, d in enumerate(days)]
    moment = JUNE + timedelta(days=at)
    assert in_force_at(agreed, moment) == in_force_at(agreed[::-1], moment)


def test_a_day_begins_at_midnight_in_the_zone_of_the_contract() -> None:
    assert day_begins(date(2025, 7, 1), HUAIBEI) == datetime(2025, 6, 30, 16, tzinfo=UTC)


def edited(old: str, new: str) -> str:
    assert old in HUAIBEI.text
    return HUAIBEI.text.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        ('number = "AHHBA2500383CGN00"', 'number = "X"', [("number", "AHHBA2500383CGN00")]),
        ('zone = "Asia/Shanghai"', 'zone = "Asia/Urumqi"', [("zone", "Asia/Shanghai")]),
        ('key = "drafts"', 'key = "shared_drafts"', [("modules", "drafts")]),
        ("limit_hours = 6", "limit_hours = 5", []),
        ('name = "文稿共享"', 'name = "文稿协作"', []),
    ],
)
def test_what_history_refers_to_must_stay(old: str, new: str, lost: list[tuple[str, str]]) -> None:
    assert lost_names(HUAIBEI, parse_contract(edited(old, new), "draft")) == lost


def test_every_changed_value_is_shown_by_its_path() -> None:
    draft = with_options(penalty_per='"clock"', limit_minutes="26").text
    assert differences(HUAIBEI.text, draft) == [
        Change("options.penalty.per", "incident", "clock"),
        Change("response.limit_minutes", "30", "26"),
    ]


def test_values_that_come_and_go_are_shown() -> None:
    assert differences("[[payer]]\nkey = 'a'\nfee = 1\n", "[[payer]]\nkey = 'b'\nfee = 1\nx = [1, 2]\n") == [
        Change("payer.b.key", None, "b"),
        Change("payer.b.fee", None, "1"),
        Change("payer.b.x", None, "1、2"),
        Change("payer.a.key", "a", None),
        Change("payer.a.fee", "1", None),
    ]


def test_equal_texts_have_no_differences() -> None:
    assert differences(HUAIBEI.text, f"# a remark\n{HUAIBEI.text}") == []
