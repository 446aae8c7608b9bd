"""One request is one transaction: a commit that fails answers 5xx and saves nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.support.web import FAULT, Browser, Site

API = "/api/v1/incidents"


@pytest.fixture(params=[RuntimeError("boom"), OperationalError("COMMIT", {}, Exception("disk full"))])
def broken_commit(request: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Returns a function from which on commits fail."""

    def fail(_session: Session) -> None:
        raise request.param

    return lambda: monkeypatch.setattr(Session, "commit", fail)


def test_the_api_says_so(site: Site, broken_commit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = site.api("lin")
    broken_commit()
    answer = client.post(API, json=FAULT)
    assert 500 <= answer.status_code < 600
    assert answer.headers["content-type"] == "application/problem+json"
    assert "disk full" not in answer.text
    monkeypatch.undo()
    assert client.get(API).json()["items"] == []


def test_a_page_says_so(site: Site, broken_commit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, number = site.page("lin"), site.world.report()
    broken_commit()
    answer = browser.submit(f"/incidents/{number}/events", type="responded", text="十分钟到")
    assert 500 <= answer.status_code < 600
    assert "没有保存" in answer.text
    monkeypatch.undo()
    assert site.world.kinds(number) == ["reported"]


def test_the_next_writer_gets_in(site: Site, broken_commit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = site.api("lin")
    broken_commit()
    client.post(API, json=FAULT)
    monkeypatch.undo()
    assert client.post(API, json=FAULT).json()["number"] == "F20260303-0001"


def test_a_form_that_is_refused_saves_nothing(site: Site) -> None:
    browser: Browser = site.page("lin")
    assert browser.submit("/incidents", title="只有标题").status_code == 422
    assert site.api("lin").get(API).json()["items"] == []


def test_readyz_says_why_it_is_not_ready(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: Any, **__: Any) -> Any:
        raise OperationalError("SELECT 1", {}, Exception("secret address"))

    assert site.api(None).get("/healthz").json() == {"status": "ok"}
    monkeypatch.setattr(site.world.platform.db, "read", down)
    answer = site.api(None).get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    assert answer.json()["reasons"]
    assert "secret" not in answer.text
    assert site.api(None).get("/healthz").status_code == 200
