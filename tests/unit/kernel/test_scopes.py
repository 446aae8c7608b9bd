"""Headers and state straight from the scope are what starlette's objects say."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from kernel.edge.scopes import header_of, state_of


def scope(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http", "headers": list(headers)}


def test_the_first_header_of_a_name_counts_and_an_empty_one_is_not_a_missing_one() -> None:
    asked = scope((b"a", b""), (b"b", b"\xe9"), (b"b", b"2"))
    assert [header_of(asked, name) for name in (b"a", b"b", b"c")] == ["", "é", None]
    assert Request(asked).headers.get("b") == header_of(asked, b"b")


def test_state_is_the_requests_own() -> None:
    asked = scope()
    state_of(asked)["actor"] = "lin"
    assert Request(asked).state.actor == "lin"
    Request(asked).state.csrf = "x"
    assert state_of(asked) == {"actor": "lin", "csrf": "x"}
