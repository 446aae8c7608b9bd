"""What one more word about an alert means: a table of cases, and properties of any sequence of words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.intake import rules
from incidents.intake.rules import AGAIN, COUNT, FIRING, RECOVERED, RESOLVED, STALE, Alert, Track
from tests.support.alerts import alert

T0 = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
T1, T2 = T0 + timedelta(minutes=1), T0 + timedelta(minutes=2)
NOW = T0 + timedelta(minutes=10)


def track(status: str = FIRING, starts_at: datetime = T1) -> Track:
    return Track("k", 1, status, starts_at)


@pytest.mark.parametrize(
    ("status", "told", "starts_at", "what"),
    [
        (FIRING, FIRING, T1, COUNT),
        (FIRING, FIRING, None, COUNT),
        (FIRING, FIRING, T0, COUNT),
        (FIRING, FIRING, T2, AGAIN),
        (FIRING, RESOLVED, T1, RECOVERED),
        (FIRING, RESOLVED, None, RECOVERED),
        (FIRING, RESOLVED, T2, RECOVERED),
        (FIRING, RESOLVED, T0, STALE),
        (RESOLVED, FIRING, T1, STALE),
        (RESOLVED, FIRING, T0, STALE),
        (RESOLVED, FIRING, T2, AGAIN),
        (RESOLVED, FIRING, None, AGAIN),
        (RESOLVED, RESOLVED, T1, STALE),
        (RESOLVED, RESOLVED, T2, STALE),
        (RESOLVED, RESOLVED, None, STALE),
    ],
)
def test_what_one_more_word_means(status: str, told: str, starts_at: datetime | None, what: str) -> None:
    known = track(status)
    assert rules.advance(known, alert(status=told, starts_at=starts_at), NOW) == what
    assert (known.status == told) or what == STALE


WORDS = st.lists(
    st.tuples(st.sampled_from([FIRING, RESOLVED]), st.sampled_from([None, T0, T1, T2])), max_size=12
)


@given(WORDS)
def test_saying_the_same_twice_is_saying_it_once(words: list[tuple[str, datetime | None]]) -> None:
    once, twice = track(), track()
    for n, (status, starts_at) in enumerate(words):
        now = NOW + timedelta(seconds=n)
        said = alert(status=status, starts_at=starts_at)
        rules.advance(once, said, now)
        rules.advance(twice, said, now)
        assert rules.advance(twice, said, now) in (COUNT, STALE)
    assert (once.status, once.starts_at, once.occurrences) == (
        twice.status,
        twice.starts_at,
        twice.occurrences,
    )


def test_a_start_far_in_the_future_is_a_mistake() -> None:
    assert rules.begun(track(), alert(starts_at=NOW + timedelta(minutes=1)), NOW) == NOW + timedelta(
        minutes=1
    )
    assert rules.begun(track(), alert(starts_at=NOW + timedelta(days=900)), NOW) == NOW


def test_an_alert_without_a_fingerprint_is_known_by_its_labels_in_any_order() -> None:
    first = Alert("a", "x", labels={"b": "1", "c": "2"}, annotations={"value": "3"})
    again = Alert("a", "y", labels={"c": "2", "b": "1"}, status=RESOLVED, annotations={"value": "4"})
    other = Alert("a", "x", labels={"b": "1", "c": "3"})
    assert rules.identity(first) == rules.identity(again) != rules.identity(other)
    assert rules.identity(Alert("a", "x")) != rules.identity(Alert("a", "y"))


def test_a_fingerprint_too_long_to_keep_is_replaced_by_one_that_still_tells_apart() -> None:
    long = "f" * 500
    assert len(rules.identity(alert(fingerprint=long))) <= rules.FINGERPRINT_MOST
    assert rules.identity(alert(fingerprint=long)) != rules.identity(alert(fingerprint=long + "g"))
    assert rules.identity(alert(fingerprint="f1")) == "f1"


@pytest.mark.parametrize(
    ("labels", "module", "found"),
    [
        ({"line": "xiangshan-1", "instance": "10.0.0.1:9115"}, None, ("line:xiangshan-1",)),
        ({"instance": "10.0.0.1:9115"}, "documents,hotline", ("module:documents", "module:hotline")),
        ({"host": "app1"}, "documents", ("module:documents", "host:app1")),
        ({"instance": "10.0.0.1:9115"}, None, ("host:10.0.0.1",)),
        ({"instance": "https://oa.example.test/login"}, None, ("host:oa.example.test",)),
        ({"instance": "[broken"}, None, ("host:[broken",)),
        ({"module": "todo"}, None, ("module:todo",)),
        ({}, None, ("name:prometheus/X",)),
    ],
)
def test_what_an_alert_is_about(labels: dict[str, str], module: str | None, found: tuple[str, ...]) -> None:
    assert rules.causes(alert("X", labels=labels, module=module)) == found


def test_a_restored_fault_comes_back_only_after_its_restoration_and_within_the_window() -> None:
    window = timedelta(hours=24)
    assert rules.returns(T1, T2, window)
    assert not rules.returns(T1, T1, window)
    assert not rules.returns(T1, None, window)
    assert rules.returns(T1, T1 + window, window)
    assert not rules.returns(T1, T1 + window + timedelta(seconds=1), window)


def test_a_source_that_was_just_connected_did_not_detect_last_week() -> None:
    hour = timedelta(hours=1)
    week = NOW - timedelta(days=7)
    assert rules.detected(alert(starts_at=T0), NOW, hour) == (T0, None)
    assert rules.detected(alert(starts_at=week), NOW, hour) == (NOW, week)
    assert rules.detected(alert(starts_at=NOW + hour), NOW, hour) == (NOW, None)
    assert rules.detected(alert(), NOW, hour) == (NOW, None)
