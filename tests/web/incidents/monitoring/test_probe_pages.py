"""Probes on pages and in the API: who may, what is shown, what never is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from incidents.monitoring.models import Probe
from tests.support.faulty import Faulty
from tests.support.probes import configure, results, trackers
from tests.support.web import Site, statements
from tests.support.world import World

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
FIELDS = {
    "kind": "http",
    "key": "portal",
    "name": "门户首页",
    "spec.url": "https://oa.example.test/",
    "spec.verify": "1",
    "spec.bearer": "top-secret",
    "interval": "60",
    "timeout": "10",
    "failures": "3",
    "recoveries": "2",
    "enabled": "1",
}


@pytest.fixture
def faulty() -> Iterator[Faulty]:
    server = Faulty()
    yield server
    server.close()


@pytest.fixture
def site(world: World) -> Site:
    return Site(world)


def test_the_empty_list_says_what_to_do(site: Site) -> None:
    assert "还没有探测" in site.page("he").get("/probes").text
    assert "/probes/new" not in site.page("lin").get("/probes").text


def test_ops_choose_a_kind_and_fill_in_its_form(site: Site, world: World) -> None:
    page = site.page("he")
    assert "/probes/new?kind=journey" in page.get("/probes/new").text
    assert "spec.url" in page.get("/probes/new?kind=http").text
    made = page.submit("/probes", **FIELDS)
    assert made.headers["location"] == "/probes/portal"
    shown = page.get("/probes/portal").text
    assert "https://oa.example.test/" in shown
    assert "访问令牌" in shown


def test_a_secret_is_written_and_never_shown(site: Site, world: World) -> None:
    page = site.page("he")
    page.submit("/probes", **FIELDS)
    for url in ("/probes", "/probes/portal", "/probes/portal/edit", "/audit"):
        assert "top-secret" not in page.get(url).text
    assert "top-secret" not in site.api("he").get("/api/v1/probes/portal").text
    page.submit("/probes/portal", **FIELDS | {"spec.bearer": "", "name": "新名", "version": "1"})
    with world.platform.db.read() as session:
        probe = session.query(Probe).one()
        assert (probe.name, probe.secrets) == ("新名", {"bearer": "top-secret"})


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"key": "门户"}, "格式不符"),
        ({"timeout": "60"}, "超时应短于间隔"),
        ({"interval": "soon"}, "应为整数"),
        ({"spec.url": "ftp://x"}, "格式不符"),
        ({"spec.status": "9"}, "应不小于 100"),
        ({"module": "nothing"}, "合同中没有 nothing"),
        ({"windows": "随时"}, "看不懂"),
    ],
)
def test_what_is_wrong_is_named_and_what_was_typed_is_kept(
    site: Site, changed: dict[str, str], words: str
) -> None:
    answer = site.page("he").submit("/probes", **FIELDS | changed)
    assert answer.status_code == 422
    assert words in answer.text
    assert "门户首页" in answer.text
    assert "top-secret" not in answer.text


def test_a_key_is_given_once_and_a_stale_page_changes_nothing(site: Site) -> None:
    page = site.page("he")
    page.submit("/probes", **FIELDS)
    assert "已被使用" in page.submit("/probes", **FIELDS).text
    page.submit("/probes/portal", **FIELDS | {"version": "1"})
    stale = page.submit("/probes/portal", **FIELDS | {"version": "1"})
    assert stale.status_code == 409
    assert "页面已过期" in stale.text


def test_only_ops_configure_and_only_readers_see(site: Site, world: World) -> None:
    configure(world)
    for who in ("lin", "wang", "zhou"):
        assert site.page(who).get("/probes/portal").status_code == 200
        assert site.page(who).get("/probes/portal/edit").status_code == 403
        assert site.page(who).submit("/probes", **FIELDS).status_code == 403
        assert site.page(who).submit("/probes/portal/test").status_code == 403
    assert site.page("qian").get("/probes").status_code == 403
    assert site.page("he").get("/probes/nothing").status_code == 404


def test_a_test_asks_at_once_shows_what_it_found_and_changes_nothing(
    site: Site, world: World, faulty: Faulty
) -> None:
    configure(world, spec={"url": f"{faulty.url}/ok", "contains": "正常"})
    configure(world, "broken", spec={"url": f"{faulty.url}/error"})
    page = site.page("he")
    assert "立即测试：正常" in page.submit("/probes/portal/test").text
    broken = page.submit("/probes/broken/test").text
    assert "状态码不符" in broken
    assert "HTTP 500" in broken
    assert site.api("he").post("/api/v1/probes/broken/test").json()["ok"] is False
    assert site.api("he").get("/api/v1/probes/broken").json()["state"] == "unknown"


def test_a_probe_shows_its_state_its_year_and_its_outages(site: Site, world: World) -> None:
    configure(world)
    results(world, trackers(world)[0], "+--++")
    page = site.page("wang").get("/probes/portal").text
    assert "heat--" in page
    assert "可用率 " in page
    year = site.page("wang").get("/probes/availability?module=documents").text
    assert "heat--" in year
    assert "还没有探测数据" in site.page("wang").get("/probes/availability?module=mail").text


def test_the_list_is_filtered_and_costs_the_same_for_many(site: Site, world: World) -> None:
    configure(world)
    page = site.page("he")
    page.get("/probes")
    with statements(world) as few:
        page.get("/probes")
    for number in range(20):
        configure(world, f"more-{number}")
    with statements(world) as many:
        listed = page.get("/probes").text
    assert len(many) == len(few)
    assert listed.count("/probes/more-") == 20
    assert "门户首页" not in page.get("/probes/live?state=down").text


def test_everything_reads_in_english(site: Site, world: World) -> None:
    configure(world)
    results(world, trackers(world)[0], "+--")
    page = site.page("he", lang="en")
    text = page.get("/probes/portal").text
    assert "Cannot connect" in text
    assert "Down" in text
    assert "Status code expected" in page.get("/probes/new?kind=http").text


def test_programs_configure_as_people_do(site: Site) -> None:
    ops = site.api("he")
    told = {
        "key": "db",
        "name": "库",
        "kind": "sql",
        "spec": {"url": "postgresql://u@127.0.0.1/x", "password": "hush"},
    }
    made = ops.post("/api/v1/probes", json=told)
    assert made.status_code == 201
    assert "hush" not in made.text
    assert made.json()["spec"] == {"url": "postgresql://u@127.0.0.1/x", "query": "SELECT 1"}
    changed = ops.put("/api/v1/probes/db?version=1", json=told | {"name": "数据库"})
    assert changed.json()["version"] == 2
    assert ops.put("/api/v1/probes/db?version=1", json=told).status_code == 409
    assert [item["key"] for item in ops.get("/api/v1/probes?kind=sql").json()["items"]] == ["db"]
    wrong = ops.post("/api/v1/probes", json=told | {"key": "x1", "spec": {"query": "DROP TABLE x"}})
    assert wrong.json()["errors"][0]["field"] == "spec.query"
    assert site.api("lin").post("/api/v1/probes", json=told).status_code == 403


def test_a_heartbeat_calls_by_its_address_alone(site: Site, world: World) -> None:
    probe = configure(world, "backup", kind="heartbeat", spec={"every": 3600})
    assert str(probe.beat_token) in site.page("he").get("/probes/backup").text
    assert str(probe.beat_token) not in site.page("lin").get("/probes/backup").text
    anybody = site.api(None)
    assert anybody.post(f"/api/v1/heartbeats/{probe.beat_token}").json()["probe"] == "backup"
    assert anybody.post(f"/api/v1/heartbeats/{probe.beat_token}").status_code == 200
    assert anybody.post("/api/v1/heartbeats/nobody").status_code == 404
    assert site.api("he").post("/api/v1/probes/backup/test").json()["ok"] is True
