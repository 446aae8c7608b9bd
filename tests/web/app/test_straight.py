"""Routes that are called most go a short way: with every guard, and refusals like everybody's."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from fastapi import Depends, Request, Response
from sqlalchemy import update

from kernel.edge.straight import ShortWay, StraightRoute
from kernel.identity.models import ApiToken
from tests.support.web import Site

ALERTS, INCIDENTS, STREAM = "/api/v1/alerts", "/api/v1/incidents", "/api/v1/stream"
PAGE = "/incidents"
ALERT = {"source": "probe", "title": "打不开"}
FAULT = {"title": "打不开", "fault_class": "system_general", "modules": ["todo"], "payers": ["city"]}
WAYS = pytest.mark.parametrize(("path", "body"), [(ALERTS, ALERT), (INCIDENTS, FAULT)])


def short_way(site: Site) -> ShortWay:
    app: Any = site.app.middleware_stack or site.app.build_middleware_stack()
    while not isinstance(app, ShortWay):
        app = app.app
    return app


def test_what_comes_in_storms_goes_the_short_way(site: Site) -> None:
    ways = {(method, path) for method, path in short_way(site).handlers}
    storms = {("POST", ALERTS), ("POST", f"{ALERTS}/alertmanager"), ("POST", INCIDENTS)}
    assert ways == storms | {("GET", STREAM), ("GET", PAGE)}


def test_a_wrong_filter_of_the_list_is_named_on_its_page(site: Site) -> None:
    page = site.page("lin").get(PAGE, params={"since": "yesterday"})
    assert page.status_code == 422
    assert "since" in page.text
    assert site.page("lin").get(PAGE, params={"since": "", "late": "true", "unknown": "1"}).status_code == 200
    assert site.page("lin").get(PAGE, params={"cursor": "x"}).status_code == 422


def test_a_page_on_the_short_way_sends_strangers_to_the_login(site: Site) -> None:
    answer = site.page().get(f"{PAGE}?late=true", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/incidents%3Flate%3Dtrue")


def test_a_stream_that_names_too_many_topics_is_refused_by_name(site: Site) -> None:
    refused = site.api("lin").get(STREAM, params={"topics": "t" * 201})
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["topics"]
    parameters = site.api("lin").get("/api/openapi.json").json()["paths"][STREAM]["get"]["parameters"]
    assert [each["name"] for each in parameters] == ["topics"]


@WAYS
def test_nobody_passes_without_a_token_or_the_right(site: Site, path: str, body: dict[str, Any]) -> None:
    assert site.api("lin").post(path, json=body).status_code in (201, 202)
    nobody = site.api("lin").post(path, json=body, headers={"authorization": ""})
    wrong = site.api("lin").post(path, json=body, headers={"authorization": "Bearer wrong"})
    assert [nobody.status_code, wrong.status_code] == [401, 401]
    assert wrong.headers["content-type"] == "application/problem+json"
    assert "content-security-policy" in wrong.headers


@WAYS
def test_a_revoked_token_stops_at_once(site: Site, path: str, body: dict[str, Any]) -> None:
    api = site.api("lin")
    assert api.post(path, json=body).status_code in (201, 202)
    platform = site.world.platform
    with platform.db.write() as session:
        session.execute(update(ApiToken).values(revoked_at=platform.clock.now()))
    assert api.post(path, json=body).status_code == 401


@WAYS
def test_another_method_of_the_path_is_the_routers(site: Site, path: str, body: dict[str, Any]) -> None:
    assert site.api("lin").delete(path).status_code == 405


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"x"'])
def test_a_body_that_is_no_report_is_refused_in_words(site: Site, content: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = site.api("lin").post(INCIDENTS, content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_a_form_is_no_report(site: Site) -> None:
    answer = site.api("lin").post(INCIDENTS, content=b"{}", headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body")


def test_the_document_describes_the_body(site: Site) -> None:
    operation = site.api("lin").get("/api/openapi.json").json()["paths"][INCIDENTS]["post"]
    assert operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/ReportIn")


def test_a_parameter_that_needs_the_solver_is_refused_at_the_start() -> None:
    def slow(request: Request) -> str:
        return request.url.path

    async def endpoint(found: Annotated[str, Depends(slow)]) -> Response:
        return Response(found)

    endpoint.__annotations__ = {"found": Annotated[str, Depends(slow)], "return": Response}
    with pytest.raises(TypeError, match="found is no async dependency"):
        StraightRoute("/x", endpoint, methods=["POST"])
