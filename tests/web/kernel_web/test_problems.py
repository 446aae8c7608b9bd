from __future__ import annotations

import logging

import httpx
import pytest

from tests.web.kernel_web.fakeshell import STRANGER, call, make_app, page

DOCUMENT = {"type", "title", "status", "detail", "code", "instance", "errors"}


def api(method: str, url: str, language: str = "zh", **kwargs: object) -> httpx.Response:
    headers = {"accept-language": language, **kwargs.pop("headers", {})}  # type: ignore[dict-item]
    return call(make_app(), method, url, headers=headers, **kwargs)


def test_our_errors_become_problem_documents() -> None:
    response = api("GET", "/api/v1/conflict")
    assert response.headers["content-type"] == "application/problem+json"
    assert set(response.json()) == DOCUMENT
    assert response.json() | {"type": ""} == {
        "type": "",
        "title": "与当前状态冲突",
        "status": 409,
        "detail": "这条记录已被别人修改，请刷新后重试。",
        "code": "stale",
        "instance": "/api/v1/conflict",
        "errors": [],
    }


def test_field_errors_are_listed() -> None:
    body = api("GET", "/api/v1/wrong").json()
    assert body["errors"] == [{"field": "due_at", "message": "应晚于开始时间。"}]


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"title": "必填，请填写。", "count": "必填，请填写。"}),
        ({"title": "x", "count": 1}, {"title": "至少 2 个字。"}),
        ({"title": "xxxxxxx", "count": 1}, {"title": "最多 5 个字。"}),
        ({"title": "xx", "count": "many"}, {"count": "应为整数，例如 12。"}),
        ({"title": "xx", "count": 1, "kind": "9"}, {"kind": "格式不符，应匹配 ^[a-z]+$。"}),
        ([], {"body": "应为对象，请检查 Content-Type 是否为 application/json。"}),
    ],
)
def test_input_errors_name_the_field_and_what_would_be_right(body: object, errors: dict[str, str]) -> None:
    response = api("POST", "/api/v1/reports", json=body)
    assert (response.status_code, response.json()["code"]) == (422, "invalid")
    assert {e["field"]: e["message"] for e in response.json()["errors"]} == errors


def test_broken_json_is_told_where() -> None:
    headers = {"content-type": "application/json"}
    response = api("POST", "/api/v1/reports", content=b'{"title": ', headers=headers)
    assert response.status_code == 422
    assert response.json()["errors"] == [
        {"field": "body", "message": "不是合法的 JSON（第 10 个字符附近）。"}
    ]


def test_english_readers_get_english() -> None:
    body = api("POST", "/api/v1/reports", language="en", json={"title": "x"}).json()
    assert body["title"] == "Please correct your input"
    assert {e["message"] for e in body["errors"]} == {
        "At least 2 characters.",
        "Required; please fill it in.",
    }


@pytest.mark.parametrize(
    ("method", "url", "status", "code"),
    [("GET", "/api/v1/nope", 404, "not_found"), ("DELETE", "/api/v1/conflict", 405, "method_not_allowed")],
)
def test_the_frameworks_own_errors_are_in_our_words(method: str, url: str, status: int, code: str) -> None:
    body = api(method, url).json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["title"].isascii() is False


def test_people_get_a_page() -> None:
    response = page(make_app(), "/conflict")
    assert response.status_code == 409
    assert "这条记录已被别人修改" in response.text
    assert response.headers["content-type"].startswith("text/html")


def test_a_program_gets_a_document_on_a_pages_address_too() -> None:
    response = call(make_app(), "GET", "/conflict", headers={"accept": "application/json"})
    assert response.json()["code"] == "stale"


def test_the_api_never_answers_with_a_page() -> None:
    assert page(make_app(), "/api/v1/nope").headers["content-type"] == "application/problem+json"


def test_whoever_must_log_in_is_sent_there_and_back() -> None:
    response = page(make_app(STRANGER), "/styleguide?a=1&b=2")
    assert (response.status_code, response.headers["location"]) == (
        303,
        "/login?next=/styleguide%3Fa%3D1%26b%3D2",
    )


def test_a_stranger_sees_the_error_page_without_the_frame() -> None:
    response = page(make_app(STRANGER), "/nope")
    assert response.status_code == 404
    assert "bottombar" not in response.text


@pytest.mark.parametrize("url", ["/boom", "/api/v1/boom"])
def test_the_unexpected_gives_a_reference_that_is_in_the_log(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "kernel.web.problems"):
        response = page(make_app(), url)
    assert response.status_code == 500
    assert "secret detail" not in response.text
    reference = caplog.records[0].getMessage().split("reference ")[1][:8]
    assert reference in response.text
    assert "the secret detail" in (caplog.text)


def test_the_unexpected_in_english() -> None:
    assert "nothing was saved" in page(make_app(), "/boom", **{"accept-language": "en"}).text
