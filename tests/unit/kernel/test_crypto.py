"""SM3 against the standard's own examples, and the one form that everything hashed is put into."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType

import pytest

from kernel import crypto
from kernel.crypto import canonical_json, sm3_hex

# GM/T 0004-2012, appendix A.
EXAMPLES = {
    b"abc": "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
    b"abcd" * 16: "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
}


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("data", EXAMPLES)
def test_sm3_is_that_of_the_standard(data: bytes, native: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crypto, "_NATIVE", native and crypto._NATIVE)
    assert sm3_hex(data) == EXAMPLES[data]


def test_keys_are_sorted_and_nothing_is_spaced() -> None:
    assert canonical_json({"b": [1, None, True], "a": "守时"}) == '{"a":"守时","b":[1,null,true]}'.encode()


def test_one_instant_has_one_form() -> None:
    shanghai = timezone(timedelta(hours=8))
    there = datetime(2025, 3, 3, 9, tzinfo=shanghai)
    assert canonical_json(there) == canonical_json(there.astimezone(UTC)) == b'"2025-03-03T01:00:00+00:00"'


def test_days_money_and_read_only_mappings_have_a_form() -> None:
    value = MappingProxyType({"day": date(2025, 3, 3), "yuan": Decimal("2300.00")})
    assert canonical_json(value) == b'{"day":"2025-03-03","yuan":"2300.00"}'


@pytest.mark.parametrize(
    ("value", "error"),
    [(datetime(2025, 3, 3), ValueError), (float("nan"), ValueError), ({1, 2}, TypeError), (b"x", TypeError)],  # noqa: DTZ001
)
def test_what_has_no_one_form_is_refused(value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        canonical_json(value)
