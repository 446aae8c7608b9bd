"""What party B asks of party A: listed until decided, reminded of, without effect before the decision."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from incidents.requests.queries import awaiting
from sla.penalties.rules import ZERO
from tests.support.ledger import at, penalties
from tests.support.web import Site, statements
from tests.support.world import World

SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


def listed(world: World, who: str = "wang") -> list[tuple[str, str]]:
    """Return (kind, subject) of what awaits a decision, as this person sees it."""
    actor = world.actor(who)
    with world.platform.db.read() as session:
        return [(each.kind, each.number) for each in awaiting(session, actor, world.now)]


def asked(world: World, number: str) -> None:
    """Party B asks for everything it can ask for."""
    world.happen(number, "responded", text="到")
    world.happen(number, "class_changed", fault_class="hardware")
    world.happen(number, "exclusion_claimed", reason="customer", **{"from": world.now, "to": world.now})
    world.happen(number, "false_alarm_claimed")
    world.happen(number, "merged_into", into=world.report(title="另一起"))
    world.happen(number, "restored", text="好")


DECISIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("class", "class_refused", {}),
    ("exclusion", "exclusion_refused", {"claim": "C1"}),
    ("false_alarm", "false_alarm_refused", {}),
    ("restoration", "restoration_accepted", {}),
    ("merge", "merge_agreed", {}),
]


def test_every_request_is_listed_until_party_a_decides_it(world: World) -> None:
    number = world.report()
    asked(world, number)
    open_kinds = [kind for kind, _, _ in DECISIONS]
    for kind, decision, fields in DECISIONS:
        assert sorted(k for k, n in listed(world) if n == number) == sorted(open_kinds)
        world.happen(number, decision, "wang", **fields)
        open_kinds.remove(kind)
    assert [n for _, n in listed(world) if n == number] == []
    assert world.incident(number).awaiting == 0


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("class_changed", {"fault_class": "hardware"}),
        ("exclusion_claimed", {"reason": "force_majeure", "from": 9, "to": 15}),
        ("false_alarm_claimed", {}),
        ("merged_into", {"into": "other"}),
    ],
)
def test_nothing_that_is_only_asked_for_changes_the_contracts_verdict(
    world: World, kind: str, fields: dict[str, Any]
) -> None:
    number, other = world.report(), world.report(title="另一起")
    world.run_until(at(world, 15))
    told = {
        k: at(world, v) if isinstance(v, int) else other if v == "other" else v for k, v in fields.items()
    }
    before = world.case(number)
    world.happen(number, kind, **told)
    after = world.case(number)
    same = ("fault_class", "response_state", "repair_state", "penalty")
    assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
    assert (after.repair_seconds, after.penalty > ZERO) == (6 * 3600, True)
    assert [p.state for p in penalties(world, number)] == ["proposed"]


def test_a_request_outlives_the_incidents_closing(world: World) -> None:
    number = world.report()
    world.happen(number, "responded", text="到")
    world.happen(number, "class_changed", fault_class="system_major")
    world.happen(number, "restored", text="好")
    world.happen(number, "restoration_accepted", "wang")
    world.happen(number, "closed")
    assert listed(world) == [("class", number)]
    world.happen(number, "class_countersigned", "wang")
    assert listed(world) == []


def test_party_a_is_reminded_at_growing_pauses_until_it_decides(world: World) -> None:
    number = world.report()
    world.happen(number, "responded", text="到")
    world.happen(number, "restored", text="好")
    world.run_for(days=7)
    mails = [m for m in world.messages(f"incident:{number}") if m.title.startswith("【待决定】")]
    assert [(m.address, m.channel) for m in mails if m.channel == "email"] == [
        ("wang@example.test", "email")
    ] * 2
    assert world.incident(number).state == "restored"
    world.happen(number, "restoration_accepted", "wang")
    world.run_for(days=30)
    assert len([m for m in world.messages(f"incident:{number}") if "待决定" in m.title]) == len(mails)


@SQLITE
def test_penalties_are_listed_while_it_is_party_as_turn(world: World) -> None:
    incident = world.report()
    world.happen(incident, "restored", text="好")
    world.run_for(hours=1)
    world.happen(incident, "restoration_accepted", "wang")
    [penalty] = penalties(world, incident)
    mine = [("penalty", penalty.number)]
    assert listed(world) == mine
    world.decide(penalty.number, "confirm", "wang")
    assert listed(world) == []
    world.clock.advance(timedelta(days=15, seconds=1))
    assert listed(world) == mine


@SQLITE
def test_a_county_sees_only_what_touches_it(world: World) -> None:
    for payer in ("city", "suixi"):
        number = world.report(payers=[payer])
        world.happen(number, "responded", text="到")
        world.happen(number, "restored", text="好")
    assert listed(world, "sun") == [("restoration", number)]


@SQLITE
def test_the_page_and_the_api_list_it_in_constant_sql(world: World) -> None:
    site, costs = Site(world), []
    for _ in range(2):
        asked(world, world.report())
        with statements(world) as seen:
            page = site.page("wang").get("/decisions")
        costs.append(len(seen))
    assert costs[0] == costs[1]
    assert "会签类别变更" in page.text
    items = site.api("wang").get("/api/v1/decisions").json()["items"]
    assert {i["kind"] for i in items} == {kind for kind, _, _ in DECISIONS}
    assert site.api("lin").get("/api/v1/decisions").status_code == 403
