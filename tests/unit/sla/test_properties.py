"""What must hold for every story: against a second-by-second simulation, and as laws."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sla.events import Event
from sla.verdict import Verdict, judge
from tests.unit.sla.simulator import LIMITS, Told, simulate
from tests.unit.sla.story import HUAIBEI

EPOCH = datetime(2025, 3, 3, tzinfo=UTC)
MODULES = list(HUAIBEI.modules)
CLAIMS = ("a", "b", "c")

# Mostly round times, so that boundaries and coincidences are met often, and a second to either side.
seconds = st.builds(
    lambda tens, off: max(0, tens * 600 + off), st.integers(0, 60), st.sampled_from((0, 0, -1, 1))
)
scopes = st.fixed_dictionaries(
    {
        "modules": st.sampled_from((MODULES[:1], MODULES[:8], MODULES[3:9], MODULES[:9])),
        "payers": st.sampled_from((["city"], ["duji"], ["city", "duji"])),
    }
)
classes = st.sampled_from(sorted(LIMITS))
reports = st.builds(lambda scope, name: {**scope, "fault_class": name}, scopes, classes)
plain = st.sampled_from(
    (
        "responded",
        "restored",
        "restored",
        "backup_in_service",
        "restoration_rejected",
        "reopened",
        "closed",
        "major_declared",
        "class_countersigned",
        "class_refused",
        "note",
    )
)
steps = st.one_of(
    st.tuples(seconds, plain, st.just({})),
    st.tuples(seconds, st.just("reported"), reports),
    st.tuples(seconds, st.just("scope_changed"), scopes),
    st.tuples(seconds, st.just("class_changed"), st.builds(lambda name: {"fault_class": name}, classes)),
)
spans = st.tuples(seconds, st.one_of(st.none(), seconds)).map(
    lambda span: (span[0], None if span[1] is None else max(span))
)
verdicts = st.sampled_from((None, "exclusion_approved", "exclusion_refused"))


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[Told], int]:
    """A story of one incident and a time to judge it at, never before its first report."""
    told: list[Told] = [(draw(seconds), "detected", draw(reports)), *draw(st.lists(steps, max_size=8))]
    for name in draw(st.sets(st.sampled_from(CLAIMS))):
        start, end = draw(spans)
        told.append(
            (start, "exclusion_claimed", {"claim": name, "reason": "customer", "from": start, "to": end})
        )
        decided = draw(verdicts)
        if decided is not None:
            told.append((start, decided, {"claim": name}))
    first = min(second for second, kind, _ in told if kind in ("detected", "reported"))
    return told, max(first, draw(seconds))


def as_events(told: list[Told]) -> list[Event]:
    return [
        Event(EPOCH + timedelta(seconds=second), kind, _timed(data), seq)
        for seq, (second, kind, data) in enumerate(told)
    ]


def _timed(data: dict[str, Any]) -> dict[str, Any]:
    if "from" not in data:
        return data
    times = {key: EPOCH + timedelta(seconds=data[key]) for key in ("from", "to") if data[key] is not None}
    return {"claim": data["claim"], "reason": data["reason"], **times}


def verdict_on(told: list[Told], as_of: int) -> Verdict:
    return judge(HUAIBEI, as_events(told), EPOCH + timedelta(seconds=as_of))


@settings(deadline=None, max_examples=80)
@given(stories())
def test_the_verdict_is_that_of_a_second_by_second_simulation(story: tuple[list[Told], int]) -> None:
    verdict, seen = verdict_on(*story), simulate(*story)
    assert (verdict.fault_class, verdict.claimed_class) == (seen.fault_class, seen.claimed)
    assert verdict.response.state == seen.response
    assert (verdict.repair.state, verdict.repair.counted_seconds) == (seen.repair, seen.counted)
    provider = verdict.provider_repair
    assert (provider.state, provider.counted_seconds) == (seen.provider, seen.provider_counted)
    assert verdict.slots == seen.slots


@given(stories(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(story: tuple[list[Told], int], random: Any) -> None:
    told, as_of = story
    events = as_events(told)
    expected = judge(HUAIBEI, events, EPOCH + timedelta(seconds=as_of))
    random.shuffle(events)
    assert judge(HUAIBEI, events, EPOCH + timedelta(seconds=as_of)) == expected


@given(stories(), spans)
def test_an_approved_exclusion_never_lengthens_counted_time(
    story: tuple[list[Told], int], span: tuple[int, int | None]
) -> None:
    told, as_of = story
    last = max(each[0] for each in told)
    more: list[Told] = [
        (last, "exclusion_claimed", {"claim": "z", "reason": "customer", "from": span[0], "to": span[1]}),
        (last, "exclusion_approved", {"claim": "z"}),
    ]
    before, after = verdict_on(told, as_of), verdict_on([*told, *more], as_of)
    assert after.repair.counted_seconds <= before.repair.counted_seconds
    assert after.response == before.response


@given(stories(), seconds)
def test_time_and_reopening_never_reset_what_is_counted(story: tuple[list[Told], int], later: int) -> None:
    told, as_of = story
    told = [each for each in told if not each[1].startswith("exclusion")]
    reopened: list[Told] = [*told, (as_of, "restoration_rejected", {})]
    counted = [
        verdict_on(told, as_of).repair.counted_seconds,
        verdict_on(reopened, as_of).repair.counted_seconds,
        verdict_on(reopened, as_of + later).repair.counted_seconds,
    ]
    assert counted == sorted(counted)


@given(stories())
def test_the_due_time_is_where_the_count_passes_the_limit(story: tuple[list[Told], int]) -> None:
    told, as_of = story
    verdict = verdict_on(told, as_of)
    if verdict.repair.state == "missed":
        due = int((verdict.repair.due_at - EPOCH).total_seconds())
        limit = HUAIBEI.fault_classes[verdict.fault_class].limit.total_seconds()
        spans_down = [(start, end or verdict.as_of) for start, end in verdict.outages]
        assert any(start <= verdict.repair.due_at < end for start, end in spans_down)
        assert verdict.repair.counted_seconds > limit
        assert due >= limit


@given(stories())
def test_the_providers_claims_never_count_for_more_time_than_the_contract(
    story: tuple[list[Told], int],
) -> None:
    verdict = verdict_on(*story)
    assert verdict.provider_repair.counted_seconds <= verdict.repair.counted_seconds


@given(stories())
def test_a_verdict_has_one_digest(story: tuple[list[Told], int]) -> None:
    assert verdict_on(*story).digest() == verdict_on(*story).digest()
