"""A real server and a real browser; skipped with a reason where Chromium is missing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from kernel.clock import SystemClock
from tests.support.browser import chromium_browser
from tests.web.kernel_web.fakeshell import FakeFeed, make_app


class Server:
    """The fake application on a real port."""

    def __init__(self) -> None:
        self.app = make_app(clock=SystemClock())
        self.feed: FakeFeed = self.app.state.feed
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(self.app, log_level="error", ws="none"))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True)
        listener.listen()  # connections wait here until the server is up
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium_browser() as launched:
        yield launched


@pytest.fixture
def context(browser: Any, server: Server) -> Iterator[Any]:
    opened = browser.new_context(base_url=server.url, viewport={"width": 1440, "height": 900}, locale="zh-CN")
    yield opened
    opened.close()


@pytest.fixture
def watched_page(context: Any) -> Iterator[Any]:
    """A page that must log no error."""
    page = context.new_page()
    complaints: list[str] = []
    page.on(
        "console", lambda message: message.type in {"error", "warning"} and complaints.append(message.text)
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []
