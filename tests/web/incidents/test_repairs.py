"""Repairs by page, by API and by command line: from the target to the result."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from incidents.repairs import jobs, rules, running
from playbooks.runner import Outcome
from tests.support.repairs import REPAIR, Workshop
from tests.support.web import Site
from tests.support.world import World

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


@pytest.fixture
def shop(world: World, tmp_path: Path) -> Workshop:
    return Workshop(world, tmp_path)


@pytest.fixture
def site(world: World) -> Site:
    return Site(world)


def fields(shop: Workshop, **changes: Any) -> dict[str, Any]:
    wanted = shop.wanted()
    same = {"name": wanted.name, "inventory": wanted.inventory, "values": wanted.values}
    return {**same, "repair": REPAIR, **changes}


def test_a_target_is_set_up_changed_and_retired_from_its_page(shop: Workshop, site: Site) -> None:
    ops = site.page("he")
    assert "还没有登记处置对象" in ops.get("/repairs").text
    wrong = ops.submit("/repairs/targets", **fields(shop, inventory="all: {hosts: {a: }}", name="我的对象"))
    assert wrong.status_code == 422
    assert "shoushi_tier" in wrong.text
    assert "我的对象" in wrong.text, "what was typed is kept"
    assert ops.submit("/repairs/targets", **fields(shop)).status_code == 303
    page = ops.get("/repairs").text
    [url] = set(re.findall(r'href="(/repairs/targets/\d+)"', page))
    assert "disk_clean_dirs" in ops.get(url).text
    assert ops.submit(url, **fields(shop, name="改了名字", modules=["duty"])).status_code == 303
    assert "改了名字" in ops.get("/repairs").text
    assert ops.submit(url, **fields(shop, name="")).status_code == 422
    assert ops.submit(f"{url}/retirement", retired="1").status_code == 303
    assert "已停用" in ops.get("/repairs").text
    assert ops.submit(f"{url}/retirement", retired="1").status_code == 409
    assert site.page("lin").get(url).status_code == 403


def test_an_engineer_asks_the_manager_approves_and_both_see_the_result(shop: Workshop, site: Site) -> None:
    incident, target = shop.world.report(), shop.target()
    engineer, manager = site.page("lin"), site.page("zhou")
    assert (
        f"/incidents/{incident}/repairs/new?target={target.id}" in engineer.get(f"/incidents/{incident}").text
    )
    form = engineer.get(f"/incidents/{incident}/repairs/new?target={target.id}").text
    for words in ("demo-oa", "disk_clean_dirs", "Remove old logs", str(shop.logs)):
        assert words in form
    url = f"/incidents/{incident}/repairs"
    empty = engineer.submit(url, target=target.id, reason="")
    assert (empty.status_code, "请说明为何要执行" in empty.text) == (422, True)
    asked = engineer.submit(url, target=target.id, reason="日志占满磁盘")
    run = asked.headers["location"]
    assert "批准并执行" not in engineer.get(run).text
    assert "请核对主机和理由" in manager.get(run).text
    assert manager.submit(f"{run}/refusal", text="").status_code == 422
    assert engineer.submit(f"{run}/approval", text="").status_code == 403
    assert manager.submit(f"{run}/approval", text="可以").status_code == 303
    assert manager.submit(f"{run}/approval", text="再批").status_code == 409
    running.execute(shop.world.platform, run.rpartition("/")[2])
    page = engineer.get(run).text
    for words in ("执行成功", "files_removed", "Remove it", "周经理"):
        assert words in page
    shown = engineer.get(f"/incidents/{incident}").text
    assert run in shown
    assert "恢复须由人核实后登记" in shown
    assert "执行成功" in engineer.get(f"{run}/live").text
    assert run in engineer.get("/repairs").text


def test_what_was_asked_for_is_withdrawn_refused_or_stopped(shop: Workshop, site: Site) -> None:
    incident, target = shop.world.report(), shop.target()
    engineer, supervisor = site.page("lin"), site.page("wang")
    url = f"/incidents/{incident}/repairs"
    first = engineer.submit(url, target=target.id, reason="一").headers["location"]
    assert supervisor.submit(f"{first}/withdrawal").status_code == 403
    assert engineer.submit(f"{first}/withdrawal").status_code == 303
    second = engineer.submit(url, target=target.id, reason="二").headers["location"]
    assert supervisor.submit(f"{second}/refusal", text="先别动").status_code == 303
    assert "先别动" in engineer.get(second).text
    third = engineer.submit(url, target=target.id, reason="三").headers["location"]
    supervisor.submit(f"{third}/approval")
    assert engineer.submit(f"{third}/stop").status_code == 303
    assert "要求停止" in engineer.get(third).text
    assert engineer.submit(f"{second}/stop").status_code == 409


def test_who_has_no_business_with_repairs_sees_none(shop: Workshop, site: Site) -> None:
    incident, target = shop.world.report(payers=["suixi"]), shop.target()
    run = shop.ask(incident, target)
    county = site.page("sun")
    assert county.get("/repairs").status_code == 403
    assert county.get(f"/repairs/{run}").status_code == 403
    assert run not in county.get(f"/incidents/{incident}").text
    engineer = site.page("lin")
    assert engineer.get("/repairs/R2026-9999").status_code == 404
    assert engineer.get(f"/incidents/{incident}/repairs/new?target=999").status_code == 409
    assert engineer.get("/repairs?cursor=x").status_code == 422


@pytest.mark.parametrize("who", ["he", "lin", "wang"])
def test_every_page_of_repairs_is_complete_in_english(shop: Workshop, site: Site, who: str) -> None:
    incident, target = shop.world.report(), shop.target()
    run = shop.ask(incident, target)
    browser = site.page(who, "en")
    offer = f"/incidents/{incident}/repairs/new?target={target.id}"
    seen = 0
    for path in ("/repairs", "/repairs/targets/new", f"/repairs/{run}", offer):
        answer = browser.get(path)
        assert answer.status_code in (200, 403)
        if answer.status_code == 200:
            seen += 1
            assert chinese(answer.text) == []
    assert seen >= 2


TYPED = ("oa-1 的旧日志", "磁盘将满", "林工", "何运维", "王科长", "公文系统无法登录", "中文")
"""What people typed, and the link to the other language."""
NOT_OURS = re.compile(r"<(script|style)\b.*?</\1>|<label class=\"choice\">.*?</label>|<[^>]+>", re.DOTALL)


def chinese(page: str) -> list[str]:
    """What is Chinese on a page beside what people typed and the contract's own names."""
    body = NOT_OURS.sub(" ", page)
    for words in TYPED:
        body = body.replace(words, "")
    return re.findall("[一-鿿]{2,}", body)


