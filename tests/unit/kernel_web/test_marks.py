"""What Python draws for the macros: what people wrote is escaped, what is markup stays markup."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from kernel.manifest import NavItem
from kernel.web.i18n import use_language
from kernel.web.marks import SHAPES, marks, table_rows

MARKS = marks(lambda name: f"/static/{name}")
EVIL = '<b title="x">&'


def test_an_icon_is_decorative_unless_it_has_a_label() -> None:
    assert MARKS["icon_mark"]("check") == (
        '<svg class="icon icon--check" aria-hidden="true"><use href="/static/icons.svg#check"/></svg>'
    )
    assert 'role="img" aria-label="&lt;b title=' in MARKS["icon_mark"]("check", EVIL)


@pytest.mark.parametrize("tone", SHAPES)
def test_a_badge_has_a_word_a_shape_and_a_colour(tone: str) -> None:
    drawn = MARKS["badge_mark"]("超时", tone, None, None)
    assert f"badge--{tone}" in drawn
    assert f"icons.svg#{SHAPES[tone]}" in drawn
    assert "超时</span>" in drawn


def test_text_is_escaped_even_after_equal_markup_was_drawn() -> None:
    assert Markup(EVIL) == EVIL
    assert EVIL in MARKS["badge_mark"](Markup(EVIL), "ok", None, None)
    assert EVIL not in MARKS["badge_mark"](EVIL, "ok", None, EVIL)
    assert EVIL in MARKS["badge_mark"](Markup(EVIL), "ok", None, None)


COLUMNS = [{"key": "n", "label": "编号", "main": True}, {"key": "yuan", "label": EVIL, "align": "end"}]


def test_a_row_leads_from_its_main_cell() -> None:
    drawn = table_rows(COLUMNS, [{"n": "F1", "yuan": "1.00", "_href": f"/x?{EVIL}", "_tone": "over"}], True)
    assert '<tr role="row" class="row--over">' in drawn
    assert '<a href="/x?&lt;b title=&#34;x&#34;&gt;&amp;">F1</a>' in drawn
    assert 'class=" align-end">1.00</td>' in drawn
    assert EVIL not in drawn


@pytest.mark.parametrize("nothing", [{}, {"yuan": None}, {"yuan": ""}])
def test_an_empty_cell_says_so(nothing: dict[str, str | None]) -> None:
    assert "—</td>" in table_rows(COLUMNS, [{"n": "F1", **nothing}], False)


def test_zero_is_no_empty_cell_and_cards_are_a_choice() -> None:
    drawn = table_rows(COLUMNS, [{"n": 0, "yuan": 0}], False)
    assert "—" not in drawn
    assert "role=" not in drawn


def test_cells_are_text_unless_they_are_markup() -> None:
    drawn = table_rows(COLUMNS, [{"n": EVIL, "yuan": Markup("<b>1</b>")}], True)
    assert EVIL not in drawn
    assert "<b>1</b>" in drawn


PLACES = (
    ("", (NavItem(EVIL, f"/?{EVIL}", "home", "public"),)),
    ("运维", (NavItem("故障事件", "/incidents", "flag", "public"),)),
)


def test_the_place_where_the_reader_is_is_marked_and_no_other() -> None:
    drawn = MARKS["places_mark"](PLACES, "/incidents", "zh")
    assert '<a href="/incidents" aria-current="page">' in drawn
    assert drawn.count("aria-current") == 1
    assert MARKS["places_mark"](PLACES, None, "zh").count("aria-current") == 0
    assert EVIL not in drawn
    assert '<p class="nav__group">运维</p>' in drawn


def test_each_language_has_its_own_places() -> None:
    chinese = MARKS["places_mark"](PLACES, None, "zh")
    use_language("en")
    try:
        english = MARKS["places_mark"](PLACES, None, "en")
    finally:
        use_language("zh")
    assert ("故障事件" in chinese, "故障事件" in english, ">Incidents<" in english) == (True, False, True)
    assert MARKS["places_mark"](PLACES, None, "zh") == chinese
