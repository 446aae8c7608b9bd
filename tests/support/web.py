"""The real application without a network: one client for each person, by session or by token."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from fastapi.routing import APIRoute

from kernel.edge.access import COOKIE
from kernel.edge.application import build_app
from kernel.identity import service
from tests.support.databases import heard
from tests.support.world import World

BASE = "http://desk.test"
MAJOR = {"title": "全市无法登录", "fault_class": "system_major", "modules": ["documents"], "payers": ["city"]}
FAULT = {
    "title": "公文无法登录",
    "fault_class": "system_general",
    "modules": ["documents"],
    "payers": ["city"],
}


class InProcess(httpx.BaseTransport):
    """Hands a request to the application, in an event loop of its own."""

    def __init__(self, app: FastAPI) -> None:
        self._transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return asyncio.run(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._transport.handle_async_request(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


class Browser(httpx.Client):
    """A person who is logged in; `submit` posts a form with the page's token."""

    csrf = ""

    def submit(self, url: str, **fields: Any) -> httpx.Response:
        return self.post(url, data={"csrf_token": self.csrf, **fields})


class Site:
    """The application of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.app: FastAPI = build_app(world.platform)

    def token(self, who: str) -> str:
        with self.world.platform.db.write(who) as session:
            return service.create_token(session, self.world.now, who, "test", expires=timedelta(days=30))

    def api(self, who: str | None) -> httpx.Client:
        headers = {"authorization": f"Bearer {self.token(who)}"} if who else {}
        return httpx.Client(transport=InProcess(self.app), base_url=BASE, headers=headers)

    def page(self, who: str | None = None, lang: str = "zh") -> Browser:
        headers = {"accept": "text/html", "accept-language": lang}
        browser = Browser(transport=InProcess(self.app), base_url=BASE, headers=headers)
        if who:
            value, browser.csrf = self.login(who)
            browser.cookies.set(COOKIE, value)
        return browser

    def login(self, who: str) -> tuple[str, str]:
        """Open a session; returns the cookie and the form token."""
        with self.world.platform.db.write(who) as session:
            person = service.person_by_name(session, who)
            opened, value = service.open_session(session, self.world.now, person, hours=12)
            return value, opened.csrf


class Serving:
    """The application on a real port."""

    def __init__(self, app: FastAPI) -> None:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # connections wait here until the server is up
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            app, log_level="error", ws="none", lifespan="off", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)


def routes_of(router: Any) -> Iterator[APIRoute]:
    """Walk all routes, through the routers they were included by."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield route
        elif inner := getattr(route, "original_router", None):
            yield from routes_of(inner)


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """Collect the SQL of the block."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    with heard(world.platform.db, "before_cursor_execute", note):
        yield seen
