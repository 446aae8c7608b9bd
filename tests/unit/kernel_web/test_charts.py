from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.web.charts import NARROW, WIDE
from kernel.web.charts.bars import bar_rows, share_parts
from kernel.web.charts.calendar import heat_calendar
from kernel.web.charts.gantt import gantt
from kernel.web.charts.line import line_chart
from kernel.web.charts.scale import Scale, every, plain, ticks

WIDTHS = pytest.mark.parametrize("width", [WIDE, NARROW])
T0 = datetime(2025, 3, 3, tzinfo=UTC)


@given(st.floats(-1e6, 1e6), st.floats(0.001, 1e6))
def test_ticks_cover_the_range(low: float, span: float) -> None:
    marks = ticks(low, low + span)
    assert marks[0] <= low + span * 1e-6
    assert marks[-1] >= low + span * (1 - 1e-6)
    assert len(marks) <= 8


def test_ticks_of_one_value_are_still_a_range() -> None:
    assert len(ticks(5, 5)) > 1


def test_scale_clips() -> None:
    scale = Scale(0, 10, 100, 0)
    assert [scale(v) for v in (-5, 0, 5, 10, 15)] == [100, 100, 50, 0, 0]
    assert Scale(3, 3, 0, 10)(3) == 0


def test_plain_numbers() -> None:
    assert [plain(v) for v in (1200.0, 99.5, 0.0)] == ["1,200", "99.5", "0"]
    assert every(12, 5) == 3


@WIDTHS
def test_a_gap_breaks_the_line(width: int) -> None:
    chart = line_chart(["1", "2", "3", "4"], [{"name": "a", "values": [1, 2, None, 4]}], width)
    assert [len(path.split()) for path in chart.lines[0].paths] == [2, 1]
    assert len(chart.lines[0].points) == 3


@WIDTHS
def test_points_and_target_stay_inside(width: int) -> None:
    chart = line_chart(list("abcdefghijkl"), [{"name": "a", "values": list(range(12))}], width, target=15)
    assert all(chart.left <= p.x <= chart.right and 0 <= p.y <= chart.base for p in chart.lines[0].points)
    assert chart.target_y is not None
    assert 0 <= chart.target_y <= chart.base


def test_a_phone_gets_fewer_labels() -> None:
    labels = [str(n) for n in range(12)]
    wide, narrow = (line_chart(labels, [{"name": "a", "values": [1] * 12}], w) for w in (WIDE, NARROW))
    assert len(narrow.labels) < len(wide.labels)


def test_a_chart_without_any_value_can_be_drawn() -> None:
    assert line_chart([], [{"name": "a", "values": []}], WIDE).lines[0].paths == ()
    assert bar_rows([], WIDE).bars == ()
    assert share_parts([{"label": "a", "value": 0}], WIDE)[0].share == 0


@WIDTHS
def test_bars_leave_room_for_their_values(width: int) -> None:
    chart = bar_rows([{"label": "a", "value": v, "text": str(v)} for v in (0, 5, 10)], width)
    assert max(bar.length for bar in chart.bars) + chart.start <= width - 90
    assert min(bar.length for bar in chart.bars) == 1
    assert chart.label_above == (width == NARROW)


def test_shares_add_up() -> None:
    shares = share_parts([{"label": str(v), "value": v} for v in (84, 6, 8, 2)], 720)
    assert sum(s.share for s in shares) == pytest.approx(1)
    assert shares[-1].x + shares[-1].width == pytest.approx(720, abs=0.2)


@WIDTHS
def test_every_day_has_its_own_cell(width: int) -> None:
    first, last = date(2025, 1, 1), date(2025, 6, 30)
    chart = heat_calendar(first, last, {first: {"level": 1, "text": "1"}}, width)
    assert len({(c.x, c.y) for c in chart.cells}) == (last - first).days + 1
    assert all(c.x + chart.across <= width and c.y + chart.size <= chart.height for c in chart.cells)
    assert [c.day for c in chart.cells if c.value] == [first]
    assert len(chart.months) in (5, 6)


def test_a_month_with_few_days_at_the_edge_gives_its_name_up() -> None:
    chart = heat_calendar(date(2025, 1, 30), date(2025, 3, 31), {}, WIDE)
    assert [month.month for _, _, month in chart.months] == [2, 3]


@WIDTHS
def test_slots_outside_are_left_out_and_inside_clipped(width: int) -> None:
    slots = [
        {"start": T0 + timedelta(hours=a), "end": T0 + timedelta(hours=b), "state": "ok", "text": ""}
        for a, b in ((-9, -8), (-1, 1), (2, 2.0001), (30, 31))
    ]
    chart = gantt(
        T0, T0 + timedelta(hours=12), [{"label": "主班", "slots": slots}], T0 + timedelta(hours=3), width
    )
    placed = chart.rows[0].slots
    assert [s.slot for s in placed] == slots[1:3]
    assert placed[0].x == chart.left
    assert placed[1].width == 2
    assert chart.now_x is not None
    assert len(chart.marks) <= 9


def test_now_outside_the_span_is_not_drawn() -> None:
    assert gantt(T0, T0 + timedelta(hours=1), [], T0 + timedelta(hours=2), WIDE).now_x is None
