from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import DateTime
from sqlalchemy.dialects import postgresql, sqlite

from kernel.db import JsonText, Money, UtcDateTime

DIALECTS = [sqlite.dialect(), postgresql.dialect()]  # type: ignore[no-untyped-call]
BEIJING = timezone(timedelta(hours=8))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_naive_time_is_refused(dialect: object) -> None:
    with pytest.raises(ValueError, match="naive"):
        UtcDateTime().process_bind_param(datetime(2026, 3, 3), dialect)  # type: ignore[arg-type]  # noqa: DTZ001


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_time_comes_back_as_the_same_instant_in_utc(dialect: object) -> None:
    kind, at = UtcDateTime(), datetime(2026, 3, 3, 9, 0, 0, 123456, tzinfo=BEIJING)
    back = kind.process_result_value(kind.process_bind_param(at, dialect), dialect)  # type: ignore[arg-type]
    assert back == at
    assert back is not None
    assert back.tzinfo is UTC


@given(st.datetimes(min_value=datetime(1, 1, 2), timezones=st.just(BEIJING)))  # noqa: DTZ001
def test_sqlite_keeps_a_time_in_the_form_that_sqlalchemy_gives_it(at: datetime) -> None:
    kind, dialect = UtcDateTime(), DIALECTS[0]
    plain = DateTime().dialect_impl(dialect)
    text = kind.dialect_impl(dialect).bind_processor(dialect)(at)  # type: ignore[misc]
    assert text == plain.bind_processor(dialect)(at.astimezone(UTC))  # type: ignore[misc]
    back = kind.dialect_impl(dialect).result_processor(dialect, None)(text)  # type: ignore[misc]
    assert (back, back.tzinfo) == (at, UTC)


def test_sqlite_is_given_no_naive_time() -> None:
    give = UtcDateTime().bind_processor(DIALECTS[0])
    assert give is not None
    assert give(None) is None
    with pytest.raises(ValueError, match="naive"):
        give(datetime(2026, 3, 3))  # noqa: DTZ001


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_money_comes_back_exactly_and_with_two_decimals(yuan: Decimal) -> None:
    fen = Money().process_bind_param(yuan, DIALECTS[0])
    assert isinstance(fen, int)
    back = Money().process_result_value(fen, DIALECTS[0])
    assert back == yuan
    assert str(back).rpartition(".")[2].__len__() == 2


@pytest.mark.parametrize("text", ["0.001", "2300.005", "NaN", "Infinity"])
def test_money_with_more_than_two_decimals_or_none_at_all_is_refused(text: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        Money().process_bind_param(Decimal(text), DIALECTS[0])


def test_json_is_kept_as_it_was_and_readable() -> None:
    value = {"文": ["一", 1, None, True]}
    text = JsonText().process_bind_param(value, DIALECTS[0])
    assert text == '{"文":["一",1,null,true]}'
    assert JsonText().process_result_value(text, DIALECTS[0]) == value


def test_nothing_stays_nothing() -> None:
    for kind in (UtcDateTime(), Money(), JsonText()):
        assert kind.process_result_value(None, DIALECTS[0]) is None
