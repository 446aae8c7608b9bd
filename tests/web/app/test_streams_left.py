"""Streams on a real port: whoever leaves is forgotten at the next ping, whichever way he came."""

from __future__ import annotations

import time

import httpx
import pytest

from kernel.edge.access import COOKIE
from kernel.web import sse
from tests.support.web import Serving, Site


@pytest.mark.parametrize("path", ["/api/v1/stream", "/stream"])
def test_who_has_left_is_forgotten(site: Site, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr(sse, "PING_SECONDS", 0.1)
    cookie, _ = site.login("lin")
    headers = (
        {"authorization": f"Bearer {site.token('lin')}"}
        if "api" in path
        else {"cookie": f"{COOKIE}={cookie}"}
    )
    serving = Serving(site.app)
    try:
        with httpx.stream("GET", serving.url + path, headers=headers, timeout=10) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.iter_lines()
            assert next(lines) == "retry: 3000"
            pings = (line for line in lines if line == "event: ping")
            assert [next(pings) for _ in range(3)] == ["event: ping"] * 3
            assert len(site.app.state.hub.clients) == 1
        limit = time.monotonic() + 10
        while site.app.state.hub.clients and time.monotonic() < limit:
            time.sleep(0.05)
        assert not site.app.state.hub.clients
    finally:
        serving.stop()
