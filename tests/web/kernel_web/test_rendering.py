from __future__ import annotations

from urllib.parse import unquote

import pytest
from jinja2 import UndefinedError

from kernel.web.flash import Flash, read, see_other
from kernel.web.static import FOREVER, Assets
from kernel.web.templating import build_environment
from tests.web.kernel_web.fakeshell import NOW, FakeActor, call, make_app, page


def test_the_frame_tells_the_time_in_the_contracts_zone() -> None:
    text = page(make_app(), "/").text
    assert '<span class="digits" data-clock-time>09:30</span>' in text
    assert "2025年3月3日" in text


def test_only_permitted_places_are_in_the_navigation() -> None:
    text = page(make_app(), "/styleguide").text
    assert "审计记录" not in text
    assert text.count('aria-current="page"') == 3  # side, menu, bottom


def test_the_banner_is_shown_when_there_is_one() -> None:
    assert "banner" not in page(make_app(), "/").text
    assert "演示数据" in page(make_app(banner="演示数据"), "/").text


def test_html_is_escaped() -> None:
    text = page(make_app(FakeActor(display_name="<b>周</b>")), "/").text
    assert "&lt;b&gt;周" in text


def test_the_address_switches_the_language_and_a_cookie_keeps_it() -> None:
    response = page(make_app(), "/?lang=en&q=1")
    assert '<html lang="en"' in response.text
    assert "lang=en; Path=/" in response.headers["set-cookie"]
    assert 'href="/?q=1&amp;lang=zh"' in response.text


def test_a_persons_language_beats_the_browsers() -> None:
    app = make_app(FakeActor(language="en"))
    assert '<html lang="en"' in page(app, "/", **{"accept-language": "zh"}).text
    assert '<html lang="zh-CN"' in page(app, "/", cookie="lang=zh").text


def test_one_request_does_not_leave_its_language_to_the_next() -> None:
    app = make_app()
    page(app, "/?lang=en")
    assert '<html lang="zh-CN"' in page(app, "/").text


def test_an_english_page_has_no_chinese_left() -> None:
    from tools.i18n import CHINESE

    text = page(make_app(FakeActor(display_name="Zhou")), "/styleguide?lang=en").text
    left = [line for line in text.splitlines() if CHINESE.search(line) and 'hreflang="zh"' not in line]
    assert left == []


def test_filters_of_constants_are_not_computed_ahead() -> None:
    app = make_app()
    assert "1小时52分" in page(app, "/styleguide").text
    assert "1 h 52 min" in page(app, "/styleguide?lang=en").text


def test_each_answer_tells_the_servers_time() -> None:
    assert page(make_app(), "/").headers["x-shoushi-now"] == NOW.isoformat(timespec="milliseconds")
    assert call(make_app(), "GET", "/clock").json() == {
        "now": NOW.isoformat(timespec="milliseconds"),
        "speed": 1.0,
    }


def test_a_missing_value_is_an_error_not_a_blank() -> None:
    env = build_environment(Assets())
    with pytest.raises(UndefinedError):
        env.from_string("{{ nobody.name }}").render()


def test_the_theme_cookie_is_drawn_by_the_server_and_nothing_else_is() -> None:
    assert 'data-theme="wall"' in page(make_app(), "/", cookie="theme=wall").text
    assert "data-theme=" not in page(make_app(), "/", cookie="theme=x").text


def test_a_message_survives_one_redirect() -> None:
    response = see_other("/incidents/7", "已登记。", "warn")
    assert (response.status_code, response.headers["location"]) == (303, "/incidents/7")
    cookie = response.headers["set-cookie"].split(";")[0]
    shown = page(make_app(), "/", cookie=cookie)
    assert "已登记。" in shown.text
    assert 'flash=""' in shown.headers["set-cookie"]


def test_a_fragment_does_not_eat_the_message() -> None:
    cookie = see_other("/", "已登记。").headers["set-cookie"].split(";")[0]
    fragment = page(make_app(), "/styleguide/fragment", cookie=cookie, **{"x-fragment": "1"})
    assert "set-cookie" not in fragment.headers


@pytest.mark.parametrize("raw", ["", "x", "[1]", '["evil","x"]', '["ok",3]', "%7B%7D"])
def test_a_malformed_message_is_ignored(raw: str) -> None:
    from starlette.requests import Request

    request = Request({"type": "http", "headers": [(b"cookie", f"flash={raw}".encode())]})
    assert read(request) == []


def test_a_message_is_cut_and_escaped() -> None:
    cookie = see_other("/", "<b>" * 200).headers["set-cookie"].split(";")[0]
    assert len(unquote(cookie)) < 400
    assert "&lt;b&gt;" in page(make_app(), "/", cookie=cookie).text
    assert Flash("ok", "x").kind == "ok"


def test_static_files_are_kept_for_ever_under_their_hash() -> None:
    assets = Assets()
    response = call(make_app(), "GET", assets.url("app.css"), headers={"accept-encoding": "gzip"})
    assert response.headers["cache-control"] == FOREVER
    assert response.headers["content-encoding"] == "gzip"
    assert "--accent" in response.text


def test_an_old_hash_gets_the_new_file_uncached() -> None:
    response = call(
        make_app(), "GET", "/static/000000000000/js/main.js", headers={"accept-encoding": "identity"}
    )
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-cache")
    assert response.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("name", ["nope.css", "%2e%2e/templating.py"])
def test_only_known_files_are_served(name: str) -> None:
    assert call(make_app(), "GET", f"/static/x/{name}").status_code == 404


def test_a_wrong_name_fails_when_the_page_is_made() -> None:
    with pytest.raises(LookupError, match=r"nope\.css"):
        Assets().url("nope.css")


def test_every_icon_that_pages_name_exists() -> None:
    import re
    from pathlib import Path

    root = Path(__file__).parents[3]
    sprite = (root / "kernel/web/static/icons.svg").read_text()
    named = set()
    for file in root.glob("*/**/templates/**/*.html"):
        named |= set(re.findall(r"icon\('([a-z]+)'", file.read_text()))
    assert {name for name in named if f'id="{name}"' not in sprite} == set()
