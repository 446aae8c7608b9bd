"""Verification by upload says the same as the command line: what it is and what does not agree."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from kernel.audit.seals import seal_yesterday
from tests.support.web import Site

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


def upload(site: Site, content: bytes, who: str = "wang", lang: str = "zh") -> httpx.Response:
    browser = site.page(who, lang)
    files = {"file": ("证据.json", content)}
    return browser.post("/verify", data={"csrf_token": browser.csrf}, files=files)


def evidence(site: Site) -> dict[str, Any]:
    number = site.world.report()
    site.world.run_for(hours=5)
    found: dict[str, Any] = site.api("auditor").get(f"/api/v1/incidents/{number}/evidence").json()
    return found


def test_evidence_as_downloaded_passes(site: Site) -> None:
    found = evidence(site)
    answer = upload(site, json.dumps(found).encode())
    assert answer.status_code == 200
    assert "复算一致" in answer.text
    assert found["digest"] in answer.text


def test_changed_evidence_is_told_what_differs(site: Site) -> None:
    found = evidence(site)
    found["result"]["penalty"] = "0.00"
    answer = upload(site, json.dumps(found).encode())
    assert "结论不符：penalty 应为 2300.00，文件为 0.00" in answer.text
    assert "penalty should be 2300.00" in upload(site, json.dumps(found).encode(), lang="en").text


def test_a_seal_downloaded_by_the_auditor_passes_and_a_changed_one_does_not(site: Site) -> None:
    site.world.report()
    site.world.clock.move_to(site.world.now + timedelta(days=1))
    seal_yesterday(site.world.platform)
    auditor = site.page("auditor")
    assert "/audit-log/seals/2026-03-03" in auditor.get("/audit-log").text
    seal = auditor.get("/audit-log/seals/2026-03-03").json()
    assert "复算一致" in upload(site, json.dumps(seal).encode()).text
    assert "签名不符" in upload(site, json.dumps({**seal, "position": 1}).encode()).text


def test_a_day_without_a_seal_is_not_found(site: Site) -> None:
    assert site.page("auditor").get("/audit-log/seals/2020-01-01").status_code == 404
    assert site.page("wang").get("/audit-log/seals/2020-01-01").status_code == 403


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "JSON"),
        (b"\xff\xfe", "UTF-8"),
        (b"[1]", "不是证据文件"),
        (b'{"form": "other"}', "不是本平台的文件"),
        (b'{"form": ["shoushi-seal-1"]}', "不是本平台的文件"),
        (b'{"form": "shoushi-seal-1"}', "封印文件不完整"),
        (b'{"form": "shoushi-evidence-1"}', "缺少 events"),
        (b"[" * 100_000, "JSON"),
    ],
)
def test_what_cannot_be_read_is_said_in_words(site: Site, content: bytes, words: str) -> None:
    answer = upload(site, content)
    assert answer.status_code in (200, 422)
    assert words in answer.text


def test_the_newest_seal_is_printed_in_the_report(site: Site) -> None:
    site.world.report()
    assert site.api("wang").get("/api/v1/reports/sla").json()["seal"] is None
    assert "还没有日封" in site.page("wang").get("/reports/sla").text
    site.world.clock.move_to(site.world.now + timedelta(days=1))
    seal_yesterday(site.world.platform)
    seal = site.api("wang").get("/api/v1/reports/sla").json()["seal"]
    assert seal["day"] == "2026-03-03"
    assert seal["head"] in site.page("wang").get("/reports/sla").text
