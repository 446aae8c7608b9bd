"""The life of a penalty: each step of contract.md §2.10, and that nobody is ever stuck."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.penalties import rules
from sla.penalties.rules import DECISIONS, Impossible, Life

T0 = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
DAYS = 15
CASE = Decimal("2300.00")
PAUSE = timedelta(days=3)


def lived(*kinds: str, at: datetime = T0) -> Life:
    life = Life(CASE)
    for kind in kinds:
        life, _ = rules.enter(life, kind, at, DAYS)
    return life


CONFIRMED = ("proposed", "confirmed")
CONTESTED = (*CONFIRMED, "contested")
FINAL = (*CONFIRMED, "accepted")
SETTLED = (*FINAL, "settled")


@pytest.mark.parametrize(
    ("kinds", "state", "balance"),
    [
        (("proposed",), "proposed", "2300.00"),
        (("proposed", "withdrawn"), "withdrawn", "0.00"),
        (CONFIRMED, "confirmed", "2300.00"),
        (CONTESTED, "contested", "2300.00"),
        ((*CONTESTED, "waived"), "waived", "0.00"),
        ((*CONTESTED, "upheld"), "final", "2300.00"),
        ((*CONFIRMED, "finalized"), "final", "2300.00"),
        (FINAL, "final", "2300.00"),
        (SETTLED, "settled", "0.00"),
        ((*SETTLED, "reversed"), "reversed", "-2300.00"),
        ((*SETTLED, "reversed", "credited"), "reversed", "0.00"),
        (("proposed", "withdrawn", "reversed"), "reversed", "0.00"),
        ((*CONTESTED, "waived", "reversed"), "reversed", "0.00"),
        ((*CONTESTED, "reversed"), "reversed", "0.00"),
    ],
)
def test_each_step_leads_to_its_state_and_leaves_its_balance(
    kinds: tuple[str, ...], state: str, balance: str
) -> None:
    life = lived(*kinds)
    assert (life.state, life.balance) == (state, Decimal(balance))


@pytest.mark.parametrize(
    ("kinds", "kind"),
    [
        ((), "confirmed"),
        (("proposed",), "proposed"),
        (("proposed",), "contested"),
        (("proposed", "withdrawn"), "confirmed"),
        (CONFIRMED, "settled"),
        (SETTLED, "settled"),
        ((*FINAL, "reversed"), "credited"),
        ((*SETTLED, "reversed", "credited"), "credited"),
        ((*SETTLED, "reversed"), "reversed"),
        (FINAL, "waived"),
    ],
)
def test_what_is_out_of_turn_cannot_be_written(kinds: tuple[str, ...], kind: str) -> None:
    with pytest.raises(Impossible):
        lived(*kinds, kind)


@pytest.mark.parametrize(
    ("after", "may"),
    [
        (timedelta(0), {"accept", "contest"}),
        (timedelta(days=15), {"accept", "contest"}),
        (timedelta(days=15) + timedelta.resolution, {"accept", "finalize"}),
    ],
)
def test_the_days_to_contest_end_with_their_last_instant(after: timedelta, may: set[str]) -> None:
    assert {d.key for d in rules.possible(lived(*CONFIRMED), T0 + after)} == may


@pytest.mark.parametrize(
    ("kinds", "may"),
    [
        (("proposed",), {"confirm", "withdraw"}),
        (CONTESTED, {"uphold", "waive"}),
        (FINAL, set()),
        (SETTLED, set()),
        (("proposed", "withdrawn"), set()),
    ],
)
def test_what_may_be_decided_in_each_state(kinds: tuple[str, ...], may: set[str]) -> None:
    assert {d.key for d in rules.possible(lived(*kinds), T0)} == may


@given(st.lists(st.tuples(st.integers(0, 99), st.timedeltas(timedelta(0), timedelta(days=20))), max_size=30))
def test_no_walk_ends_where_nobody_can_move_on(walk: list[tuple[int, timedelta]]) -> None:
    """Decisions, settlements and changed verdicts in any order: a penalty rests only with nothing to pay."""
    life, at, entries = lived("proposed"), T0, [("proposed", CASE)]
    for choice, wait in walk:
        at += wait
        ways = [d.entry for d in rules.possible(life, at)] + outside(life)
        if not ways:
            break
        kind = ways[choice % len(ways)]
        life, moved = rules.enter(life, kind, at, DAYS)
        entries.append((kind, moved))
    replayed = rules.replay(CASE, entries)
    assert (replayed.state, replayed.balance) == (life.state, life.balance)
    assert sum(moved for _, moved in entries) == life.balance
    later = at + timedelta(days=DAYS, seconds=1)
    if not rules.possible(life, later) and not outside(life, verdicts=False):
        assert life.balance == 0


def outside(life: Life, *, verdicts: bool = True) -> list[str]:
    """What the settlement and, unless told otherwise, a changed verdict can do."""
    found = []
    for kind in ("settled", "credited", *(["reversed"] if verdicts else [])):
        try:
            rules.moves(life, kind)
        except Impossible:
            continue
        found.append(kind)
    return found


def due(kinds: tuple[str, ...], now: datetime) -> list[tuple[str, str, timedelta]]:
    found = rules.reminders(lived(*kinds), T0, now, PAUSE)
    return [(r.clock, r.rung, r.due_at - T0) for r in found]


def days(number: float) -> timedelta:
    return timedelta(days=number)


@pytest.mark.parametrize(
    ("kinds", "after", "expected"),
    [
        (("proposed",), 0, [("confirm", "1", days(3))]),
        (("proposed",), 3, [("confirm", "2", days(6))]),
        (("proposed",), 7, [("confirm", "3", days(12))]),
        (CONFIRMED, 0, [("contest", "closing", days(12)), ("finalize", "0", days(15))]),
        (CONFIRMED, 13, [("finalize", "0", days(15))]),
        (CONFIRMED, 16, [("finalize", "1", days(18))]),
        (CONTESTED, 1, [("rule", "1", days(3))]),
        (FINAL, 0, []),
        (SETTLED, 0, []),
    ],
)
def test_silence_is_reminded_of_at_growing_pauses(
    kinds: tuple[str, ...], after: float, expected: list[Any]
) -> None:
    assert due(kinds, T0 + days(after)) == expected


def test_every_state_entry_and_decision_has_a_word() -> None:
    assert set(rules.AFTER.values()) == set(rules.STATE_LABELS)
    assert set(rules.AFTER) == set(rules.ENTRY_LABELS)
    assert {d.entry for d in DECISIONS.values()} <= set(rules.AFTER)


@pytest.mark.parametrize("moved", ["0.00", "2300.01"])
def test_a_replay_names_an_amount_that_does_not_follow(moved: str) -> None:
    with pytest.raises(Impossible, match="proposed"):
        rules.replay(CASE, [("proposed", Decimal(moved))])
