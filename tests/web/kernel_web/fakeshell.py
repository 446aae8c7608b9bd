"""A tiny application with the shell and a person nobody checked; the kernel's own identity is not needed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

import httpx
from fastapi import Body, Depends, FastAPI, Request
from pydantic import BaseModel, Field
from starlette.types import ASGIApp, Receive, Scope, Send

from kernel.clock import Clock, FixedClock
from kernel.errors import Conflict, Invalid, Unauthenticated
from kernel.manifest import NavItem
from kernel.web.routes import router
from kernel.web.security import csrf_form
from kernel.web.setup import install_shell
from kernel.web.shell import Shell
from kernel.web.templating import render

NOW = datetime(2025, 3, 3, 1, 30, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
TOKEN = "token-of-the-session"
PERMISSIONS = frozenset({"shell.styleguide", "account.self"})


@dataclass(frozen=True)
class FakeActor:
    username: str = "zhou"
    display_name: str = "周工程师"
    anonymous: bool = False
    language: str | None = None
    permissions: frozenset[str] = PERMISSIONS
    must_change_password: bool = False

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    def demand(self, permission: str) -> None:
        if not self.may(permission):
            raise Unauthenticated("请先登录后再操作。")


STRANGER = FakeActor("anonymous", "", anonymous=True, permissions=frozenset())


class Change(NamedTuple):
    id: int
    type: str
    url: str


@dataclass
class FakeFeed:
    """A feed in memory that counts how often it is asked."""

    items: list[Change] = field(default_factory=list)
    asked: int = 0

    def after(self, last_id: int, topics: Iterable[str] | None = None) -> Sequence[Change]:
        self.asked += 1
        return [i for i in list(self.items) if i.id > last_id and (not topics or i.type in topics)]

    def last_id(self) -> int:
        return max((i.id for i in self.items), default=0)

    def add(self, type_: str, url: str) -> None:
        self.items.append(Change(self.last_id() + 1, type_, url))


NAV = (
    NavItem("首页", "/", "home", "account.self", "", phone=True),
    NavItem("界面组件", "/styleguide", "book", "shell.styleguide", "系统", phone=True),
    NavItem("系统", "/settings", "settings", "shell.styleguide", "系统", phone=True),
    NavItem("审计记录", "/audit-log", "audit", "audit.read", "系统"),
)


class AsPerson:
    """Puts a ready-made actor on the request, as the edge does after looking at the cookie."""

    def __init__(self, app: ASGIApp, actor: FakeActor, csrf: str) -> None:
        self.app, self.actor, self.csrf = app, actor, csrf

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope.setdefault("state", {}).update(actor=self.actor, csrf=self.csrf)
        await self.app(scope, receive, send)


class Report(BaseModel):
    title: str = Field(min_length=2, max_length=5)
    count: int
    kind: Annotated[str, Field(pattern="^[a-z]+$")] = "a"


def make_app(
    actor: FakeActor | None = None, clock: Clock | None = None, banner: str | None = None, csrf: str = TOKEN
) -> FastAPI:
    app = FastAPI()
    app.include_router(router)
    app.state.feed = FakeFeed()
    _add_routes(app)
    shell = Shell(clock=clock or FixedClock(NOW), zone=ZONE, nav=NAV, banner=banner, stream_url="/stream")
    install_shell(app, shell, demo=True)
    app.add_middleware(AsPerson, actor=actor or FakeActor(), csrf=csrf)
    return app


def _add_routes(app: FastAPI) -> None:
    @app.get("/")
    def home(request: Request) -> Any:
        return render(request, "base.html")

    @app.post("/change", dependencies=[Depends(csrf_form)])
    @app.post("/api/v1/change", dependencies=[Depends(csrf_form)])
    async def change(request: Request) -> dict[str, int]:
        return (
            {"bytes": len(await request.body())} if "json" in request.headers["content-type"] else {"ok": 1}
        )

    @app.post("/api/v1/reports")
    def report(report: Annotated[Report, Body()]) -> dict[str, str]:
        return {"title": report.title}

    @app.get("/conflict")
    @app.get("/api/v1/conflict")
    def conflict() -> None:
        raise Conflict("这条记录已被别人修改，请刷新后重试。", code="stale")

    @app.get("/api/v1/wrong")
    def wrong() -> None:
        raise Invalid.field("due_at", "应晚于开始时间。")

    @app.get("/boom")
    @app.get("/api/v1/boom")
    def boom() -> None:
        raise ZeroDivisionError("the secret detail")

    @app.get("/private")
    def private() -> None:
        raise Unauthenticated("请先登录后再操作。")


def call(app: FastAPI, method: str, url: str, **kwargs: Any) -> httpx.Response:
    """Send one request to the application, without a network."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
            return await client.request(method, url, **kwargs)

    return asyncio.run(send())


def page(app: FastAPI, url: str, **headers: str) -> httpx.Response:
    """Fetch a page as a browser does."""
    return call(app, "GET", url, headers={"accept": "text/html", **headers})
