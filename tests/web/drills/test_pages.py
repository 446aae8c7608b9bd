"""Pages of drills: from the catalogue to the archive, with what is wrong said beside its field."""

from __future__ import annotations

from typing import Any

from drills import rules
from tests.support.drills import Rig
from tests.support.web import Browser, Site

FIELDS: dict[str, Any] = {
    "scenario": "tiny", "title": "小服务演练", "form": "live", "level": "专项", "document": "YA-02",
    "begins": "2026-03-03T17:00", "ends": "2026-03-03T21:00", "where": "local", "director": "he",
    "safety": "lin", "responders": ["lin"], "supervisor": "wang", "evaluator": "wang",
    "modules": ["documents"], "payers": ["city"],
}  # fmt: skip


def drafted(site: Site, **changes: Any) -> tuple[Browser, str]:
    """Let ops save a draft; returns their browser and the drill's page."""
    browser = site.page("he")
    answer = browser.submit("/drills/new", **FIELDS | changes)
    assert answer.status_code == 303, answer.text
    return browser, answer.headers["location"]


def test_the_catalogue_shows_what_would_run_and_is_released(rig: Rig, site: Site) -> None:
    manager = site.page("zhou")
    assert "小服务停止" in manager.get("/playbooks").text
    page = manager.get("/playbooks/scenarios/tiny").text
    assert "kill -9" in page
    assert "未经发布" in page
    from playbooks import catalogue

    checksum = catalogue.scenario("tiny").checksum
    url = "/playbooks/scenarios/tiny/release"
    refused = manager.submit(url, decision="released", checksum=checksum)
    assert refused.status_code == 422
    assert "请写明审阅意见" in refused.text
    assert manager.submit(url, decision="released", checksum="0" * 64, reason="看过").status_code == 409
    assert manager.submit(url, decision="released", checksum=checksum, reason="看过").status_code == 303
    assert "未经发布" not in manager.get("/playbooks/scenarios/tiny").text
    assert site.page("he").submit(url, decision="withdrawn", checksum=checksum, reason="x").status_code == 403


def test_a_plan_is_drafted_previewed_submitted_and_approved_by_the_other_party(rig: Rig, site: Site) -> None:
    ops = site.page("he")
    assert "/drills/new?scenario=tiny" in ops.get("/drills/new").text
    assert "小服务停止" in ops.get("/drills/new?scenario=tiny").text
    preview = ops.submit("/drills/new", **FIELDS | {"do": "preview"})
    assert preview.status_code == 200
    assert "将被触及的主机" in preview.text
    ops, page = drafted(site)
    assert "草稿" in ops.get(page).text
    assert ops.submit(f"{page}/do/submit").status_code == 303
    supervisor = site.page("wang")
    assert "请核对主机、剧本和影响范围" in supervisor.get(page).text
    assert supervisor.submit(f"{page}/do/approve").status_code == 422
    assert supervisor.submit(f"{page}/do/approve", text="同意").status_code == 303
    assert ops.submit(f"{page}/do/approve", text="我自己批").status_code == 403
    assert rig.drill(page.rpartition("/")[2]).state == rules.APPROVED


def test_what_is_wrong_with_a_plan_is_said_beside_its_field_and_nothing_typed_is_lost(
    rig: Rig, site: Site
) -> None:
    browser = site.page("he")
    for changes, words in (
        ({"document": ""}, "必须填写"),
        ({"ends": "2026-03-03T10:00"}, "结束应晚于开始"),
        ({"ends": "2026-04-03T10:00"}, "时间窗口最长两天"),
        ({"rto": "2h"}, "只能收紧"),
        ({"rto": "soon"}, "30s、15m、4h"),
        ({"limit-restart": "1h"}, "只能收紧"),
        ({"vars": "service_password: x"}, "不能含有口令"),
        ({"vars": "- ["}, "YAML"),
        ({"where": "hosts", "inventory": "all: [x"}, "主机清单"),
        ({"supervisor": "he"}, "应为甲方监督员"),
        ({"director": "wang"}, "应为乙方人员"),
        ({"modules": ["nothing"]}, "合同中没有"),
    ):
        answer = browser.submit("/drills/new", **FIELDS | {"revision": "第7版", **changes})
        assert answer.status_code == 422, changes
        assert words in answer.text, changes
        assert "第7版" in answer.text


