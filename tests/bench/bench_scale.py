"""What a request costs with a thousand incidents and with a hundred thousand: the ratio should be near 1.

CPU time of the calls behind the routes, on SQLite; and the SLA report over all of them against its own
statements sent to the driver bare.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from sqlalchemy import event

from incidents import queries
from kernel.clock import FixedClock
from kernel.db import Database
from kernel.pdf import render_pdf
from kernel.web.moment import Moment, use_moment
from sla import pinned
from sla.deadlines import engine
from sla.deadlines.jobs import tick
from sla.penalties import queries as penalties
from sla.penalties.sums import fold
from sla.report.data import gather
from sla.report.figures import figures_of
from sla.report.paper import document_of
from sla.report.workbook import workbook_of
from sla.settlement import service as settlement
from tests.bench.row import Row
from tests.conftest import build
from tests.support import many
from tests.support.databases import create_schema
from tests.support.people import add_cast
from tests.support.world import START, World

FEW, COPIES, CALLS, ROUNDS = 1_000, 99, 100, 5
Work = Callable[[], object]


def world_in(folder: Path) -> World:
    """Return a world with the cast and FEW incidents; nothing of it needs the disk to be sure."""
    url = f"sqlite:///{folder}/scale.sqlite"
    empty = Database(url)
    create_schema(empty)
    empty.close()
    clock = FixedClock(START)
    platform = build(url, folder, clock)
    add_cast(platform)
    world = World(platform, clock)
    many.report(world, FEW)
    return world


def works(world: World) -> dict[str, Work]:
    """Return what is measured."""
    platform, actor = world.platform, world.actor("lin")
    number = world.report()
    platform.clock.now()

    def listing() -> None:
        with platform.db.read() as session:
            queries.listing(session, actor, queries.Filter())

    def page() -> None:
        with platform.db.read() as session:
            queries.detail(session, actor, number, world.now)

    def ledger() -> None:
        with platform.db.read() as session:
            penalties.listing(session, actor)

    def sums() -> None:
        with platform.db.read() as session:
            penalties.totals(session, actor)

    def penalty() -> None:
        with platform.db.read() as session:
            penalties.one(session, actor, "P2026-0001")

    def statement() -> None:
        with platform.db.read() as session:
            settlement.current(session, pinned.in_force(platform), world.now)

    def claim() -> None:
        with platform.db.new_write() as session:
            assert len(engine.claim(session, world.now + timedelta(days=1), 20)) == 20
            session.rollback()

    return {
        "incident list": listing,
        "incident page": page,
        "ledger page": ledger,
        "ledger's sums by state": sums,
        "penalty page": penalty,
        "settlement": statement,
        "report": world.report,
        "deadline tick": lambda: tick(platform),
        "claim of 20 deadlines, undone": claim,
    }


def cost(work: Work) -> float:
    """Return the median milliseconds of CPU of one call."""
    rounds = []
    work()
    for _ in range(ROUNDS):
        begun = process_time()
        for _ in range(CALLS):
            work()
        rounds.append((process_time() - begun) / CALLS * 1000)
    return median(rounds)


def run() -> Iterator[Row]:
    """Yield the rows: growth first, then the report over all."""
    with tempfile.TemporaryDirectory() as folder:
        world = world_in(Path(folder))
        while tick(world.platform):
            pass  # what the backdated ones owe
        before = {name: cost(work) for name, work in works(world).items()}
        many.copy(world, COPIES)
        fold(world.platform)
        for name, work in works(world).items():
            after = cost(work)
            title = f"{name}: CPU ms with {FEW * (COPIES + 1):,} incidents; with {FEW:,}"
            yield title, after, before[name], after / before[name], "ratio ≤ 1.5"
        yield from report_rows(world)
        world.platform.db.close()


def report_rows(world: World) -> Iterator[Row]:
    """Yield what the report over everything costs."""
    platform, actor = world.platform, world.actor("wang")
    contract = pinned.in_force(platform)
    start = world.now - timedelta(days=400)
    said: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            said.append((statement, parameters))

    def data() -> Any:
        with platform.db.read() as session:
            return gather(session, actor, contract, start, world.now, world.now)

    event.listen(platform.db.engine, "before_cursor_execute", note)
    found = data()
    event.remove(platform.db.engine, "before_cursor_execute", note)
    raw = platform.db.engine.raw_connection()

    def bare() -> None:
        for statement, parameters in said:
            raw.cursor().execute(statement, parameters).fetchall()

    ours, floor = (min(_seconds(work) for _ in range(3)) for work in (data, bare))
    raw.close()
    title = f"SLA report over {found.incidents:,} incidents: data, CPU s; its SQL bare"
    yield title, ours, floor, ours / floor, "ratio ≤ 1.5"
    use_moment(Moment(world.now, contract.zone))
    figures = figures_of(found)
    pdf = _seconds(lambda: render_pdf(document_of(figures, contract)))
    yield "SLA report: PDF, CPU s", pdf, 1.0, pdf, "≤ 1 s"
    xlsx = _seconds(lambda: workbook_of(figures, contract))
    yield "SLA report: XLSX, CPU s", xlsx, 2.0, xlsx / 2, "≤ 2 s"


def _seconds(work: Work) -> float:
    begun = process_time()
    work()
    return process_time() - begun
