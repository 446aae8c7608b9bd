"""Frozen reports: issued once, by hand or on the 1st, reissued with a reason, never altered unseen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from kernel.audit.attest import all_problems
from kernel.errors import Invalid, NotFound
from kernel.outbox.models import Message
from sla.deadlines.models import ARMED, Deadline
from sla.frozen import dispatch, service
from sla.frozen.jobs import arm_month
from sla.frozen.models import FrozenReport
from sla.report.periods import month, parse_period
from tests.support.world import ZONE, World

MARCH = parse_period("2026-03")
APRIL = datetime(2026, 4, 2, 9, 0, tzinfo=ZONE)


def freeze(world: World, reason: str | None = None, period: Any = MARCH, who: str = "wang") -> FrozenReport:
    with world.platform.db.write(who) as session:
        found = service.freeze(world.platform, session, world.now, who, period, reason)
        session.expunge(found)
        return found


def penalised(world: World) -> None:
    world.report()
    world.run_for(hours=5)


def issues(world: World) -> list[tuple[str, int, str]]:
    with world.platform.db.read() as session:
        rows = session.scalars(select(FrozenReport).order_by(FrozenReport.id))
        return [(r.period, r.version, r.issued_by) for r in rows]


def test_a_frozen_month_keeps_its_figures(world: World) -> None:
    penalised(world)
    world.clock.move_to(APRIL)
    first = freeze(world)
    assert (first.period, first.version, first.reason) == ("2026-03", 1, None)
    figures = service.figures_in(first)
    assert (figures["incidents"], figures["penalty_total"]) == (1, "2300.00")
    with world.platform.db.read() as session:
        assert service.unaltered(session, service.one(session, "2026-03"))


def test_it_is_issued_again_only_with_a_reason(world: World) -> None:
    world.clock.move_to(APRIL)
    freeze(world)
    with pytest.raises(Invalid) as refused:
        freeze(world, "  ")
    assert refused.value.errors[0].field == "reason"
    second = freeze(world, "补录一起故障")
    assert (second.version, second.reason) == (2, "补录一起故障")
    with world.platform.db.read() as session:
        assert service.one(session, "2026-03").version == 2
        assert service.one(session, "2026-03", 1).version == 1


def test_a_month_that_has_not_ended_is_not_frozen(world: World) -> None:
    with pytest.raises(Invalid, match="还没有结束"):
        freeze(world)


def test_the_database_refuses_to_change_a_frozen_report(world: World) -> None:
    world.clock.move_to(APRIL)
    freeze(world)
    for statement in ("UPDATE sla_frozen_report SET version = 7", "DELETE FROM sla_frozen_report"):
        with pytest.raises(DatabaseError), world.platform.db.write("mallory") as session:
            session.execute(text(statement))


COLUMNS = {"figures": "'{}'", "digest": "'0'", "reason": "'x'", "issued_by": "'li'", "version": "9"}


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("column", COLUMNS)
def test_whoever_goes_round_the_guard_is_named(world: World, column: str) -> None:
    world.clock.move_to(APRIL)
    freeze(world)
    assert list(all_problems(world.platform)) == []
    with world.platform.db.write("mallory") as session:
        session.execute(text("DROP TRIGGER sla_frozen_report_no_update"))
        session.execute(text(f"UPDATE sla_frozen_report SET {column} = {COLUMNS[column]}"))
    assert any("report:2026-03/" in problem for problem in all_problems(world.platform))
    with world.platform.db.read() as session:
        assert not service.unaltered(session, service.one(session, "2026-03"))


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_frozen_report_taken_away_is_missed(world: World) -> None:
    world.clock.move_to(APRIL)
    freeze(world)
    with world.platform.db.write("mallory") as session:
        session.execute(text("DROP TRIGGER sla_frozen_report_no_delete"))
        session.execute(text("DELETE FROM sla_frozen_report"))
    assert any("现已缺失" in problem for problem in all_problems(world.platform))


def test_the_first_of_the_month_freezes_the_month_before(world: World) -> None:
    assert (arm_month(world.platform), arm_month(world.platform)) == (1, 0)
    world.run_until(datetime(2026, 5, 1, 0, 1, tzinfo=ZONE))
    assert issues(world) == [("2026-03", 1, "system"), ("2026-04", 1, "system")]
    with world.platform.db.read() as session:
        wanted = select(Deadline.due_at).where(Deadline.subject == "report", Deadline.state == ARMED)
        assert session.scalars(wanted).all() == [datetime(2026, 6, 1, tzinfo=ZONE)]


def test_what_the_supervisor_froze_is_not_issued_again_by_the_engine(world: World) -> None:
    arm_month(world.platform)
    world.clock.move_to(datetime(2026, 4, 1, 0, 0, tzinfo=ZONE))
    freeze(world)
    world.run_for(minutes=5)
    assert issues(world) == [("2026-03", 1, "wang")]


def subscribe(world: World, who: str) -> None:
    with world.platform.db.write(who) as session:
        dispatch.subscribe(session, world.now, world.actor(who))


def test_subscribers_get_the_pdf_by_mail(world: World, tmp_path: Any) -> None:
    from email import message_from_bytes, policy

    subscribe(world, "zhou")
    subscribe(world, "zhou")
    world.clock.move_to(APRIL)
    freeze(world)
    [message] = world.messages("report:2026-03/1")
    assert message.address == "zhou@example.test"
    world.settle()
    [mail] = [
        m
        for path in tmp_path.rglob("new/*")
        if "服务水平报告" in (m := message_from_bytes(path.read_bytes(), policy=policy.default))["subject"]
    ]
    [attached] = list(mail.iter_attachments())
    assert attached.get_filename() == "sla-2026-03-v1.pdf"
    assert attached.get_content().startswith(b"%PDF-")


def test_who_unsubscribed_or_lost_the_right_gets_no_mail(world: World) -> None:
    subscribe(world, "zhou")
    subscribe(world, "qian")  # asked by some other way: a clerk may not read it
    with world.platform.db.write("zhou") as session:
        dispatch.unsubscribe(session, world.now, world.actor("zhou"))
    world.clock.move_to(APRIL)
    freeze(world)
    assert world.messages("report:2026-03/1") == []


def test_who_has_no_address_is_told_so(world: World) -> None:
    with pytest.raises(Invalid, match="没有登记电子邮箱"):
        subscribe(world, "auditor")


def test_an_unknown_report_is_not_found(world: World) -> None:
    with world.platform.db.read() as session, pytest.raises(NotFound):
        service.one(session, "2020-01")


def test_the_list_pages_by_cursor(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PAGE", 2)
    world.clock.move_to(APRIL)
    for number in range(3):
        freeze(world, f"第{number}次")
    with world.platform.db.read() as session:
        first, cursor = service.listing(session)
        second, end = service.listing(session, cursor)
    assert [r.version for r in (*first, *second)] == [3, 2, 1]
    assert end is None


def test_months_follow_each_other() -> None:
    day = (APRIL - timedelta(days=20)).date()
    assert month(day).before().key == "2026-02"


def test_many_get_one_file(world: World) -> None:
    from kernel.outbox.models import MessageFile, OutboxFile

    subscribe(world, "zhou")
    subscribe(world, "wang")
    world.clock.move_to(APRIL)
    freeze(world)
    with world.platform.db.read() as session:
        assert len(session.scalars(select(OutboxFile.digest)).all()) == 1
        assert len(session.scalars(select(MessageFile.message_id)).all()) == 2
        assert len(session.scalars(select(Message.id)).all()) == 2
