"""Logging in: locked after five failures, never on to another site, never without the form's token."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.people import PASSWORD
from tests.support.web import Site

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
WRONG = "用户名或密码不正确"


def login(site: Site, who: str = "lin", password: str = PASSWORD, **more: str) -> object:
    return site.page().submit("/login", username=who, password=password, **more)


def test_a_visitor_is_led_to_the_login_and_back(site: Site) -> None:
    visitor = site.page()
    assert visitor.get("/").headers["location"] == "/login"
    asked = visitor.get("/incidents?state=open")
    assert (asked.status_code, asked.headers["location"]) == (303, "/login?next=/incidents%3Fstate%3Dopen")
    form = visitor.get(asked.headers["location"])
    assert 'value="/incidents?state=open"' in form.text
    entered = visitor.submit("/login", username="lin", password=PASSWORD, next="/incidents?state=open")
    assert (entered.status_code, entered.headers["location"]) == (303, "/incidents?state=open")
    assert visitor.get("/incidents?state=open").status_code == 200


def test_the_cookie_is_kept_from_scripts_and_other_sites(site: Site) -> None:
    cookie = login(site).headers["set-cookie"].lower()  # type: ignore[attr-defined]
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


ELSEWHERE = [
    "https://evil.test/", "//evil.test", "/\\evil.test", "\\\\evil.test", "javascript:alert(1)", "evil.test",
    "/\t/evil.test", " //evil.test", "http:evil.test", "",
]  # fmt: skip


@pytest.mark.parametrize("url", ELSEWHERE)
def test_login_leads_nowhere_else(site: Site, url: str) -> None:
    answer = login(site, next=url)
    assert answer.headers["location"] == "/"  # type: ignore[attr-defined]


@pytest.mark.parametrize("who", ["lin", "nobody", ""])
def test_a_wrong_login_says_the_same_to_everybody_and_keeps_the_name(site: Site, who: str) -> None:
    answer = site.page().submit("/login", username=who, password="wrong")
    assert answer.status_code == 401
    assert WRONG in answer.text
    assert f'value="{who}"' in answer.text or not who
    assert "wrong" not in answer.text


def test_five_failures_lock_for_a_quarter_of_an_hour(site: Site) -> None:
    for _ in range(5):
        assert WRONG in login(site, password="wrong").text  # type: ignore[attr-defined]
    locked = login(site)
    assert (locked.status_code, WRONG in locked.text) == (401, True)  # type: ignore[attr-defined]
    site.world.clock.advance(timedelta(minutes=15, seconds=1))
    assert login(site).status_code == 303  # type: ignore[attr-defined]


FORMS = ["/incidents", "/logout", "/account/password", "/messages/read", "/log-audit"]


@pytest.mark.parametrize("url", FORMS)
@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_a_form_without_its_token_is_refused(site: Site, url: str, token: str | None) -> None:
    data = {} if token is None else {"csrf_token": token}
    answer = site.page("lin").post(
        url, data=data, files={"file": ("a", b"x")} if url == "/log-audit" else None
    )
    assert answer.status_code == 403


def test_another_sites_page_is_refused_even_with_the_token(site: Site) -> None:
    browser = site.page("lin")
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.test"}):
        answer = browser.post("/messages/read", data={"csrf_token": browser.csrf}, headers=headers)
        assert answer.status_code == 403


def test_after_logout_the_session_is_over(site: Site) -> None:
    browser = site.page("lin")
    assert browser.get("/account").status_code == 200
    assert browser.submit("/logout").headers["location"] == "/login"
    assert browser.get("/account").status_code == 303


def test_an_idle_session_ends(site: Site) -> None:
    browser = site.page("lin")
    site.world.clock.advance(timedelta(minutes=61))
    assert browser.get("/account").headers["location"].startswith("/login")


def test_the_first_password_must_be_changed_before_anything_else(site: Site) -> None:
    from sqlalchemy import update

    from kernel.identity.models import Person

    with site.world.platform.db.write() as session:
        session.execute(update(Person).where(Person.username == "lin").values(must_change_password=1))
    browser = site.page("lin")
    for url in ("/", "/incidents"):
        refused = browser.get(url)
        assert (refused.status_code, refused.headers["location"]) == (303, "/account")
    assert browser.get("/account").status_code == 200
    changed = browser.submit("/account/password", old_password=PASSWORD, new_password="Another-horse-8")
    assert changed.status_code == 303
    assert browser.get("/incidents").status_code == 200
