"""From results to states, outages, days, incidents: on both databases."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import func, select

from incidents.models import Incident
from incidents.monitoring import queries, record, rules
from incidents.monitoring.models import ProbeDay, ProbeOutage, ProbeState
from incidents.monitoring.tracker import Change
from kernel.audit.attest import all_problems
from tests.support.probes import configure, results, trackers
from tests.support.world import World


def state(world: World) -> ProbeState:
    with world.platform.db.read() as session:
        return session.scalars(select(ProbeState)).one()


def outages(world: World) -> list[ProbeOutage]:
    with world.platform.db.read() as session:
        return list(session.scalars(select(ProbeOutage).order_by(ProbeOutage.id)))


def test_failures_in_a_row_open_an_incident_of_the_probes_module_class_and_payer(world: World) -> None:
    configure(world)
    (number,) = results(world, trackers(world)[0], "+--")
    incident = world.incident(number)
    assert (incident.fault_class, incident.modules, incident.payers) == (
        "system_general",
        ["documents"],
        ["city"],
    )
    assert "门户首页" in incident.title
    assert incident.started_at == world.now
    assert world.kinds(number)[0] == "detected"


def test_recovery_is_evidence_and_restoration_waits_for_a_human(world: World) -> None:
    configure(world)
    tracker = trackers(world)[0]
    (number,) = results(world, tracker, "+--")
    assert results(world, tracker, "++") == [number]
    assert "restored" not in world.kinds(number)
    assert "note" in world.kinds(number)
    assert world.incident(number).restored_at is None


def test_a_target_that_flips_every_ten_seconds_opens_one_incident(world: World) -> None:
    configure(world, interval=10, timeout=1, failures=1, recoveries=1)
    results(world, trackers(world)[0], "+-" * 30, step=10)
    with world.platform.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Incident)) == 1


def test_an_outage_is_kept_from_its_first_failure_to_its_first_success(world: World) -> None:
    configure(world)
    tracker, begun = trackers(world)[0], world.now
    results(world, tracker, "+---++")
    (outage,) = outages(world)
    assert [(at - begun).total_seconds() for at in (outage.from_at, outage.until_at)] == [120, 300]
    assert list(all_problems(world.platform)) == []


def test_writing_a_change_twice_writes_one_outage(world: World) -> None:
    configure(world)
    tracker = trackers(world)[0]
    results(world, tracker, "+--")
    before = tracker.standing
    results(world, tracker, "++")
    again = Change(tracker, before, tracker.standing, world.now, "正常", "")
    with world.platform.db.write("platform") as session:
        record.changes(world.platform, session, world.now, [again])
    assert len(outages(world)) == 1
    with world.platform.db.read() as session:
        assert session.scalars(select(ProbeDay.seconds_down)).one() == 120


def test_maintenance_ends_an_outage_counts_nothing_and_opens_nothing(world: World) -> None:
    configure(world)
    tracker = trackers(world)[0]
    results(world, tracker, "+--mmm")
    assert state(world).state == rules.MAINTENANCE
    assert len(outages(world)) == 1
    with world.platform.db.read() as session:
        assert session.scalars(select(ProbeDay.checks)).one() == 3
    results(world, tracker, "+")
    assert (state(world).state, state(world).alerted) == (rules.UP, 0)


def test_a_worker_that_starts_anew_goes_on_where_the_last_one_stood(world: World) -> None:
    configure(world)
    (number,) = results(world, trackers(world)[0], "+--")
    again = trackers(world)[0]
    assert again.standing.state == rules.DOWN
    assert results(world, again, "++") == [number]
    assert state(world).alerted == 0


def test_availability_counts_an_outage_that_lasts_and_only_time_that_was_watched(world: World) -> None:
    configure(world)
    tracker = trackers(world)[0]
    results(world, tracker, "+" * 8 + "--")
    with world.platform.db.read() as session:
        (line,), _ = queries.listing(session, world.now, world.platform.zone, queries.Filter())
        days = queries.days(session, world.now, world.platform.zone, [(line.probe, line.state)])
    assert line.month == Decimal("90.000")
    (day,) = days.values()
    assert (day.checks, day.failures, day.percent) == (10, 2, Decimal("90.000"))


def test_health_is_the_worst_of_a_module_and_payer(world: World) -> None:
    configure(world)
    configure(world, "second")
    first, second = trackers(world)
    results(world, first, "+")
    results(world, second, "+--")
    with world.platform.db.read() as session:
        assert queries.health(session) == {("documents", "city"): rules.DOWN}
        assert queries.counts(session) == {rules.UP: 1, rules.DOWN: 1}
    queries.gauges(world.platform)
    text = world.platform.metrics.render().decode()
    assert 'shoushi_probe_up{probe="portal"} 1.0' in text
    assert 'shoushi_probe_up{probe="second"} 0.0' in text


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_an_altered_outage_is_found_out(world: World) -> None:
    configure(world)
    results(world, trackers(world)[0], "+--++")
    with world.platform.db.write("x") as session:
        session.connection().exec_driver_sql("DROP TRIGGER probe_outage_no_update")
        session.connection().exec_driver_sql("UPDATE probe_outage SET words = 'x'")
    assert any("probe_outage:" in problem for problem in all_problems(world.platform))
