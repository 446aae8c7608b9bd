"""The life of a drill: what may follow what, and what is left to undo."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drills import rules

AT = datetime(2026, 3, 3, 1, tzinfo=UTC)
DATA: dict[str, dict[str, Any]] = {
    "approved": {"frozen": "f" * 64, "expires_at": AT.isoformat()},
    "injection_started": {"id": "kill"},
    "step_started": {"id": "ack"},
    "human_done": {"id": "ack"},
    "undo_started": {"id": "rollback:1"},
    "undo_done": {"id": "rollback:1"},
    "undo_failed": {"id": "rollback:1"},
}
TO_RUNNING = ("drafted", "submitted", "approved", "arming", "armed", "started")


def life(*kinds: str) -> rules.Life:
    return rules.fold(rules.Told(kind, DATA.get(kind, {"id": "x"}), AT, "he") for kind in kinds)


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        (("drafted",), rules.DRAFT),
        (("drafted", "submitted"), rules.PLANNED),
        (("drafted", "submitted", "rejected"), rules.REJECTED),
        (("drafted", "submitted", "rejected", "revised", "submitted"), rules.PLANNED),
        (("drafted", "submitted", "approved"), rules.APPROVED),
        (("drafted", "submitted", "approved", "expired"), rules.EXPIRED),
        (("drafted", "submitted", "approved", "revised"), rules.DRAFT),
        (("drafted", "submitted", "approved", "arming", "refused"), rules.APPROVED),
        (TO_RUNNING, rules.RUNNING),
        ((*TO_RUNNING, "completed"), rules.COMPLETED),
        ((*TO_RUNNING, "aborted", "rolled_back"), rules.ROLLED_BACK),
        ((*TO_RUNNING, "failed", "rollback_failed"), rules.ROLLBACK_FAILED),
        ((*TO_RUNNING, "failed", "rollback_failed", "retry_requested", "rolled_back"), rules.ROLLED_BACK),
        ((*TO_RUNNING, "completed", "rolled_back", "evaluated"), rules.EVALUATED),
        ((*TO_RUNNING, "completed", "rolled_back", "evaluated", "returned"), rules.ROLLED_BACK),
        ((*TO_RUNNING, "completed", "rolled_back", "evaluated", "signed_b", "signed_a"), rules.SIGNED),
    ],
)
def test_entries_lead_to_a_state(kinds: tuple[str, ...], state: str) -> None:
    assert life(*kinds).state == state


@pytest.mark.parametrize(
    "kinds",
    [
        ("submitted",),
        ("drafted", "approved"),
        ("drafted", "submitted", "arming"),
        ("drafted", "submitted", "approved", "started"),
        ("drafted", "submitted", "approved", "injection_started"),
        (*TO_RUNNING, "rolled_back"),
        (*TO_RUNNING, "completed", "injection_started"),
        (*TO_RUNNING, "completed", "evaluated"),
        (*TO_RUNNING, "completed", "rolled_back", "signed_a"),
    ],
)
def test_nothing_happens_out_of_turn(kinds: tuple[str, ...]) -> None:
    with pytest.raises(rules.Impossible):
        life(*kinds)


def test_a_change_of_the_plan_voids_every_approval() -> None:
    assert life("drafted", "submitted", "approved", "countersigned").approvers == {"a": "he", "b": "he"}
    changed = life("drafted", "submitted", "approved", "countersigned", "revised")
    assert (changed.approvers, changed.frozen, changed.expires_at) == ({}, "", None)


def test_a_new_evaluation_is_signed_anew_by_both() -> None:
    once = (*TO_RUNNING, "completed", "rolled_back", "evaluated", "signed_b")
    assert "signed_b" in life(*once).at
    assert "signed_b" not in life(*once, "returned", "evaluated").at


def test_orders_of_an_earlier_try_do_not_count_for_the_next() -> None:
    again = life("drafted", "submitted", "approved", "arming", "start_requested", "refused", "arming")
    assert not again.start


def test_every_kind_has_words_and_fits_its_column() -> None:
    for kind, move in rules.MOVES.items():
        assert move.label
        assert len(kind) <= 24
        assert set(move.before) <= {"", *rules.STATE_LABELS}


def test_what_is_rolled_back_is_called_by_how_it_ended_and_every_other_state_by_its_name() -> None:
    back = [rules.state_label(rules.ROLLED_BACK, outcome) for outcome in rules.ENDINGS]
    assert len(set(back)) == len(rules.ENDINGS)
    assert all("已恢复原状" in label for label in back)
    assert "中止" in rules.state_label(rules.ROLLED_BACK, rules.ABORTED)
    for state, label in rules.STATE_LABELS.items():
        assert rules.state_label(state, "") == label
        if state != rules.ROLLED_BACK:
            assert rules.state_label(state, rules.ABORTED) == label


INJECTIONS = [
    SimpleNamespace(id="a", undo="undo_a.yml", timeout=10.0),
    SimpleNamespace(id="b", undo="rollback.yml", timeout=10.0),
]
ROLLBACK = [
    SimpleNamespace(playbook="rollback.yml", when="always", timeout=5.0),
    SimpleNamespace(playbook="reseed.yml", when="previous_failed", timeout=5.0),
]


def ids(injected: list[str], undone: list[str]) -> list[str]:
    return [step.id for step in rules.way_back(ROLLBACK, INJECTIONS, injected, undone)]


def test_nothing_is_undone_where_nothing_was_begun() -> None:
    assert ids([], []) == []


def test_only_what_was_begun_is_undone_and_each_playbook_once() -> None:
    assert ids(["b"], []) == ["rollback:1", "rollback:2"]
    assert ids(["a"], []) == ["undo:a", "rollback:1", "rollback:2"]
    assert ids(["a", "b"], ["undo:a"]) == ["rollback:1", "rollback:2"]


@given(st.lists(st.sampled_from(["a", "b"]), max_size=4), st.sets(st.sampled_from(["undo:a", "rollback:1"])))
def test_what_is_done_never_comes_again(injected: list[str], undone: set[str]) -> None:
    left = ids(injected, sorted(undone))
    assert not undone & set(left)
    assert len(left) == len(set(left))


@given(st.lists(st.sampled_from(sorted(rules.MOVES)), max_size=30))
def test_a_random_walk_never_runs_before_party_a_has_approved(kinds: list[str]) -> None:
    walked = rules.Life()
    approved = False
    for kind in kinds:
        try:
            walked.apply(kind, DATA.get(kind, {"id": "x"}), AT, "he")
        except rules.Impossible:
            continue
        approved = approved or kind == "approved"
        assert approved or walked.state not in (*rules.ACTIVE, *rules.HELD)
