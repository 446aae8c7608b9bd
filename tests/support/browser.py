"""One way to a real browser for all tests that need one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kernel.edge.access import COOKIE
from tests.support.web import Serving, Site

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium_browser() -> Iterator[Any]:
    """Launch Debian's Chromium; skips where there is none.

    Use it for a module at most: Playwright keeps an event loop running, which other tests must not meet.
    """
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}; run `make system`")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield launched
        launched.close()


@contextmanager
def visiting(site: Site, size: dict[str, int]) -> Iterator[Callable[..., Any]]:
    """Yield a function that opens a page as somebody who is logged in, `size` wide unless told otherwise."""
    serving = Serving(site.app)
    with chromium_browser() as browser:

        def start(who: str, size: dict[str, int] = size, scheme: str = "light") -> Any:
            context = browser.new_context(
                base_url=serving.url, viewport=size, color_scheme=scheme, locale="zh-CN"
            )
            context.add_cookies([{"name": COOKIE, "value": site.login(who)[0], "url": serving.url}])
            return context.new_page()

        yield start
    serving.stop()