def test_a_drill_is_run_watched_judged_and_signed_from_its_page(rig: Rig, site: Site) -> None:
    number = rig.started()
    rig.conduct(number)
    page = f"/drills/{number}"
    supervisor, manager = site.page("wang"), site.page("zhou")
    shown = supervisor.get(page).text
    assert "服务恢复时间（RTO" in shown
    assert "评估表" in shown
    missing = supervisor.submit(f"{page}/evaluation", execution="good")
    assert missing.status_code == 422
    sheet = dict.fromkeys(
        ("execution", "plan", "command", "responders", "equipment", "communication"), "good"
    )
    said = {"findings": "切换顺利，联络稍慢。", "conclusion": "passed"}
    assert supervisor.submit(f"{page}/evaluation", **sheet, **said).status_code == 303
    assert supervisor.submit(f"{page}/do/sign", text="同意").status_code == 409
    assert manager.submit(f"{page}/do/sign", text="属实").status_code == 303
    assert supervisor.submit(f"{page}/do/sign", text="同意").status_code == 303
    assert rig.drill(number).state == rules.SIGNED
    pdf = supervisor.get(f"{page}/report.pdf")
    assert pdf.content.startswith(b"%PDF")
    assert supervisor.submit(f"{page}/do/close").status_code == 303
    assert rig.drill(number).state == rules.ITEMS_CLOSED


def test_improvement_items_are_done_by_their_owner_and_verified_by_party_a(rig: Rig, site: Site) -> None:
    number = rig.started()
    rig.conduct(number)
    page = f"/drills/{number}"
    manager, lin, supervisor = site.page("zhou"), site.page("lin"), site.page("wang")
    late = manager.submit(f"{page}/items", title="补充联络表", owner="lin", due_at="2026-03-01T09:00")
    assert "期限应晚于现在" in late.text
    added = manager.submit(f"{page}/items", title="补充联络表", owner="lin", due_at="2026-03-20T09:00")
    assert added.status_code == 303
    assert manager.submit(f"{page}/items/1", kind="done", text="代办").status_code == 403
    assert lin.submit(f"{page}/items/1", kind="done", text="已更新并下发").status_code == 303
    assert lin.submit(f"{page}/items/1", kind="verified", text="").status_code == 403
    assert supervisor.submit(f"{page}/items/1", kind="verified", text="").status_code == 303
    assert "已核验" in supervisor.get(page).text


def test_every_page_of_drills_is_complete_in_english(rig: Rig, site: Site) -> None:
    number = rig.started()
    rig.conduct(number)
    reader = site.page("wang", lang="en")
    for url in ("/drills", "/drills/year", f"/drills/{number}", "/playbooks", "/playbooks/scenarios/tiny"):
        assert reader.get(url).status_code == 200, url


def test_who_has_no_business_with_drills_is_turned_away(rig: Rig, site: Site) -> None:
    number = rig.draft()
    clerk = site.page("qian")
    for url in ("/drills", "/drills/year", f"/drills/{number}", "/playbooks", "/drills/new?scenario=tiny"):
        assert clerk.get(url).status_code == 403, url
    assert site.page("lin").submit(f"/drills/{number}/do/submit").status_code == 403
    assert site.page("he").get("/drills/YL2026-999").status_code == 404
    assert site.page("he").submit(f"/drills/{number}/do/explode").status_code == 404


def test_the_register_keeps_the_year_it_was_asked_for(site: Site) -> None:
    page = site.page("he").get("/drills?year=2025").text
    assert 'type="hidden" name="year" value="2025"' in page
    assert "2025年" in page
