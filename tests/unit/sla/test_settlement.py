"""Half-yearly settlement: worked examples 15 to 17, both values of `deduct_from`, sums to the fen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from kernel.pdf import Table
from sla.contract import Contract
from sla.settlement import rules
from sla.settlement.body import body_of
from sla.settlement.forms import document, workbook
from sla.settlement.rules import Charge, Statement
from tests.unit.sla.dealings import HUAIBEI, contract, day, facts, paid, penalty, statements

THREE = [penalty("2300.00", number=n) for n in (1, 2, 3)]
IN_TIME = ("delivery_reported", "05-19")
SHARES = {"city": "450000.00", "suixi": "250000.00", "xiangshan": "150000.00"}
SHARES |= {"duji": "150000.00", "lieshan": "150000.00"}


def payable(statement: Statement) -> dict[str, str]:
    return {line.payer: str(line.payable) for line in statement.lines}


def test_three_penalties_final_in_february_come_off_the_citys_share() -> None:
    [first] = statements(HUAIBEI, [THREE])
    assert payable(first) == SHARES | {"city": "443100.00"}


def test_pro_rata_divides_them_over_all_payers() -> None:
    [first] = statements(contract(deduct_from="pro_rata"), [THREE])
    assert payable(first) == {
        "city": "447300.00", "suixi": "248500.00", "xiangshan": "149100.00",
        "duji": "149100.00", "lieshan": "149100.00",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "parts"),
    [
        ("0.01", ["0.01", "0.00", "0.00", "0.00", "0.00"]),
        ("0.02", ["0.01", "0.01", "0.00", "0.00", "0.00"]),
        ("100.00", ["39.13", "21.74", "13.05", "13.04", "13.04"]),
        ("-100.00", ["-39.13", "-21.74", "-13.05", "-13.04", "-13.04"]),
    ],
)
def test_the_largest_remainders_get_the_fen_that_are_left(amount: str, parts: list[str]) -> None:
    found = rules.share_out(contract(deduct_from="pro_rata"), Decimal(amount))
    assert [f"{part:.2f}" for part in found.values()] == parts
    assert sum(found.values()) == Decimal(amount)


def test_ten_days_of_late_delivery_come_off_the_second_half() -> None:
    first, second = statements(HUAIBEI, [[], []], ("delivery_reported", "05-29"))
    assert (first.charges, payable(first)) == ((), SHARES)
    assert [(c.kind, str(c.amount)) for c in second.charges] == [("late_delivery", "23000.00")]
    assert payable(second)["city"] == "427000.00"


@pytest.mark.parametrize(
    ("delivered", "amount"), [("05-19", "0"), ("05-20", "2300.00"), ("05-29", "23000.00")]
)
def test_late_delivery_counts_calendar_days(delivered: str, amount: str) -> None:
    charges = statements(HUAIBEI, [[], []], ("delivery_reported", delivered))[1].charges
    assert sum(charge.amount for charge in charges) == Decimal(amount)


def test_what_exceeds_the_citys_share_is_carried_over() -> None:
    first, second = statements(HUAIBEI, [[penalty("500000.00")], [penalty("2300.00", "08-01", 2)]], IN_TIME)
    city = first.line("city")
    assert (str(city.payable), str(city.carried)) == ("0.00", "50000.00")
    assert str(second.line("city").brought) == "50000.00"
    assert str(second.line("city").payable) == "397700.00"


def test_a_credit_raises_the_next_instalment() -> None:
    _, second = statements(HUAIBEI, [THREE, [penalty("-2300.00", "05-01")]], IN_TIME)
    assert payable(second)["city"] == "452300.00"


def test_the_first_half_paid_on_the_tenth_of_may_costs_ten_days() -> None:
    rows = [paid(payer, "05-10", share) for payer, share in SHARES.items()]
    _, second = statements(HUAIBEI, [[], []], ("delivery_reported", "05-01"), *rows)
    assert sum(each.amount for each in second.late) == Decimal("11500.00")
    assert {each.payer: str(each.amount) for each in second.late}["city"] == "4500.00"
    assert sum(line.total for line in second.lines) == Decimal("1161500.00")


def test_late_payment_is_reckoned_on_what_was_owed_after_deductions() -> None:
    first, second = statements(
        HUAIBEI, [[penalty("50000.00")], []], ("delivery_reported", "05-01"), paid("city", "05-10", "400000")
    )
    assert str(first.line("city").payable) == "400000.00"
    assert str(second.late[0].amount) == "4000.00"


@pytest.mark.parametrize("key", ["delivery", "payment:h1:city"])
def test_what_was_waived_costs_nothing(key: str) -> None:
    rows = [paid(payer, "03-31", share) for payer, share in SHARES.items() if payer != "city"]
    late = [("delivery_reported", "05-29"), paid("city", "05-10", "450000.00"), *rows]
    plain = statements(HUAIBEI, [[], []], *late)[1].line("city")
    kind = ("waiver", "06-01", {"subject": key})
    waived = statements(HUAIBEI, [[], []], *late, kind)[1].line("city")
    assert plain.total != waived.total
    assert (waived.charged if key == "delivery" else waived.late) == 0


def test_late_delivery_already_charged_is_not_charged_again() -> None:
    late = replace(HUAIBEI, signed=day("2024-07-01"))
    first, second = statements(late, [[], []])
    days = (day("09-30") - day("2024-11-08")).days
    assert first.charges[0].amount + second.charges[0].amount == 2300 * days
    assert first.charges[0].amount == 2300 * (day("03-31") - day("2024-11-08")).days


def test_a_withdrawn_delivery_gives_back_what_was_charged() -> None:
    first = statements(HUAIBEI, [[]], ("delivery_reported", "05-29"), cut_off="06-30")
    rows = facts(("delivery_reported", "05-10"))
    record = rules.Record(rows, day("05-19"))
    second = rules.settle(HUAIBEI, HUAIBEI.instalments[1], first, [], record, day("09-30"))
    assert [str(charge.amount) for charge in second.charges] == ["-23000.00"]


def test_parts_of_odd_fees_sum_to_the_annual_fee() -> None:
    odd = {k: replace(p, annual_fee=p.annual_fee + Decimal("0.01")) for k, p in HUAIBEI.payers.items()}
    terms = replace(HUAIBEI, payers=odd)
    halves = [rules.shares(terms, i) for i in terms.instalments]
    assert {k: halves[0][k] + halves[1][k] for k in odd} == {k: p.annual_fee for k, p in odd.items()}


def test_only_what_is_final_by_the_day_is_settled() -> None:
    items = [penalty("2300.00", "03-31", 1), penalty("2300.00", "04-01", 2)]
    assert [c.ref for c in rules.in_time(items, day("03-31"))] == ["P2025-0001"]
    assert rules.cut_off(HUAIBEI.instalments[0], day("03-20")) == day("03-20")
    assert rules.cut_off(HUAIBEI.instalments[0], day("06-20")) == day("03-31")


def test_a_half_year_names_its_instalment() -> None:
    keys = [rules.half_of(HUAIBEI, i) for i in HUAIBEI.instalments]
    assert keys == [(2025, 1), (2025, 2)]
    assert rules.instalment_of(HUAIBEI, 2025, 2) == HUAIBEI.instalments[1]
    assert rules.instalment_of(HUAIBEI, 2025, 3) is None


FEN = st.integers(-80_000_000, 80_000_000).filter(bool).map(lambda n: Decimal(n).scaleb(-2))
TERMS = st.sampled_from([contract(deduct_from=value) for value in ("city", "pro_rata")])


@given(TERMS, st.lists(st.lists(FEN, max_size=6), min_size=2, max_size=2))
def test_charges_sum_to_deductions_and_what_is_carried_over(
    terms: Contract, amounts: list[list[Decimal]]
) -> None:
    items = [[Charge("penalty", str(n), a, day("02-01")) for n, a in enumerate(each)] for each in amounts]
    done = statements(terms, items, ("delivery_reported", "06-01"))
    charged = sum((c.amount for s in done for c in s.charges), Decimal(0))
    deducted = sum((line.deducted for s in done for line in s.lines), Decimal(0))
    carried = sum((line.carried for line in done[-1].lines), Decimal(0))
    assert charged == deducted + carried
    for before, after in pairwise(done):
        assert [line.carried for line in before.lines] == [line.brought for line in after.lines]
    for line in (line for s in done for line in s.lines):
        assert line.payable >= 0
        assert line.carried >= 0
        assert line.carried == 0 or line.payable == 0


@given(FEN, st.lists(st.integers(1, 10**9), min_size=1, max_size=12))
def test_parts_always_sum_to_their_whole(amount: Decimal, weights: list[int]) -> None:
    parts = rules.allocate(amount, {str(n): Decimal(w) for n, w in enumerate(weights)})
    assert sum(parts.values()) == amount
    exact = {str(n): amount * w / sum(weights) for n, w in enumerate(weights)}
    assert all(abs(parts[k] - exact[k]) < Decimal("0.0101") for k in parts)


@pytest.mark.parametrize(("many", "printed"), [(300, 300), (301, 2)])
def test_a_long_list_of_charges_is_printed_by_month_and_whole_in_the_workbook(
    many: int, printed: int
) -> None:
    items = [penalty("2300.00", "02-01" if n % 2 else "01-31", number=n) for n in range(many)]
    [first] = statements(HUAIBEI, [items])
    body = body_of(HUAIBEI, first, 1)
    blocks = [
        b for b in document(body, None, datetime(2025, 3, 21, tzinfo=UTC)).blocks if isinstance(b, Table)
    ]
    assert (len(blocks[1].rows), (blocks[1].total or ())[-1]) == (printed, f"¥{2300 * many:,}.00")
    sheet = load_workbook(BytesIO(workbook(body, None)))["扣款明细"]
    assert sheet.max_row == many + 1
