"""Whoever has a first password is led to where it can be changed."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from kernel.edge.access import MustChangePassword
from kernel.web.problems import ACCOUNT, MUST_CHANGE
from tests.web.kernel_web.fakeshell import call, make_app, page


def first_password_app() -> FastAPI:
    app = make_app()

    def refuse() -> None:
        raise MustChangePassword("请先修改初始密码。")

    for path in ("/incidents", "/api/v1/incidents", ACCOUNT):
        app.add_api_route(path, refuse, methods=["GET", "POST"])
    return app


def test_the_code_is_that_of_the_error() -> None:
    assert MustChangePassword.code == MUST_CHANGE


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_leads_to_the_account(method: str) -> None:
    response: httpx.Response = call(
        first_password_app(), method, "/incidents", headers={"accept": "text/html"}
    )
    assert (response.status_code, response.headers["location"]) == (303, ACCOUNT)


def test_the_account_itself_never_leads_to_itself() -> None:
    assert page(first_password_app(), ACCOUNT).status_code == 403


def test_a_program_is_told() -> None:
    response = call(first_password_app(), "GET", "/api/v1/incidents")
    assert (response.status_code, response.json()["code"]) == (403, MUST_CHANGE)
