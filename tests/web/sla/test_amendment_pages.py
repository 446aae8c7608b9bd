"""A contract is amended by page: B uploads, A sees every change and what it would have cost, and agrees."""

from __future__ import annotations

import httpx
import pytest

from tests.support.web import Site
from tests.unit.sla.story import HUAIBEI, with_options

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
URL = "/terms/amendments"
STRICTER = with_options(limit_minutes="26").text


def propose(site: Site, who: str = "zhou", text: str = STRICTER, day: str = "2026-04-01") -> httpx.Response:
    browser = site.page(who)
    data = {"csrf_token": browser.csrf, "day": day, "reason": "补充协议"}
    return browser.post(URL, data=data, files={"file": ("合同.toml", text.encode())})


def test_from_upload_to_agreement(site: Site) -> None:
    number = site.world.report()
    site.world.run_for(minutes=28)
    site.world.happen(number, "responded", text="已到场")
    place = propose(site).headers["location"]
    supervisor = site.page("wang")
    shown = supervisor.get(place).text
    assert "response.limit_minutes" in shown
    assert 'value="agree"' in shown
    tried = supervisor.get(f"{place}/whatif").text
    assert number in tried
    assert "2,300.00" in tried
    assert supervisor.submit(place, decision="agree").status_code == 303
    after = supervisor.get(place).text
    assert "双方已确认" in after
    assert 'value="agree"' not in after


def test_a_broken_file_is_told_by_line_and_what_was_typed_stays(site: Site) -> None:
    answer = propose(site, text=HUAIBEI.text.replace("limit_minutes = 30", "limit_minutes = -1"))
    assert answer.status_code == 422
    assert "limit_minutes" in answer.text
    assert "补充协议" in answer.text
    assert 'value="2026-04-01"' in answer.text


@pytest.mark.parametrize("day", ["", "x", "2026-03-03", "2026-13-01"])
def test_a_bad_day_is_told_beside_its_field(site: Site, day: str) -> None:
    answer = propose(site, day=day)
    assert answer.status_code == 422
    assert "day-error" in answer.text or "日期" in answer.text


def test_a_refusal_needs_a_reason(site: Site) -> None:
    place = propose(site).headers["location"]
    answer = site.page("wang").submit(place, decision="refuse")
    assert answer.status_code == 422
    assert "请说明理由" in answer.text


def test_who_signs_for_nobody_reads_only(site: Site) -> None:
    place = propose(site).headers["location"]
    for who in ("auditor", "sun", "lin"):
        page = site.page(who)
        assert page.get(place).status_code == 200
        assert 'value="agree"' not in page.get(place).text
        assert page.submit(place, decision="agree").status_code == 403
    assert site.page("wang").get(f"{URL}/999").status_code == 404


def test_what_if_of_a_time_without_faults_says_so(site: Site) -> None:
    place = propose(site).headers["location"]
    assert "这段时间没有故障" in site.page("wang").get(f"{place}/whatif?from=2025-01-01&to=2025-01-02").text
