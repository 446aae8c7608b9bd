"""What a watcher makes of what it sees: when it calls, and how much of an absence it may claim."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kernel.errors import ConfigError
from sla.watching import memory, rules
from sla.watching.rules import (
    SILENT,
    UNAUDITED,
    UNREACHABLE,
    UNWELL,
    WELL,
    Gap,
    Limits,
    Seen,
    State,
    judge,
    look,
)

SECOND = timedelta(seconds=1)
START = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
LIMITS = Limits(10 * SECOND, 3, timedelta(minutes=1))


def at(seconds: float) -> datetime:
    return START + seconds * SECOND


def walk(
    signs: str, state: State | None = None, begin: float = 0, step: float = 10
) -> tuple[State, list[str]]:
    """Look once every ten seconds: `+` well, `-` unreachable; returns the state and all calls."""
    state, news = state or State(), []
    for number, sign in enumerate(signs):
        why = WELL if sign == "+" else UNREACHABLE
        state = look(state, Seen(at(begin + number * 10), why), LIMITS)
        news += [f"{kind}@{number}" for kind in state.news]
    return state, news


def test_it_calls_after_so_many_failures_reminds_and_says_when_it_is_over() -> None:
    assert walk("++--")[1] == []
    assert walk("++---")[1] == ["down@4"]
    assert walk("+" + "-" * 15)[1] == ["down@3", "still@9", "still@15"]
    assert walk("+---+++")[1] == ["down@3", "back@4"]


def test_an_absence_reaches_from_the_last_good_look_to_the_first_good_one_after_it() -> None:
    state, _ = walk("++----+")
    assert state.owed == (Gap(at(10), at(60), UNREACHABLE),)


def test_a_hiccup_shorter_than_the_threshold_is_no_absence() -> None:
    state, news = walk("+--+-+--+")
    assert (state.owed, news) == ((), [])


def test_a_watcher_that_was_away_itself_claims_only_what_it_saw() -> None:
    well, _ = walk("+")
    late, _ = walk("---+", well, begin=3600)
    assert late.owed == (Gap(at(3600), at(3630), UNREACHABLE),)
    absent, _ = walk("+---")
    back, _ = walk("+", absent, begin=3600)
    assert back.owed == (Gap(at(0), at(30), UNREACHABLE),)


def test_the_absence_is_told_in_the_platforms_time() -> None:
    state, _ = walk("+---")
    state = look(state, Seen(at(40), WELL, ahead=5 * SECOND), LIMITS)
    assert state.owed == (Gap(at(5), at(45), UNREACHABLE),)


def test_several_absences_are_owed_until_they_are_handed_over() -> None:
    state, _ = walk("+---+---+")
    assert len(state.owed) == 2


def test_a_watcher_that_starts_again_reminds_at_once_because_a_page_may_have_died_with_it() -> None:
    state, _ = walk("+---")
    again = rules.resumed(state, LIMITS)
    assert walk("-", again, begin=40)[1] == ["still@0"]
    assert walk("+", again, begin=40)[1] == ["back@0"]
    assert rules.resumed(State(), LIMITS) == State()


def health(beat: float | None = 1, audit: float | None = 30) -> dict[str, str | None]:
    ago = [None if s is None else (START - s * SECOND).isoformat() for s in (beat, audit)]
    return {"now": START.isoformat(), "engine_seen_at": ago[0], "deadlines_audited_at": ago[1]}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (health(), WELL),
        (health(beat=61), SILENT),
        (health(beat=None), SILENT),
        (health(audit=301), UNAUDITED),
        (health(audit=None), UNAUDITED),
        ({"now": "soon"}, UNWELL),
        ([], UNWELL),
        (None, UNWELL),
        (
            {"now": "2026-03-03T00:00:00", "engine_seen_at": START.isoformat(), "deadlines_audited_at": None},
            UNWELL,
        ),
    ],
)
def test_a_platform_that_answers_may_still_be_unwell(said: object, why: str) -> None:
    assert judge(said)[0] == why


def test_the_memory_survives_and_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "watch.json"
    state, _ = walk("+---+--")
    memory.save(path, state)
    assert memory.load(path) == State(**{**vars(state), "news": ()})
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"owed": 1}', '{"well_at": 7}'])
def test_a_memory_that_cannot_be_understood_is_begun_anew(tmp_path: Path, text: str) -> None:
    path = tmp_path / "watch.json"
    path.write_text(text)
    assert memory.load(path) == State()


def test_a_memory_that_cannot_be_kept_is_a_reason_not_to_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--state"):
        memory.save(tmp_path / "no" / "such" / "folder.json", State())
