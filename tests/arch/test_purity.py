"""Rules are pure, the clock is read in one place, errors are never swallowed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.arch.source import dotted, imported, product_files, tree

FILES = product_files()
IMPURE = ("sqlalchemy", "fastapi", "starlette", "jinja2", "ansible", "ansible_runner", "alembic", "requests")
PURE = [
    *(p for p in FILES if p.name == "rules.py"),
    *(
        Path(f"sla/{name}.py")
        for name in ("contract", "events", "fold", "verdict", "exclusions", "intervals", "grid", "schedule")
    ),
]

READS_THE_CLOCK = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
}
READS_THE_CLOCK |= {f"{module}.{name}" for module in ("datetime", "dt") for name in READS_THE_CLOCK}
MAY_MEASURE = {
    Path("kernel/clock.py"),
    Path("kernel/db/held.py"),  # how long a connection was idle
    Path("kernel/jobs/worker.py"),  # how long a job took
    Path("kernel/web/timing.py"),  # how long a request took
}
MEASURES = {"time.monotonic", "time.perf_counter", "time.monotonic_ns", "time.perf_counter_ns"}


@pytest.mark.parametrize("path", PURE, ids=str)
def test_rules_import_neither_database_nor_web_nor_templates(path: Path) -> None:
    assert [name for name in imported(tree(path)) if name.split(".")[0] in IMPURE] == []


@pytest.mark.parametrize("path", PURE, ids=str)
def test_rules_open_no_file_and_print_nothing(path: Path) -> None:
    calls = {dotted(n.func) for n in ast.walk(tree(path)) if isinstance(n, ast.Call)}
    assert calls & {"open", "print", "input"} == set()


@pytest.mark.parametrize("path", FILES, ids=str)
def test_only_the_clock_reads_the_system_clock(path: Path) -> None:
    used = {dotted(n) for n in ast.walk(tree(path)) if isinstance(n, ast.Attribute)}
    if path != Path("kernel/clock.py"):
        assert used & READS_THE_CLOCK == set()
    if path not in MAY_MEASURE:
        assert used & MEASURES == set()
    names = {n for n in imported(tree(path)) if n in READS_THE_CLOCK | MEASURES}
    assert names == set()


@pytest.mark.parametrize("path", FILES, ids=str)
def test_no_error_is_swallowed_in_silence(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"line {node.lineno}: bare except"
            assert not all(isinstance(s, ast.Pass) for s in node.body), f"line {node.lineno}: except … pass"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_packages_use_each_others_services_not_their_tables_or_jobs(path: Path) -> None:
    """`jobs` and `pages` are called by the framework only (they are named in manifests)."""
    own = path.parts[0]
    inner = [
        n for n in imported(tree(path)) if n.split(".")[-1] in ("pages", "api") and n.split(".")[0] != own
    ]
    assert [n for n in inner if n.split(".")[0] in ("kernel", "sla", "incidents", "oa")] == []


@pytest.mark.parametrize("path", FILES, ids=str)
def test_savepoints_are_begun_where_what_waits_is_written_first(path: Path) -> None:
    """`kernel.db.later.savepoint`; `once` begins one on the connection, and nothing waits in it."""
    calls = {dotted(n.func) for n in ast.walk(tree(path)) if isinstance(n, ast.Call)}
    if path not in (Path("kernel/db/later.py"), Path("kernel/db/once.py")):
        assert not any(call and call.endswith(".begin_nested") for call in calls)
