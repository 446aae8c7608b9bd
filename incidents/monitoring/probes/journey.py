"""A journey through the OA as a person takes it; each module names its own in its manifest (`journeys`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache

import httpx
from pydantic import Field, SecretStr, field_validator

from incidents.monitoring.probes import base
from incidents.monitoring.probes.http import client
from kernel.cli.context import the_catalogue
from kernel.journeys import TOKEN, StepFailed, read, visit
from kernel.manifest import resolve

Steps = Callable[[httpx.AsyncClient, "JourneySpec"], Awaitable[str]]


class JourneySpec(base.Spec):
    """Where, as whom, and which journey; an address of / is our own."""

    url: str = Field(default="/", pattern=r"^(https?://|/$)", max_length=500)
    journey: str = Field(default="login", max_length=40)
    username: str = Field(min_length=1, max_length=64)
    password: SecretStr | None = Field(default=None, max_length=200)
    page: str = Field(default="/", pattern=r"^/", max_length=200)
    contains: str = Field(default="", max_length=200)
    verify: bool = True

    @field_validator("journey")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in known():
            raise ValueError("没有这个旅程。")
        return value


async def check(spec: JourneySpec, around: base.Around) -> str:
    """Log in, take the steps, log out."""
    url = around.base_url if spec.url == "/" else spec.url
    async with client(verify=spec.verify) as session:
        session.base_url = httpx.URL(url)
        await _log_in(session, spec)
        try:
            return await known()[spec.journey](session, spec)
        except StepFailed as failed:
            raise base.Failure(base.STEP_FAILED, str(failed)) from None
        finally:
            await session.post("/logout", data={"csrf_token": await _token(session, "/")})


async def _log_in(session: httpx.AsyncClient, spec: JourneySpec) -> None:
    form = {"username": spec.username, "password": spec.password.get_secret_value() if spec.password else ""}
    form["csrf_token"] = await _token(session, "/login")
    answer = await session.post("/login", data=form, follow_redirects=False)
    if answer.status_code != 303:
        raise base.Failure(base.LOGIN_FAILED, f"HTTP {answer.status_code}")


async def _token(session: httpx.AsyncClient, page: str) -> str:
    async with session.stream("GET", page) as response:
        found = TOKEN.search(await read(response))
    return found.group(1) if found else ""


async def login(session: httpx.AsyncClient, spec: JourneySpec) -> str:
    """See the page that somebody who is logged in sees."""
    await visit(session, spec.page, spec.contains)
    return spec.page


@cache
def known() -> dict[str, Steps]:
    """Return the journeys: to log in, and what the packages name in their manifests."""
    shipped = (each for manifest in the_catalogue().manifests for each in manifest.journeys)
    return {"login": login} | {key: resolve(steps) for key, _label, steps in shipped}


def labels() -> dict[str, str]:
    """Return the journeys by what people call them."""
    shipped = (each for manifest in the_catalogue().manifests for each in manifest.journeys)
    return {"login": "登录"} | {key: label for key, label, _steps in shipped}
