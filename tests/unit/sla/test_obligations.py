"""Who owes what by when: due dates of contract.md §2.11 to §2.14, states, what being late costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.calendars import WorkingDays
from sla.obligations import lateness
from sla.obligations.facts import KINDS, Fact, standing
from sla.obligations.rules import assess, charges, overdue
from tests.unit.sla.dealings import CALENDAR, HUAIBEI, day, facts, full, obligations, paid

NOTICE = ("breach_notice", "06-02", {"side": "a", "subject": "N2025-001", "text": "x"})
H1 = {"instalment": "h1"}


@pytest.mark.parametrize(
    ("key", "due", "owed_by"),
    [
        ("development", "04-02", "b"),
        ("delivery", "05-19", "b"),
        ("invoice:h1", "03-21", "b"),
        ("invoice:h2", "09-20", "b"),
        ("payment:h1:city", "03-31", "a"),
        ("payment:h2:lieshan", "09-30", "a"),
        ("drill:1", "06-30", "b"),
        ("drill:2", "12-31", "b"),
        ("assessment", "12-31", "a"),
    ],
)
def test_the_contract_makes_obligations(key: str, due: str, owed_by: str) -> None:
    found = obligations()[key]
    assert (found.due, found.duty.owed_by) == (day(due), owed_by)
    assert found.duty.clause in HUAIBEI.clauses


def test_they_come_in_the_order_of_their_days() -> None:
    found = assess(HUAIBEI, (), full(), CALENDAR, day("01-02"))
    assert [each.due for each in found] == sorted(each.due for each in found if each.due)


@pytest.mark.parametrize(
    ("today", "state", "days"),
    [
        ("04-18", "upcoming", 0),
        ("04-19", "due", 0),
        ("05-19", "due", 0),
        ("05-20", "missed", 1),
        ("06-18", "missed", 30),
    ],
)
def test_an_open_obligation_ages(today: str, state: str, days: int) -> None:
    found = obligations(today=today)["delivery"]
    assert (found.state, found.days_late, found.open) == (state, days, True)


@pytest.mark.parametrize(
    ("delivered", "state", "charge", "terminable"),
    [
        ("05-19", "met", "0.00", False),
        ("05-29", "late", "23000.00", False),
        ("06-18", "late", "69000.00", False),
        ("06-19", "late", "71300.00", True),
    ],
)
def test_late_delivery(delivered: str, state: str, charge: str, terminable: bool) -> None:
    found = obligations(("delivery_reported", delivered), today="08-01")["delivery"]
    assert (found.state, f"{found.charge:.2f}", found.terminable) == (state, charge, terminable)


def test_the_right_to_terminate_is_on_day_31() -> None:
    assert not obligations(today="06-18")["delivery"].terminable
    assert obligations(today="06-19")["delivery"].terminable


def test_the_delivery_report_asks_for_acceptance_within_seven_days() -> None:
    assert "acceptance" not in obligations()
    found = obligations(("delivery_reported", "05-29"), today="06-05")["acceptance"]
    assert (found.due, found.duty.owed_by, found.state) == (day("06-05"), "a", "due")
    done = obligations(("delivery_reported", "05-29"), ("accepted", "06-06"), today="06-07")["acceptance"]
    assert (done.state, done.days_late) == ("late", 1)


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        ([("invoice_issued", "03-21", H1)], "met"),
        ([("invoice_issued", "03-22", H1)], "late"),
        ([("invoice_issued", "03-20", H1 | {"payer": "city"})], "missed"),
        ([("invoice_issued", "03-20", H1 | {"payer": p}) for p in HUAIBEI.payers], "met"),
    ],
)
def test_an_instalment_is_invoiced_when_every_payer_is(rows: list[tuple[object, ...]], state: str) -> None:
    assert obligations(*rows)["invoice:h1"].state == state


@pytest.mark.parametrize(
    ("rows", "state", "charge"),
    [
        ([paid("city", "03-31", "450000.00")], "met", "0.00"),
        ([paid("city", "04-30", "450000.00")], "late", "0.00"),
        ([paid("city", "05-01", "450000.00")], "late", "450.00"),
        ([paid("city", "05-10", "450000.00")], "late", "4500.00"),
        ([paid("city", "04-01", "250000.00"), paid("city", "05-10", "200000.00")], "late", "2000.00"),
        ([paid("city", "05-05", "250000.00"), paid("city", "05-10", "200000.00")], "late", "3250.00"),
        ([paid("city", "03-31", "449999.99")], "missed", "0.00"),
        ([], "missed", "14400.00"),
    ],
)
def test_late_payment_costs_from_the_31st_day(
    rows: list[tuple[object, ...]], state: str, charge: str
) -> None:
    found = obligations(*rows, today="06-01")["payment:h1:city"]
    assert (found.state, f"{found.charge:.2f}") == (state, charge)
    assert found.duty.charge_from == day("05-01")


def test_the_whole_first_half_paid_on_the_tenth_of_may_costs_11500() -> None:
    shares = {payer: owed for (key, payer), owed in full().items() if key == "h1"}
    rows = [paid(payer, "05-10", str(share)) for payer, share in shares.items()]
    found = assess(HUAIBEI, facts(*rows), full(), CALENDAR, day("05-20"))
    assert charges(found, "a") == Decimal("11500.00")


def test_a_payment_that_deductions_ate_up_is_settled() -> None:
    owed = full()
    owed["h1", "city"] = Decimal(0)
    found = {o.key: o for o in assess(HUAIBEI, (), owed, CALENDAR, day("06-01"))}
    assert (found["payment:h1:city"].state, found["payment:h1:suixi"].state) == ("met", "missed")


@pytest.mark.parametrize(("held", "states"), [
    ([], ["missed", "upcoming"]),
    (["06-30"], ["met", "upcoming"]),
    (["07-01"], ["missed", "met"]),
])  # fmt: skip
def test_a_drill_is_owed_in_every_half_year(held: list[str], states: list[str]) -> None:
    found = obligations(*(("drill_held", on) for on in held), today="07-02")
    assert [found["drill:1"].state, found["drill:2"].state] == states


def test_drills_follow_the_months_of_the_contract() -> None:
    often = replace(HUAIBEI, drills=replace(HUAIBEI.drills, every_months=1), service_from=day("01-31"))
    dues = [o.due for k, o in obligations(terms=often).items() if k.startswith("drill:")]
    assert dues[:3] == [day("02-27"), day("03-30"), day("04-29")]


@pytest.mark.parametrize(
    ("answered", "today", "state"),
    [
        (None, "06-17", "due"), (None, "06-18", "missed"),
        ("06-17", "06-30", "met"), ("06-18", "06-30", "late"),
    ],
)  # fmt: skip
def test_a_notice_is_answered_within_fifteen_days(answered: str | None, today: str, state: str) -> None:
    answer = {"side": "b", "subject": "N2025-001", "outcome": "corrected", "text": "x"}
    rows = [("breach_answer", answered, answer)] if answered else []
    found = obligations(NOTICE, *rows, today=today)["answer:N2025-001"]
    assert (found.state, found.duty.owed_by, found.due) == (state, "b", day("06-17"))


def test_a_notice_of_party_b_is_answered_by_party_a() -> None:
    own = ("breach_notice", "06-02", {"side": "b", "subject": "N2025-002", "text": "x"})
    assert obligations(own)["answer:N2025-002"].duty.owed_by == "a"


FAILED = ("assessment", "11-01", {"outcome": "failed", "until": day("12-01")})


@pytest.mark.parametrize(
    ("rows", "state", "terminable"),
    [
        ([FAILED], "due", False),
        ([FAILED, ("assessment", "11-20", {"outcome": "passed"})], "met", False),
        ([FAILED, ("assessment", "11-20", {"outcome": "failed"})], "due", True),
    ],
)
def test_a_failed_assessment_asks_for_rectification(
    rows: list[tuple[object, ...]], state: str, terminable: bool
) -> None:
    found = obligations(*rows, today="11-25")
    assert found["assessment"].state == "met"
    assert (found["rectification:1"].state, found["rectification:1"].terminable) == (state, terminable)
    assert obligations(FAILED, today="12-02")["rectification:1"].terminable


def test_a_waiver_ends_an_obligation_and_its_price() -> None:
    waiver = ("waiver", "06-01", {"subject": "delivery", "text": "x"})
    found = obligations(waiver, today="07-30")["delivery"]
    assert (found.state, found.charge, found.open, found.terminable) == ("waived", 0, False, False)


def test_a_withdrawn_fact_is_as_if_it_had_never_been() -> None:
    back = ("withdrawal", "05-30", {"withdraws": 1, "text": "x"})
    assert obligations(("delivery_reported", "05-29"), back, today="05-30")["delivery"].state == "missed"
    assert "acceptance" not in obligations(("delivery_reported", "05-29"), back)


def test_a_fact_that_withdraws_another_stands_in_its_place() -> None:
    right = ("delivery_reported", "05-19", {"withdraws": 1})
    assert obligations(("delivery_reported", "05-29"), right)["delivery"].state == "met"
    assert [f.id for f in standing(facts(("delivery_reported", "05-29"), right))] == [2]


def test_working_days_beyond_the_table_are_not_guessed() -> None:
    short = WorkingDays({2025: CALENDAR.years[2025]})
    late = replace(HUAIBEI, signed=day("11-03"))
    found = {o.key: o for o in assess(late, (), full(late), short, day("12-01"))}
    assert (found["delivery"].state, found["delivery"].due) == ("unknown", None)
    assert found["delivery"].duty.covered_until == day("12-31")
    assert found["delivery"].charge == 0


def test_overdue_means_not_done() -> None:
    rows = [("delivery_reported", "05-29"), ("invoice_issued", "03-01", H1)]
    found = assess(HUAIBEI, facts(*rows), full(), CALENDAR, day("06-06"))
    assert {o.duty.kind for o in overdue(found)} == {"payment", "acceptance"}


def test_every_kind_of_fact_says_what_it_needs() -> None:
    known = set(Fact.__dataclass_fields__)
    assert all(set(kind.needs) | set(kind.may) <= known for kind in KINDS.values())


PAYMENTS = st.lists(st.tuples(st.integers(0, 120), st.integers(1, 30_000_000)), max_size=5).map(
    lambda rows: [(day("03-01") + timedelta(days=n), Decimal(fen).scaleb(-2)) for n, fen in sorted(rows)]
)


@given(PAYMENTS, st.integers(1, 50_000_000))
def test_periods_cover_each_chargeable_day_once(rows: list[tuple[object, Decimal]], fen: int) -> None:
    owed, until = Decimal(fen).scaleb(-2), day("06-30")
    found = lateness.late_payment(HUAIBEI, day("03-31"), owed, rows, until)  # type: ignore[arg-type]
    days = [p.first + timedelta(days=n) for p in found for n in range(p.days)]
    assert days == sorted(set(days))
    unpaid = [
        d
        for d in (day("05-01") + timedelta(days=n) for n in range(61))
        if sum((a for on, a in rows if on < d), Decimal(0)) < owed  # type: ignore[operator]
    ]
    assert days == unpaid
    assert lateness.total(found) == sum((p.per_day * p.days for p in found), Decimal(0))
