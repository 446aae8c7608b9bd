"""Every component in a real browser: accessible, without console errors, and alive."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("styleguide")]
LIVE = ".connection--live"
SIZES = {"desk": (1440, 900), "phone": (390, 844)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_axe_violation(browser: Any, server: Any, size: str, scheme: str, lang: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{server.url}/styleguide?lang={lang}")
    page.wait_for_selector(LIVE)
    results = Axe().run(page)
    context.close()
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("size", SIZES)
def test_no_sideways_scrolling(browser: Any, server: Any, size: str) -> None:
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.goto(f"{server.url}/styleguide")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    context.close()


def test_touch_targets_on_a_phone(browser: Any, server: Any) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(f"{server.url}/styleguide")
    small = page.eval_on_selector_all(
        "button, .bottombar a, select, textarea, input:not([type=hidden], [type=checkbox], [type=radio])",
        "all => all.filter(e => e.offsetParent && e.offsetHeight < 44).map(e => e.outerHTML)",
    )
    context.close()
    assert small == []


def test_countdown_ticks_and_turns_over(watched_page: Any) -> None:
    page = watched_page
    page.goto("/styleguide")
    first = page.locator(".countdown--live").first
    before = first.locator("[data-left]").inner_text()
    page.wait_for_function("b => document.querySelector('[data-left]').textContent !== b", arg=before)
    first.evaluate(
        """e => { const now = Date.now();
        e.dataset.started = new Date(now - 4000).toISOString();
        e.dataset.near = new Date(now + 500).toISOString();
        e.dataset.due = new Date(now + 2500).toISOString(); }"""
    )
    page.wait_for_selector(".countdown--large.countdown--near .badge--near:visible")
    page.wait_for_selector(".countdown--large.countdown--over .badge--over:visible")
    page.wait_for_function(
        "document.querySelector('.countdown--large [data-left]').textContent.startsWith('+')"
    )
    assert first.locator("[data-share]").get_attribute("width") == "100.0"


def test_script_and_server_write_the_same_ticks(watched_page: Any) -> None:
    from kernel.web.formats import ticks

    watched_page.goto("/styleguide")
    source = (
        watched_page.locator("script[type=module]")
        .first.get_attribute("src")
        .replace("main.js", "countdown.js")
    )
    spans = [0, 1, 59, 60, 3599, 3600, 86399, 359999, 360000, 777777]
    written = watched_page.evaluate(
        "async ([url, spans]) => { const m = await import(url); return spans.map(s => m.ticks(s)); }",
        [source, spans],
    )
    assert written == [ticks(span) for span in spans]


def test_one_tab_leads_and_another_takes_over(context: Any, server: Any) -> None:
    first, second = context.new_page(), context.new_page()
    first.goto("/styleguide")
    first.wait_for_selector("html[data-leader]")
    second.goto("/styleguide")
    second.wait_for_selector(LIVE)
    assert second.locator("html[data-leader]").count() == 0
    for page in (first, second):
        _mark(page)
    server.feed.add("styleguide", "/styleguide")
    for page in (first, second):
        page.wait_for_selector("[data-mark]", state="detached")
    first.close()
    second.wait_for_selector("html[data-leader]")
    second.wait_for_selector(LIVE)
    _mark(second)
    server.feed.add("styleguide", "/styleguide")
    second.wait_for_selector("[data-mark]", state="detached")


def _mark(page: Any) -> None:
    """Put something into the live region that is gone once the region was fetched anew."""
    page.evaluate("document.querySelector('[data-live-url]').firstElementChild.setAttribute('data-mark', '')")


def test_a_change_that_does_not_concern_the_region_leaves_it_alone(watched_page: Any, server: Any) -> None:
    page = watched_page
    page.goto("/styleguide")
    page.wait_for_selector(LIVE)
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.evaluate("document.addEventListener('shoushi:change', () => { document.body.dataset.heard = '1'; })")
    server.feed.add("elsewhere", "/elsewhere/7")
    page.wait_for_selector("body[data-heard]")
    assert [url for url in fetched if "fragment" in url] == []


def test_unsent_text_comes_back_and_goes_when_sent(watched_page: Any) -> None:
    page = watched_page
    page.goto("/styleguide")
    page.fill("#f-text", "正在扩容连接池")
    page.reload()
    assert page.input_value("#f-text") == "正在扩容连接池"
    assert page.locator("[data-draft-note]").first.is_visible()
    page.fill("#f-title", "公文打不开")
    page.click(".form__actions .button--primary >> nth=0")
    page.wait_for_selector(".toast--ok")
    assert page.evaluate("Object.keys(localStorage).length") == 0


def test_a_refused_form_keeps_what_was_typed_and_leads_to_the_field(context: Any) -> None:
    page = context.new_page()
    page.goto("/styleguide")
    page.fill("#f-text", "情况不明")
    page.click(".form__actions .button--primary >> nth=0")
    summary = page.locator(".error-summary").first
    summary.wait_for()
    assert page.input_value("#f-text") == "情况不明"
    assert page.get_attribute("#f-title", "aria-invalid") == "true"
    summary.locator("a").click()
    assert page.evaluate("document.activeElement.id") == "f-title"


def test_a_form_is_sent_once(context: Any) -> None:
    page = context.new_page()
    page.goto("/styleguide")
    sent = page.evaluate(
        """() => { const form = document.querySelector('form[data-draft]'); let sent = 0;
        form.addEventListener('submit', e => { if (!e.defaultPrevented) sent += 1; e.preventDefault(); });
        form.requestSubmit(); form.requestSubmit(); return sent; }"""
    )
    assert sent == 1


def test_dialog_opens_by_keyboard_and_gives_focus_back(watched_page: Any) -> None:
    page = watched_page
    page.goto("/styleguide")
    opener = page.locator("[data-dialog-open]").first
    opener.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog[open]", state="detached")
    assert opener.evaluate("e => e === document.activeElement")


def test_the_chosen_theme_is_kept(watched_page: Any) -> None:
    page = watched_page
    page.goto("/styleguide")
    page.click("[data-theme-toggle]")
    page.reload()
    assert page.get_attribute("html", "data-theme") == "dark"


def test_without_scripts_the_page_tells_due_times_and_shows_the_dialog(browser: Any, server: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.url}/styleguide")
    assert page.locator(".countdown--live .countdown__due").first.is_visible()
    assert page.locator("dialog .button--primary").first.is_visible()
    assert not page.locator(".countdown--live .countdown__left").first.is_visible()
    context.close()


def test_paper_has_no_furniture(watched_page: Any) -> None:
    watched_page.goto("/styleguide")
    watched_page.emulate_media(media="print")
    assert not watched_page.locator(".topbar").is_visible()
    assert watched_page.locator(".table").first.is_visible()
