"""Decisions on penalties by API and by page: who may, what is refused, what the pages say."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.stories import story
from tests.support.web import Site, statements
from tests.support.world import World

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


@story
def penalised(world: World, *payers: str) -> str:
    number = world.report(payers=list(payers or ("city",)))
    world.happen(number, "restored", text="好")
    world.run_for(hours=1)
    with world.platform.db.read() as session:
        from sqlalchemy import func, select

        from sla.penalties.models import Penalty

        return str(session.scalar(select(func.max(Penalty.number))))


def decide(site: Site, who: str, number: str, decision: str, **more: Any) -> Any:
    headers = more.pop("headers", {})
    body = {"decision": decision, **more}
    return site.api(who).post(f"/api/v1/penalties/{number}/decisions", json=body, headers=headers)


def test_the_life_by_api_with_etags(site: Site) -> None:
    number = penalised(site.world)
    seen = site.api("wang").get(f"/api/v1/penalties/{number}")
    assert (seen.headers["etag"], seen.json()["balance"]) == ('"1"', "2300.00")
    done = decide(site, "wang", number, "confirm", headers={"if-match": '"1"'})
    assert (done.status_code, done.headers["etag"], done.json()["state"]) == (201, '"2"', "confirmed")
    stale = decide(site, "zhou", number, "contest", reason="停电", headers={"if-match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    assert decide(site, "zhou", number, "contest", reason="停电").json()["state"] == "contested"
    waived = decide(site, "wang", number, "waive", reason="属实").json()
    assert (waived["state"], waived["balance"]) == ("waived", "0.00")
    assert [e["amount"] for e in waived["entries"]] == ["2300.00", "0.00", "0.00", "-2300.00"]


@pytest.mark.parametrize(
    ("who", "decision", "reason", "status"),
    [
        ("zhou", "confirm", "", 403),
        ("lin", "confirm", "", 403),
        ("auditor", "confirm", "", 403),
        ("sun", "confirm", "", 404),
        ("wang", "withdraw", "", 422),
        ("wang", "fine", "x", 422),
        ("wang", "uphold", "x", 409),
        ("zhou", "contest", "x", 409),
    ],
)
def test_what_is_not_theirs_or_not_now_is_refused(
    site: Site, who: str, decision: str, reason: str, status: int
) -> None:
    number = penalised(site.world)
    assert decide(site, who, number, decision, reason=reason).status_code == status
    assert site.api("wang").get(f"/api/v1/penalties/{number}").json()["version"] == 1


def test_a_county_sees_its_own_and_decides_nothing(site: Site) -> None:
    number = penalised(site.world, "suixi")
    assert decide(site, "sun", number, "confirm").status_code == 403
    page = site.page("sun").get(f"/penalties/{number}")
    assert page.status_code == 200
    assert "<dialog" not in page.text


def test_the_same_key_decides_once(site: Site) -> None:
    number = penalised(site.world)
    key = {"idempotency-key": "k1"}
    first, again = (decide(site, "wang", number, "confirm", headers=key) for _ in range(2))
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())


def test_the_page_offers_each_party_its_own_decisions(site: Site) -> None:
    number = penalised(site.world)
    offered = {
        who: re.findall(r'<dialog[^>]*id="decide-(\w+)"', site.page(who).get(f"/penalties/{number}").text)
        for who in ("wang", "zhou", "auditor", "lin")
    }
    assert offered == {"wang": ["confirm", "withdraw"], "zhou": [], "auditor": [], "lin": []}
    answer = site.page("wang").submit(f"/penalties/{number}/decisions", decision="confirm", version="1")
    assert answer.status_code == 303
    html = site.page("zhou").get(f"/penalties/{number}").text
    assert re.findall(r'<dialog[^>]*id="decide-(\w+)"', html) == ["accept", "contest"]


def test_a_refused_decision_comes_back_as_typed(site: Site) -> None:
    number = penalised(site.world)
    refused = site.page("wang").submit(f"/penalties/{number}/decisions", decision="withdraw", version="1")
    assert (refused.status_code, "请填写理由" in refused.text) == (422, True)
    stale = site.page("wang").submit(
        f"/penalties/{number}/decisions", decision="withdraw", version="9", reason="重复登记的一起"
    )
    assert (stale.status_code, "重复登记的一起" in stale.text) == (409, True)


def test_the_list_sums_what_it_lists_by_state(site: Site) -> None:
    numbers = [penalised(site.world) for _ in range(3)]
    decide(site, "wang", numbers[0], "withdraw", reason="重复")
    html = site.page("wang").get("/penalties").text
    assert "¥6,900.00" in html
    assert "¥4,600.00" in html
    assert 'href="/penalties?state=proposed"' in html
    own = site.page("wang").get("/penalties?state=withdrawn").text
    assert [n for n in numbers if f"/penalties/{n}" in own] == numbers[:1]


def test_both_pages_read_with_constant_sql(site: Site) -> None:
    def cost(path: str) -> int:
        with statements(site.world) as seen:
            assert site.page("wang").get(path).status_code == 200
        return len(seen)

    first = penalised(site.world)
    paths = ["/penalties", f"/penalties/{first}"]
    few = [cost(p) for p in paths]
    for _ in range(3):
        decide(site, "wang", penalised(site.world), "confirm")
    decide(site, "wang", first, "confirm")
    assert [cost(p) for p in paths] == few
