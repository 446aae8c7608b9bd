"""Facts on record, the calendar's deadlines and messages, frozen statements; on both databases."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text

from kernel.audit.attest import all_problems
from kernel.crypto import sm3_hex
from kernel.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from kernel.outbox.models import Message
from sla.deadlines.models import ARMED, CANCELLED, FIRED, Deadline
from sla.obligations.jobs import arm_at_start
from sla.obligations.models import ObligationKey
from tests.support.dealing import calendar, final_penalty, issue, local, position, this_year, told
from tests.support.world import World

SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
H1 = {"instalment": "h1"}
PAID = {**H1, "payer": "city", "amount": "450000.00"}


@pytest.fixture
def dealing(world: World) -> World:
    return this_year(world)


def rungs(world: World, key: str, state: int = ARMED) -> list[tuple[str, str]]:
    wanted = (
        select(Deadline)
        .join(ObligationKey, ObligationKey.id == Deadline.subject_id)
        .where(Deadline.subject == "obligation", ObligationKey.key == key, Deadline.state == state)
        .order_by(Deadline.due_at)
    )
    zone = world.platform.zone
    with world.platform.db.read() as session:
        return [(d.rung, f"{d.due_at.astimezone(zone):%m-%d %H:%M}") for d in session.scalars(wanted)]


def mail(world: World, who: str) -> list[str]:
    wanted = select(Message.title).where(
        Message.ref == "obligations", Message.channel == "inapp", Message.address == who
    )
    with world.platform.db.read() as session:
        return list(session.scalars(wanted.order_by(Message.id)))


def test_what_lies_ahead_is_armed_as_rows_of_the_one_engine(dealing: World) -> None:
    assert rungs(dealing, "payment:h1:city") == [
        ("before:10", "03-21 09:00"), ("before:3", "03-28 09:00"), ("due", "04-01 00:00"),
    ]  # fmt: skip
    assert rungs(dealing, "payment:h2:city")[0] == ("before:30", "08-31 09:00")


def test_arming_again_changes_nothing(dealing: World) -> None:
    before = rungs(dealing, "payment:h1:city")
    for _again in range(2):
        arm_at_start(dealing.platform)
    assert rungs(dealing, "payment:h1:city") == before
    assert rungs(dealing, "payment:h1:city", CANCELLED) == []


def test_a_payment_cancels_its_reminders_and_a_withdrawal_brings_them_back(dealing: World) -> None:
    fact = told(dealing, "wang", "payment_received", **PAID)
    assert rungs(dealing, "payment:h1:city") == []
    assert calendar(dealing)["payment:h1:city"].state == "met"
    told(dealing, "wang", "withdrawal", withdraws=fact.id, text="记错了")
    assert len(rungs(dealing, "payment:h1:city")) == 3
    assert calendar(dealing)["payment:h1:city"].state == "due"


def test_the_debtor_is_reminded_and_both_sides_hear_when_it_is_overdue(dealing: World) -> None:
    dealing.run_until(local("2026-03-22"))
    reminders = [t for t in mail(dealing, "sun") if "支付服务费" in t]
    assert reminders == ["【还有10天】支付服务费：2026-03-31（含）前"]
    assert [t for t in mail(dealing, "zhou") if "支付服务费" in t] == []
    told(dealing, "sun", "payment_received", **(PAID | {"payer": "suixi", "amount": "250000"}))
    dealing.run_until(local("2026-04-01"))
    assert [t for t in mail(dealing, "sun") if "逾期" in t and "支付" in t] == []
    for who in ("wang", "zhou"):
        assert [t for t in mail(dealing, who) if "支付" in t][-1] == "【逾期】支付服务费：2026-03-31（含）前"


def test_one_message_tells_of_all_payments_of_a_day(dealing: World) -> None:
    dealing.run_until(local("2026-03-22"))
    wanted = select(Message).where(Message.channel == "email", Message.address == "wang@example.test")
    with dealing.platform.db.read() as session:
        [message] = [m for m in session.scalars(wanted) if "支付" in m.title]
    assert message.body.count("支付服务费：") == 5
    assert message.sent_at is not None


def test_what_fell_due_long_before_the_platform_knew_is_shown_not_announced(world: World) -> None:
    arm_at_start(world.platform)
    world.settle()
    assert calendar(world)["payment:h1:city"].state == "missed"
    assert mail(world, "wang") == []


def test_a_notice_is_sent_to_the_other_side_and_awaits_its_answer(dealing: World) -> None:
    notice = told(dealing, "wang", "breach_notice", "2026-03-02", text="未按时提交周报。")
    assert notice.subject == "N2026-001"
    assert mail(dealing, "zhou")[0].startswith("【违约通知】N2026-001")
    key = "answer:N2026-001"
    assert rungs(dealing, key)[-1] == ("due", "03-18 00:00")
    told(dealing, "zhou", "breach_answer", subject="N2026-001", outcome="corrected", text="已补交。")
    assert (calendar(dealing)[key].state, rungs(dealing, key)) == ("met", [])
    assert mail(dealing, "wang") == ["【答复】N2026-001：已纠正"]


FAULTY: list[tuple[str, str, dict[str, Any], type[AppError], str]] = [
    ("wang", "nonsense", {}, Invalid, "kind"),
    ("wang", "payment_received", {}, Invalid, "amount"),
    ("wang", "payment_received", PAID | {"amount": "1.005"}, Invalid, "amount"),
    ("wang", "payment_received", PAID | {"amount": "-1"}, Invalid, "amount"),
    ("wang", "payment_received", PAID | {"amount": "NaN"}, Invalid, "amount"),
    ("wang", "payment_received", PAID | {"amount": "一万"}, Invalid, "amount"),
    ("wang", "payment_received", PAID | {"payer": "hefei"}, Invalid, "payer"),
    ("wang", "payment_received", PAID | {"instalment": "h3"}, Invalid, "instalment"),
    ("wang", "payment_received", PAID | {"on": "2026-03-04"}, Invalid, "on"),
    ("wang", "payment_received", PAID | {"on": "2025-12-31"}, Invalid, "on"),
    ("wang", "payment_received", PAID | {"outcome": "passed"}, Invalid, "outcome"),
    ("wang", "assessment", {"outcome": "good"}, Invalid, "outcome"),
    ("wang", "assessment", {"outcome": "failed"}, Invalid, "until"),
    ("wang", "assessment", {"outcome": "failed", "until": "2026-03-03"}, Invalid, "until"),
    ("wang", "breach_notice", {"text": " "}, Invalid, "text"),
    ("wang", "breach_notice", {"text": "x" * 4001}, Invalid, "text"),
    ("wang", "breach_answer", {"subject": "N1", "outcome": "denied", "text": "x"}, Invalid, "subject"),
    ("wang", "waiver", {"subject": "nothing", "text": "x"}, Invalid, "subject"),
    ("wang", "withdrawal", {"withdraws": 99, "text": "x"}, Invalid, "withdraws"),
    ("wang", "accepted", {}, Conflict, "not_delivered"),
    ("wang", "delivery_reported", {}, Forbidden, "forbidden"),
    ("zhou", "accepted", {}, Forbidden, "forbidden"),
    ("zhou", "waiver", {"subject": "delivery", "text": "x"}, Forbidden, "forbidden"),
    ("sun", "payment_received", PAID, Forbidden, "forbidden"),
    ("sun", "breach_notice", {"text": "x"}, Forbidden, "forbidden"),
    ("lin", "delivery_reported", {}, Forbidden, "forbidden"),
]  # fmt: skip


@SQLITE
@pytest.mark.parametrize(("who", "kind_", "fields", "error", "named"), FAULTY)
def test_a_fact_that_cannot_be_is_refused_by_name(
    dealing: World, who: str, kind_: str, fields: dict[str, Any], error: type[AppError], named: str
) -> None:
    with pytest.raises(error) as raised:
        told(dealing, who, kind_, **fields)
    names = [each.field for each in raised.value.errors] or [raised.value.code]
    assert named in names


@SQLITE
def test_a_fact_of_which_there_is_one_is_not_recorded_twice(dealing: World) -> None:
    first = told(dealing, "zhou", "delivery_reported", "2026-03-02")
    with pytest.raises(Conflict) as raised:
        told(dealing, "zhou", "delivery_reported", "2026-03-03")
    assert raised.value.code == "already_recorded"
    told(dealing, "zhou", "delivery_reported", "2026-03-03", withdraws=first.id)
    assert str(calendar(dealing)["delivery"].duty.done) == "2026-03-03"
    with pytest.raises(Conflict):
        told(dealing, "zhou", "withdrawal", withdraws=first.id, text="x")


@SQLITE
def test_nobody_withdraws_or_answers_for_the_other_side(dealing: World) -> None:
    notice = told(dealing, "wang", "breach_notice", text="x")
    answer = {"subject": notice.subject, "outcome": "denied", "text": "x"}
    for who, kind_, fields in (
        ("zhou", "withdrawal", {"withdraws": notice.id, "text": "x"}),
        ("wang", "breach_answer", answer),
        ("sun", "withdrawal", {"withdraws": notice.id, "text": "x"}),
    ):
        with pytest.raises(Forbidden):
            told(dealing, who, kind_, **fields)
    told(dealing, "zhou", "breach_answer", **answer)
    with pytest.raises(Conflict):
        told(dealing, "zhou", "breach_answer", **answer)


@SQLITE
def test_a_county_withdraws_only_its_own_payment(dealing: World) -> None:
    own = told(dealing, "sun", "payment_received", **(PAID | {"payer": "suixi"}))
    city = told(dealing, "wang", "payment_received", **PAID)
    with pytest.raises(Forbidden):
        told(dealing, "sun", "withdrawal", withdraws=city.id, text="x")
    told(dealing, "sun", "withdrawal", withdraws=own.id, text="x")
    assert calendar(dealing)["payment:h1:suixi"].state == "due"


def test_a_waiver_by_the_creditor_ends_the_obligation(dealing: World) -> None:
    told(dealing, "wang", "waiver", subject="development", text="双方另行约定。")
    assert (calendar(dealing)["development"].state, rungs(dealing, "development")) == ("waived", [])


def test_facts_are_append_only_and_attested(dealing: World) -> None:
    told(dealing, "zhou", "delivery_reported")
    database = dealing.platform.db
    assert list(all_problems(dealing.platform)) == []
    with pytest.raises(Exception, match="append-only"), database.write("mallory") as session:
        session.execute(text("UPDATE contract_fact SET happened_on = '2026-01-03'"))
    with database.write("mallory") as session:
        _unguard(session, "contract_fact")
        session.execute(text("UPDATE contract_fact SET actor = 'mallory'"))
    [problem] = all_problems(dealing.platform)
    assert problem.startswith("fact:1")


def _unguard(session: Any, table: str) -> None:
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text(f"DROP TRIGGER {table}_no_update"))
    else:
        session.execute(text(f"DROP TRIGGER {table}_append_only ON {table}"))


def test_three_final_penalties_come_off_the_first_half_when_it_is_issued(dealing: World) -> None:
    for _each in range(3):
        final_penalty(dealing)
    assert str(position(dealing).statement.line("city").payable) == "443100.00"
    dealing.run_until(local("2026-03-25"))
    found = issue(dealing)
    assert [row["payable"] for row in found.body["payers"]] == [
        "443100.00", "250000.00", "150000.00", "150000.00", "150000.00",
    ]  # fmt: skip
    assert found.issued
    assert found.issued.digest == sm3_hex(found.issued.body.encode())
    assert json.loads(found.issued.body) == found.body
    assert _states(dealing) == ["settled"] * 3
    assert position(dealing, 2).statement.charges == ()


def _states(world: World) -> list[str]:
    from sla.penalties.models import Penalty

    with world.platform.db.read() as session:
        return list(session.scalars(select(Penalty.state).order_by(Penalty.id)))


def test_a_frozen_statement_does_not_move_when_the_record_does(dealing: World) -> None:
    final_penalty(dealing)
    dealing.run_until(local("2026-03-25"))
    frozen = issue(dealing).body
    final_penalty(dealing)
    told(dealing, "zhou", "delivery_reported", "2026-03-25")
    assert position(dealing).body == frozen
    assert [c.ref for c in position(dealing, 2).statement.charges] == ["P2026-0002"]


def test_a_reissue_needs_a_reason_and_keeps_both_versions(dealing: World) -> None:
    final_penalty(dealing)
    dealing.run_until(local("2026-03-25"))
    issue(dealing)
    final_penalty(dealing)
    with pytest.raises(Invalid) as raised:
        issue(dealing)
    assert raised.value.errors[0].field == "reason"
    found = issue(dealing, reason="补入三月的违约金。")
    assert str(found.statement.line("city").payable) == "445400.00"
    assert [v.version for v in found.versions] == [1, 2]
    assert found.versions[0].digest != found.versions[1].digest
    assert _states(dealing) == ["settled"] * 2


def test_statements_are_issued_in_turn_and_not_too_early(dealing: World) -> None:
    with pytest.raises(Conflict) as early:
        issue(dealing)
    with pytest.raises(Conflict) as second:
        issue(dealing, 2)
    assert (early.value.code, second.value.code) == ("too_early", "out_of_order")
    dealing.clock.move_to(local("2026-09-25"))
    issue(dealing, 1)
    issue(dealing, 2)
    with pytest.raises(Conflict) as behind:
        issue(dealing, 1, reason="x")
    assert behind.value.code == "out_of_order"


@SQLITE
def test_who_issues_what(dealing: World) -> None:
    dealing.clock.move_to(local("2026-03-25"))
    with pytest.raises(Forbidden):
        issue(dealing, who="zhou")
    with pytest.raises(Conflict) as stale:
        issue(dealing, if_version=1)
    assert stale.value.code == "stale"
    with pytest.raises(NotFound):
        position(dealing, 3)


def test_a_settled_penalty_that_is_reversed_comes_back_as_a_credit(dealing: World) -> None:
    number = final_penalty(dealing)
    dealing.run_until(local("2026-03-25"))
    issue(dealing)
    dealing.happen(number, "exclusion_claimed", reason="force_majeure", at=None,
                   **{"from": local("2026-03-03", 9), "to": local("2026-03-03", 13)})  # fmt: skip
    dealing.happen(number, "exclusion_approved", "wang", claim="C1")
    dealing.settle()
    [credit] = [c for c in position(dealing, 2).statement.charges if c.kind == "credit"]
    assert credit.amount == Decimal("-2300.00")


def test_an_altered_statement_is_named(dealing: World) -> None:
    dealing.clock.move_to(local("2026-03-25"))
    issue(dealing)
    assert list(all_problems(dealing.platform)) == []
    with dealing.platform.db.write("mallory") as session:
        _unguard(session, "settlement_statement")
        session.execute(text("UPDATE settlement_statement SET body = replace(body, '450000.00', '1.00')"))
    found = list(all_problems(dealing.platform))
    assert len(found) == 2
    assert all("settlement:" in problem for problem in found)


def test_what_another_contract_armed_is_silent(dealing: World) -> None:
    platform = dealing.platform
    platform.settings = platform.settings.model_copy(update={"contract": "huaibei-2025"})
    dealing.run_until(local("2026-04-02"))
    assert mail(dealing, "wang") == []
    assert rungs(dealing, "payment:h1:city", FIRED)[-1][0] == "due"