def test_the_api_does_the_same(shop: Workshop, site: Site) -> None:
    incident = shop.world.report()
    ops, engineer, supervisor = site.api("he"), site.api("lin"), site.api("wang")
    made = ops.post("/api/v1/repairs/targets", json=fields(shop))
    assert made.status_code == 201
    target = made.json()["id"]
    assert ops.post("/api/v1/repairs/targets", json=fields(shop)).json()["errors"][0]["field"] == "name"
    changed = ops.put(f"/api/v1/repairs/targets/{target}", json=fields(shop, modules=["documents"]))
    assert changed.json()["modules"] == ["documents"]
    assert [row["id"] for row in engineer.get("/api/v1/repairs/targets").json()["items"]] == [target]
    offered = engineer.get(f"/api/v1/incidents/{incident}/repairs").json()
    assert [offer["id"] for offer in offered["offers"]] == [target]
    body = {"target": target, "reason": "磁盘将满"}
    asked = engineer.post(f"/api/v1/incidents/{incident}/repairs", json=body)
    assert asked.status_code == 201
    url = f"/api/v1/repairs/{asked.json()['number']}"
    assert engineer.post(f"{url}/decision", json={"decision": "approve"}).status_code == 403
    assert supervisor.post(f"{url}/decision", json={"decision": "refuse"}).status_code == 422
    assert supervisor.post(f"{url}/decision", json={"decision": "approve"}).json()["state"] == rules.APPROVED
    assert engineer.post(f"{url}/withdrawal").status_code == 409
    assert engineer.post(f"{url}/stop").json()["stopped_by"] == "林工"
    assert engineer.get(url).json()["hosts"] == [{"name": "demo-oa", "address": "demo-oa", "tier": "lab"}]
    assert len(engineer.get("/api/v1/repairs").json()["items"]) == 1


def test_the_worker_runs_what_was_approved_in_a_process_of_its_own(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr(jobs.companion, "start", lambda *args: started.append(args[1:3]) or Ended())
    shop = Workshop(world, tmp_path)
    number = shop.ask(world.report(), shop.target())
    assert shop.look() == 0
    shop.do("approve", number, "zhou", "")
    assert (shop.look(), shop.look()) == (1, 0), "not again at once, though it ended without having begun"
    assert started == [("incidents.repairs", number)]


class Ended:
    """A process that is over already."""

    def poll(self) -> int:
        return 1


def test_what_repairs_note_on_an_incident_is_chinese_on_record_and_read_in_both_languages(
    shop: Workshop, site: Site
) -> None:
    incident, target = shop.world.report(), shop.target()
    url = f"/incidents/{incident}/repairs"
    asked = site.page("lin", lang="en").submit(url, target=target.id, reason="日志占满磁盘")
    number = asked.headers["location"].rpartition("/")[2]
    shop.do("approve", number, "zhou", "可以")
    for old in shop.logs.iterdir():
        old.unlink()
    running._end(shop.world.platform, number, Outcome("ok", 0.1))
    texts = [event.data["text"] for event in shop.world.events(incident) if "repair" in event.data]
    assert texts == [
        "申请执行修复剧本“oa-1 的旧日志”：日志占满磁盘",
        "批准执行修复剧本“oa-1 的旧日志”。",
        "修复剧本“oa-1 的旧日志”执行失败：剧本没有在任何主机上执行任务。",
    ]
    chinese = site.page("zhou", lang="zh").get(f"/incidents/{incident}").text
    english = site.page("zhou", lang="en").get(f"/incidents/{incident}").text
    told = site.page("zhou").get(f"/api/v1/incidents/{incident}", headers={"accept-language": "en"}).json()
    said = [event["text"] for event in told["events"] if event["type"] == "note"]
    for record, words in zip(texts, said, strict=True):
        assert record in chinese
        assert record not in english
        assert words in english
    assert said[-1].endswith("The playbook ran no task on any host.")
