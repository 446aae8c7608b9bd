"""The roster's rules by example and by chance."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa.affairs.duty import rules
from oa.affairs.duty.rules import DEPUTY, LEADER, PRIMARY, Gap, Handoff, Span

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def t(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def span(person: int, start: float, end: float, role: str = PRIMARY) -> Span:
    return Span(role, person, t(start), t(end))


def test_a_change_cuts_out_what_lies_below_it_and_the_newest_lies_on_top() -> None:
    shifts = [span(1, 0, 24), span(2, 24, 48)]
    found = rules.effective(shifts, [span(3, 20, 30), span(4, 22, 24)])
    assert found == [span(1, 0, 20), span(3, 20, 22), span(4, 22, 24), span(3, 24, 30), span(2, 30, 48)]


def test_a_change_of_one_role_leaves_the_others() -> None:
    assert rules.effective([span(1, 0, 24, DEPUTY)], [span(3, 0, 24)]) == [
        span(1, 0, 24, DEPUTY), span(3, 0, 24)]  # fmt: skip


def test_days_of_one_person_are_one_stretch() -> None:
    assert rules.effective([span(1, 0, 24), span(1, 24, 48)], []) == [span(1, 0, 48)]


def test_who_is_on_duty_changes_at_the_instant() -> None:
    spans = [span(1, 0, 24), span(2, 24, 48), span(3, 0, 48, LEADER)]
    assert rules.on_duty(spans, t(24) - timedelta.resolution) == {PRIMARY: 1, LEADER: 3}
    assert rules.on_duty(spans, t(24)) == {PRIMARY: 2, LEADER: 3}
    assert rules.on_duty(spans, t(48)) == {}


def test_gaps_name_role_and_time() -> None:
    spans = [span(1, 0, 10), span(2, 12, 24), span(3, 0, 24, DEPUTY), span(4, 2, 24, LEADER)]
    assert rules.gaps(spans, t(0), t(24)) == [Gap(PRIMARY, t(10), t(12)), Gap(LEADER, t(0), t(2))]


def test_two_in_one_role_and_one_in_two_roles_are_double_bookings() -> None:
    assert rules.double_bookings([span(1, 0, 10), span(2, 10, 20), span(3, 0, 20, DEPUTY)]) == []
    assert len(rules.double_bookings([span(1, 0, 11), span(2, 10, 20)])) == 1
    assert len(rules.double_bookings([span(1, 0, 11), span(1, 10, 20, DEPUTY)])) == 1


def test_handoffs_are_where_a_role_changes_hands() -> None:
    spans = [span(1, 0, 24), span(2, 24, 48), span(3, 0, 48, DEPUTY)]
    assert rules.handoffs(spans, t(0), t(48)) == [
        Handoff(t(0), PRIMARY, None, 1),
        Handoff(t(0), DEPUTY, None, 3),
        Handoff(t(24), PRIMARY, 1, 2),
    ]


@pytest.mark.parametrize(
    ("month", "days"), [("2026-02", 28), ("2028-02", 29), ("2026-12", 31), ("2026-04", 30)]
)
def test_months(month: str, days: int) -> None:
    assert len(rules.days_of(month)) == days
    start, end = rules.month_range(month, "08:30", ZONE)
    assert end - start == timedelta(days=days)
    assert rules.neighbours("2026-12") == ("2026-11", "2027-01")


def test_a_rotation_gives_everybody_their_turn() -> None:
    days = rules.days_of("2026-03")
    found = rules.rotation(days, [1, 2], 7)
    assert [found[date(2026, 3, d)] for d in (1, 7, 8, 14, 15)] == [1, 1, 2, 2, 1]
    assert rules.rotation(days, [], 7) == {}


def test_a_year_in_rotation_has_no_gap_and_no_double_booking() -> None:
    """oa.md 1.2: a 365-day roster has no gap or double booking."""
    shifts = []
    for month in (f"2026-{m:02}" for m in range(1, 13)):
        days = rules.days_of(month)
        for role, people in ((PRIMARY, [1, 2, 3]), (DEPUTY, [4, 5]), (LEADER, [6, 7])):
            for day, person in rules.rotation(days, people, 1).items():
                start, end = (rules.begins(d, "08:30", ZONE) for d in (day, day + rules.DAY))
                shifts.append(Span(role, person, start.astimezone(UTC), end.astimezone(UTC)))
    start, end = rules.begins(date(2026, 1, 1), "08:30", ZONE), rules.begins(date(2027, 1, 1), "08:30", ZONE)
    assert rules.gaps(shifts, start, end) == []
    assert len(shifts) == 3 * 365


CHANGES = st.lists(
    st.builds(
        lambda person, start, hours: span(person, start, start + hours),
        st.integers(1, 5), st.integers(0, 47), st.integers(1, 12),
    ),
    max_size=8,
)  # fmt: skip


@given(CHANGES, st.integers(0, 59))
def test_the_newest_change_that_covers_an_instant_decides(changes: list[Span], hour: int) -> None:
    found = rules.effective([span(9, 0, 60)], changes)
    covering = [c.person for c in changes if c.start <= t(hour) < c.end]
    assert rules.on_duty(found, t(hour)) == {PRIMARY: covering[-1] if covering else 9}
    assert rules.double_bookings(found) == []
    assert rules.gaps([s for s in found if s.role == PRIMARY], t(0), t(60)) == [
        Gap(role, t(0), t(60)) for role in (DEPUTY, LEADER)]  # fmt: skip
