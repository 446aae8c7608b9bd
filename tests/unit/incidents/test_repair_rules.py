"""When a repair may be offered, and when an approval or a run counts as over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from incidents.repairs import rules

NOW = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
INCIDENT = rules.Fit("system_general", frozenset({"documents", "duty"}))
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("classes", "modules", "expected"),
    [
        ({"system_general"}, set(), True),
        ({"system_general", "hardware"}, {"documents"}, True),
        ({"system_general"}, {"chat"}, False),
        ({"hardware"}, set(), False),
        (set(), set(), False),
    ],
)
def test_a_repair_fits_by_class_and_module(classes: set[str], modules: set[str], expected: bool) -> None:
    assert rules.fits(INCIDENT, frozenset(classes), frozenset(modules)) is expected


def test_an_approval_lapses_after_ten_minutes() -> None:
    assert not rules.expired(NOW - rules.APPROVAL_HOLDS, NOW)
    assert rules.expired(NOW - rules.APPROVAL_HOLDS - SECOND, NOW)


def test_a_run_without_a_sign_of_life_is_dead() -> None:
    assert rules.outlived(None, NOW)
    assert rules.outlived(NOW - SECOND, NOW)
    assert not rules.outlived(NOW, NOW)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("ok", rules.SUCCEEDED), ("failed", rules.FAILED), ("unreachable", rules.FAILED),
        ("timeout", rules.FAILED), ("cancelled", rules.STOPPED), ("lost", rules.LOST), ("what", rules.FAILED),
    ],
)  # fmt: skip
def test_only_an_explicit_success_counts_as_one(status: str, state: str) -> None:
    assert rules.state_of(status) == state


def test_every_state_has_a_label_and_is_open_ran_or_never_ran() -> None:
    never = {rules.REFUSED, rules.WITHDRAWN, rules.EXPIRED}
    assert set(rules.STATE_LABELS) == set(rules.OPEN) | set(rules.RAN) | never
