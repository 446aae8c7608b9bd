from __future__ import annotations

from typing import Any

import pytest

from kernel.web.security import HEADERS, BodyLimit
from tests.web.kernel_web.fakeshell import TOKEN, call, make_app, page

HERE = "http://desk.test"
COOKIE = {"cookie": "shoushi_session=x"}


@pytest.mark.parametrize("url", ["/", "/nope", "/boom", "/clock", "/api/v1/boom", "/private"])
def test_every_answer_carries_the_headers(url: str) -> None:
    response = page(make_app(), url)
    assert {name: response.headers[name] for name in HEADERS} == HEADERS


def test_the_policy_allows_nothing_from_outside_and_nothing_inline() -> None:
    policy = page(make_app(), "/").headers["content-security-policy"]
    for part in ("default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
        assert part in policy
    assert "unsafe" not in policy


def test_pages_have_no_inline_style_or_script() -> None:
    text = page(make_app(), "/styleguide").text
    assert " style=" not in text
    assert "<style" not in text
    assert text.count("<script") == text.count('<script type="module" src="/static/')


def test_pages_are_not_cached() -> None:
    assert page(make_app(), "/").headers["cache-control"] == "no-store"


def form(headers: dict[str, str], token: str | None = TOKEN, url: str = "/change") -> int:
    data = {} if token is None else {"csrf_token": token}
    return call(make_app(), "POST", url, data={"x": "1", **data}, headers=headers).status_code


@pytest.mark.parametrize(
    ("headers", "token", "status"),
    [
        ({**COOKIE}, TOKEN, 200),
        ({**COOKIE}, "wrong", 403),
        ({**COOKIE}, "", 403),
        ({**COOKIE}, None, 403),
        ({**COOKIE, "x-csrf-token": TOKEN}, None, 200),
        ({**COOKIE, "x-csrf-token": "wrong"}, TOKEN, 403),
        ({**COOKIE, "sec-fetch-site": "same-origin"}, TOKEN, 200),
        ({**COOKIE, "sec-fetch-site": "none"}, TOKEN, 200),
        ({**COOKIE, "sec-fetch-site": "cross-site"}, TOKEN, 403),
        ({**COOKIE, "sec-fetch-site": "same-site"}, TOKEN, 403),
        ({**COOKIE, "origin": HERE}, TOKEN, 200),
        ({**COOKIE, "origin": "null"}, TOKEN, 403),
        ({**COOKIE, "origin": "https://elsewhere.test"}, TOKEN, 403),
        ({**COOKIE, "sec-fetch-site": "same-origin"}, None, 403),
        ({**COOKIE, "authorization": "Bearer t"}, None, 200),
        ({**COOKIE, "authorization": "Bearer t", "origin": "https://elsewhere.test"}, None, 200),
        ({**COOKIE, "authorization": "Basic t"}, None, 403),
        ({}, None, 200),
        ({"sec-fetch-site": "cross-site"}, None, 403),
    ],
)
@pytest.mark.parametrize("url", ["/change", "/api/v1/change"])
def test_who_may_change_something(headers: dict[str, str], token: str | None, status: int, url: str) -> None:
    assert form(headers, token, url) == status


def test_multipart_forms_are_checked_too() -> None:
    kwargs: dict[str, Any] = {"files": {"f": ("a.txt", b"x")}, "headers": COOKIE}
    assert call(make_app(), "POST", "/change", data={"csrf_token": TOKEN}, **kwargs).status_code == 200
    assert call(make_app(), "POST", "/change", **kwargs).status_code == 403


def test_json_by_cookie_needs_the_header() -> None:
    assert call(make_app(), "POST", "/change", json={"csrf_token": TOKEN}, headers=COOKIE).status_code == 403
    headers = {**COOKIE, "x-csrf-token": TOKEN}
    assert call(make_app(), "POST", "/change", json={"a": 1}, headers=headers).json() == {"bytes": 7}


def test_without_an_expected_token_nothing_passes() -> None:
    app = make_app(csrf="")
    assert call(app, "POST", "/change", data={"csrf_token": ""}, headers=COOKIE).status_code == 403


def test_reading_is_never_refused() -> None:
    assert page(make_app(), "/", **COOKIE, **{"sec-fetch-site": "cross-site"}).status_code == 200


def small(limit: int) -> Any:
    app = make_app()
    next(m for m in app.user_middleware if m.cls is BodyLimit).kwargs["limit"] = limit
    return app


def test_a_body_announced_too_large_is_refused() -> None:
    response = call(small(10), "POST", "/api/v1/change", json={"text": "x" * 20})
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


def test_a_body_that_turns_out_too_large_is_refused() -> None:
    async def chunks() -> Any:
        for _ in range(4):
            yield b"x" * 5

    headers = {"content-type": "application/json"}
    response = call(small(10), "POST", "/api/v1/change", content=chunks(), headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (413, "application/problem+json")
