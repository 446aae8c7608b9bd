from __future__ import annotations

import pytest

from kernel import errors
from kernel.errors import AppError, Conflict, FieldError, Invalid

FAMILY = [
    (errors.Unauthenticated, 401),
    (errors.Forbidden, 403),
    (errors.NotFound, 404),
    (errors.Conflict, 409),
    (errors.Invalid, 422),
    (errors.TooMany, 429),
    (errors.Unavailable, 503),
]


@pytest.mark.parametrize(("kind", "status"), FAMILY)
def test_every_error_has_a_status_a_code_and_a_title(kind: type[AppError], status: int) -> None:
    error = kind("请改正。")
    assert (error.status, error.detail) == (status, "请改正。")
    assert error.code
    assert error.title


def test_codes_differ_between_members_of_the_family() -> None:
    assert len({kind.code for kind, _ in FAMILY}) == len(FAMILY)


def test_a_special_code_belongs_to_the_one_error_only() -> None:
    assert Conflict("x", code="stale").code == "stale"
    assert Conflict("x").code == "conflict"


def test_invalid_input_names_its_field() -> None:
    assert Invalid.field("title", "太长").errors == [FieldError("title", "太长")]
