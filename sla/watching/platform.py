"""The watcher's side of the wire: ask the platform how it is, hand it what was seen of its absence."""

from __future__ import annotations

import logging
from datetime import timedelta

import httpx

from kernel.clock import SYSTEM
from sla.watching.rules import UNREACHABLE, UNWELL, Gap, Seen, judge

log = logging.getLogger(__name__)
HEALTH, BLIND = "/api/v1/health", "/api/v1/blind-time"
MOST = 65_536


def ask(url: str, seconds: float, ca_file: str | None = None) -> Seen:
    """Look once; whatever happens is an answer, and takes at most about `seconds`."""
    at = SYSTEM.now()
    try:
        with client(url, seconds, ca_file) as session, session.stream("GET", HEALTH) as answer:
            body = _read(answer, seconds)
    except (httpx.HTTPError, OSError) as error:
        return Seen(at, UNREACHABLE, f"{type(error).__name__}: {error}"[:200])
    if answer.status_code != 200:
        return Seen(at, UNWELL, f"HTTP {answer.status_code}")
    try:
        health = httpx.Response(200, content=body).json()
    except ValueError:
        return Seen(at, UNWELL, "not JSON")
    why, detail, now = judge(health)
    return Seen(at, why, detail, now - at if now else timedelta(0))


def _read(answer: httpx.Response, seconds: float) -> bytes:
    """Return the body, unless it drips: each piece resets the client's own timeout."""
    end, body = SYSTEM.monotonic() + seconds, b""
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > MOST or SYSTEM.monotonic() > end:
            raise httpx.ReadTimeout("the answer does not end")
    return body


def hand_over(url: str, token: str, gap: Gap, seconds: float, ca_file: str | None = None) -> bool:
    """Let the platform record an absence; returns whether it is settled: recorded, or refused for good."""
    told = {"from": gap.start.isoformat(), "to": gap.end.isoformat(), "why": gap.why}
    try:
        with client(url, seconds, ca_file) as session:
            answer = session.post(BLIND, json=told, headers={"authorization": f"Bearer {token}"})
    except (httpx.HTTPError, OSError) as error:
        log.warning("the absence is not handed over yet: %s", type(error).__name__)
        return False
    if not answer.is_success:
        log.error("the platform refused the absence: HTTP %s %s", answer.status_code, answer.text[:200])
    return answer.is_success or answer.status_code == 422


def client(url: str, seconds: float, ca_file: str | None) -> httpx.Client:
    """Open a client that follows nothing and asks no proxy."""
    import ssl

    trust = ssl.create_default_context(cafile=ca_file) if ca_file else True
    return httpx.Client(base_url=url, timeout=seconds, trust_env=False, follow_redirects=False, verify=trust)
