"""HTTP(S): status, what the body says, how many days the certificate still has."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from pydantic import Field, SecretStr

from incidents.monitoring.probes import base, tls
from kernel.journeys import read


class HttpSpec(base.Spec):
    """A page to fetch; an address that begins with / is our own."""

    url: str = Field(pattern=r"^(https?://|/)", max_length=500)
    status: int = Field(default=200, ge=100, le=599)
    contains: str = Field(default="", max_length=200)
    redirects: int = Field(default=3, ge=0, le=10)
    days_left: int = Field(default=7, ge=0, le=365)
    verify: bool = True
    ca_file: base.CaFile = ""
    bearer: SecretStr | None = Field(default=None, max_length=500)


@asynccontextmanager
async def client(
    *, verify: bool = True, redirects: int = 3, ca_file: str = ""
) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client of its own for one check, so that nothing is reused; failures become ours."""
    made = httpx.AsyncClient(
        verify=base.trust(verify, ca_file),
        timeout=None,  # noqa: S113 - the total time is limited around the whole check
        trust_env=False,
        follow_redirects=redirects > 0,
        max_redirects=redirects,
        headers={"user-agent": "shoushi-probe", "accept-language": "zh-CN"},
    )
    try:
        async with made:
            yield made
    except httpx.TooManyRedirects:
        raise base.Failure(base.REDIRECTS, f"> {redirects}") from None
    except httpx.HTTPError as error:
        bad = "CERTIFICATE_VERIFY_FAILED" in str(error)
        words = base.BAD_CERTIFICATE if bad else base.REFUSED
        raise base.Failure(words, f"{type(error).__name__}: {error}") from None


async def check(spec: HttpSpec, around: base.Around) -> str:
    """Fetch the page once."""
    url = around.base_url + spec.url if spec.url.startswith("/") else spec.url
    headers = {"authorization": f"Bearer {spec.bearer.get_secret_value()}"} if spec.bearer else {}
    async with (
        client(verify=spec.verify, redirects=spec.redirects, ca_file=spec.ca_file) as session,
        session.stream("GET", url, headers=headers) as response,
    ):
        left = _days_left(response)
        if response.status_code != spec.status:
            raise base.Failure(base.WRONG_STATUS, f"HTTP {response.status_code}")
        if spec.contains and spec.contains not in await read(response):
            raise base.Failure(base.WRONG_BODY, spec.contains)
    if left is not None and left < spec.days_left:
        raise base.Failure(base.EXPIRING, f"{left} d")
    return f"HTTP {response.status_code}"


def _days_left(response: httpx.Response) -> int | None:
    stream = response.extensions.get("network_stream")
    secured = stream.get_extra_info("ssl_object") if stream else None
    return tls.days_left(secured) if isinstance(secured, ssl.SSLObject | ssl.SSLSocket) else None
