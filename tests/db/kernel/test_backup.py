"""Backups made under load come back whole; bad files are refused before anything is touched."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from incidents.models import Incident, IncidentEvent
from kernel.audit import AuditEntry, record, verify
from kernel.clock import FixedClock
from kernel.db import Database
from kernel.db.migrate import upgrade
from kernel.db.stamp import require_kind
from kernel.identity.models import Person
from sla.cases.models import Case
from sla.deadlines import Deadline
from tests.conftest import build
from tests.support.cli import Shoushi, runner
from tests.support.people import add_cast
from tests.support.world import START, World


@pytest.fixture
def live(empty_url: str, tmp_path: Path) -> Iterator[World]:
    """A migrated database with the cast in it, as an operator has it."""
    database = Database(empty_url)
    upgrade(database)
    require_kind(database, "live")
    database.close()
    clock = FixedClock(START)
    platform = build(empty_url, tmp_path / "data", clock)
    add_cast(platform)
    yield World(platform, clock)
    platform.db.close()


@pytest.fixture
def other_url(shelf: Any, tmp_path: Path) -> Iterator[str]:
    """An empty database elsewhere."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    url = shelf.new("empty", None, folder)
    yield url
    shelf.drop(url)


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that gives the command line of an installation."""

    def installation(url: str, folder: str) -> Shoushi:
        environ = {"SHOUSHI_DATABASE_URL": url, "SHOUSHI_DATA_DIR": str(tmp_path / folder)}
        return runner(environ, monkeypatch)

    return installation


def backed_up(live: World, at: Any, empty_url: str, tmp_path: Path) -> Path:
    target = tmp_path / "backup.tar.gz"
    ran = at(empty_url, "data")("backup", target)
    assert ran.status == 0, ran.err
    return target


def count(database: Database, model: Any) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_everything_comes_back_and_life_goes_on(
    live: World, at: Any, empty_url: str, other_url: str, tmp_path: Path
) -> None:
    number = live.report()
    live.run_for(seconds=1)
    live.happen(number, "responded", text="已到场")
    backup = backed_up(live, at, empty_url, tmp_path)
    assert backup.stat().st_mode & 0o077 == 0
    restored = at(other_url, "other")("restore", backup)
    assert (restored.status, restored.err) == (0, "")
    assert "审计链完好" in restored.out

    again = World(build(other_url, tmp_path / "other", live.clock), live.clock)
    assert again.events(number) == live.events(number)
    assert [p.username for p in _people(again)] == [p.username for p in _people(live)]
    assert sorted(p.name for p in (tmp_path / "other" / "mail" / "new").iterdir()) == sorted(
        p.name for p in (tmp_path / "data" / "mail" / "new").iterdir()
    )
    second = again.report()  # ids go on where they were
    assert second != number
    again.run_for(hours=5)
    assert again.case(number).repair_state == "missed"
    assert list(verify(again.platform.db)) == []
    again.platform.db.close()


def _people(world: World) -> list[Person]:
    with world.platform.db.read() as session:
        return list(session.scalars(select(Person).order_by(Person.id)))


def test_a_backup_taken_under_load_holds_every_acknowledged_report_and_no_torn_incident(
    live: World, at: Any, empty_url: str, other_url: str, tmp_path: Path
) -> None:
    acknowledged: list[str] = []
    enough, stop = threading.Event(), threading.Event()

    def load() -> None:
        while not stop.is_set():
            acknowledged.append(live.report())
            if len(acknowledged) >= 20:
                enough.set()

    reporter = threading.Thread(target=load)
    reporter.start()
    assert enough.wait(60)
    before = list(acknowledged)
    backup = backed_up(live, at, empty_url, tmp_path)
    stop.set()
    reporter.join(60)

    assert at(other_url, "other")("restore", backup).status == 0
    database = Database(other_url)
    with database.read() as session:
        numbers = set(session.scalars(select(Incident.number)))
    assert set(before) <= numbers <= set(acknowledged)
    assert count(database, IncidentEvent) == count(database, Case) == len(numbers)
    with database.read() as session:
        subjects = select(func.count(Deadline.subject_id.distinct()))
        assert session.scalar(subjects) == len(numbers)
    assert list(verify(database)) == []
    database.close()


def test_a_database_that_is_not_empty_is_refused(
    live: World, at: Any, empty_url: str, tmp_path: Path
) -> None:
    backup = backed_up(live, at, empty_url, tmp_path)
    before = count(live.platform.db, AuditEntry)
    refused = at(empty_url, "data")("restore", backup)
    assert refused.status == 2
    assert refused.err.count("\n") == 1
    assert "不是空的" in refused.err
    assert count(live.platform.db, AuditEntry) == before


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_with_force_the_old_sqlite_file_is_kept_under_another_name(
    live: World, at: Any, empty_url: str, tmp_path: Path
) -> None:
    backup = backed_up(live, at, empty_url, tmp_path)
    later = live.report()
    in_use = at(empty_url, "data")("restore", "--force", backup)
    assert in_use.status == 2
    assert "请先停止" in in_use.err
    live.platform.db.close()
    assert at(empty_url, "data")("restore", "--force", backup).status == 0
    assert count(live.platform.db, Incident) == 0
    kept = next(tmp_path.glob("shoushi.sqlite.before-*"))
    old = Database(f"sqlite:///{kept}")
    with old.read() as session:
        assert session.scalars(select(Incident.number)).all() == [later]
    old.close()


def test_a_backup_with_a_tampered_chain_comes_back_but_says_so(
    live: World, at: Any, empty_url: str, other_url: str, tmp_path: Path
) -> None:
    from tests.db.kernel.test_audit_chain import tamper

    with live.platform.db.write() as session:
        record(session, START, "thing.done", "thing:1")
    tamper(live.platform.db, "UPDATE audit_entry SET actor = 'nobody' WHERE position = 2")
    backup = backed_up(live, at, empty_url, tmp_path)
    restored = at(other_url, "other")("restore", backup)
    assert restored.status == 1
    assert "第2条" in restored.err


def test_an_existing_file_is_not_overwritten(live: World, at: Any, empty_url: str, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("mine")
    refused = at(empty_url, "data")("backup", tmp_path / "there")
    assert (refused.status, refused.err.count("\n")) == (2, 1)
    assert (tmp_path / "there").read_text() == "mine"


def test_a_database_that_was_never_initialised_is_not_backed_up(
    at: Any, empty_url: str, tmp_path: Path
) -> None:
    refused = at(empty_url, "data")("backup", tmp_path / "x.tar.gz")
    assert (refused.status, refused.err.count("\n")) == (2, 1)
    assert not (tmp_path / "x.tar.gz").exists()


# What a restoration refuses: each writes a bad file from a good one.


def _truncated(good: Path, bad: Path) -> None:
    bad.write_bytes(good.read_bytes()[:-100])


def _changed_byte(good: Path, bad: Path) -> None:
    data = bytearray(good.read_bytes())
    data[len(data) // 2] ^= 1
    bad.write_bytes(data)


def _changed_content(good: Path, bad: Path) -> None:
    members = _members(good)
    info, content = max(members[1:], key=lambda m: len(m[1]))
    changed = bytearray(content)
    changed[len(changed) // 2] ^= 1
    _repacked(bad, [(m, bytes(changed) if m is info else c) for m, c in members])


def _no_archive(_good: Path, bad: Path) -> None:
    bad.write_text("hello")


def _missing(_good: Path, _bad: Path) -> None:
    pass


def _repacked(bad: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    with tarfile.open(bad, "w:gz") as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def _members(good: Path) -> list[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(good) as tar:
        return [(m, tar.extractfile(m).read()) for m in tar]  # type: ignore[union-attr]


def _traversal(good: Path, bad: Path) -> None:
    name = "files/../../../escaped"
    members = _members(good)
    manifest = json.loads(members[0][1])
    manifest["digests"][name] = "0" * 64
    _repacked(
        bad,
        [
            (members[0][0], json.dumps(manifest).encode()),
            (tarfile.TarInfo(name), b"x"),
            *members[1:],
        ],
    )


def _symlink(good: Path, bad: Path) -> None:
    link = tarfile.TarInfo("files/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    members = _members(good)
    _repacked(bad, [members[0], (link, b""), *members[1:]])


def _extra_member(good: Path, bad: Path) -> None:
    _repacked(bad, [*_members(good), (tarfile.TarInfo("files/extra"), b"x")])


def _lost_member(good: Path, bad: Path) -> None:
    _repacked(bad, _members(good)[:-1])


def _other_product(_good: Path, bad: Path) -> None:
    _repacked(bad, [(tarfile.TarInfo("backup/wordpress.sql"), b"DROP TABLE")])


def _other_manifest(_good: Path, bad: Path) -> None:
    _repacked(bad, [(tarfile.TarInfo("manifest.json"), b'[{"Config":"a docker image"}]')])


def _newer_schema(good: Path, bad: Path) -> None:
    members = _members(good)
    manifest = json.loads(members[0][1]) | {"revision": "9999"}
    _repacked(bad, [(members[0][0], json.dumps(manifest).encode()), *members[1:]])


def _other_engine(good: Path, bad: Path) -> None:
    members = _members(good)
    manifest = json.loads(members[0][1])
    manifest["engine"] = {"sqlite": "postgresql", "postgresql": "sqlite"}[manifest["engine"]]
    _repacked(bad, [(members[0][0], json.dumps(manifest).encode()), *members[1:]])


def _wrong_count(good: Path, bad: Path) -> None:
    members = _members(good)
    manifest = json.loads(members[0][1])
    manifest["rows"]["person"] += 1
    _repacked(bad, [(members[0][0], json.dumps(manifest).encode()), *members[1:]])


BAD = {
    f.__name__.removeprefix("_"): f
    for f in (
        *(_truncated, _changed_byte, _changed_content, _no_archive, _missing, _traversal, _symlink),
        *(_extra_member, _lost_member, _other_product, _other_manifest, _newer_schema, _other_engine),
        _wrong_count,
    )
}


@pytest.fixture(scope="module")
def good_files() -> dict[str, bytes]:
    """One good backup for each kind of database, made when first asked for."""
    return {}


@pytest.mark.parametrize("how", list(BAD))
def test_a_bad_file_is_refused_in_one_line_and_touches_nothing(
    request: pytest.FixtureRequest,
    good_files: dict[str, bytes],
    kind: str,
    how: str,
    at: Any,
    other_url: str,
    tmp_path: Path,
) -> None:
    good, bad = tmp_path / "good.tar.gz", tmp_path / "bad.tar.gz"
    if kind not in good_files:
        live, url = request.getfixturevalue("live"), request.getfixturevalue("empty_url")
        live.report()
        live.settle()
        good_files[kind] = backed_up(live, at, url, tmp_path).read_bytes()
    good.write_bytes(good_files[kind])
    BAD[how](good, bad)
    refused = at(other_url, "other")("restore", bad)
    assert refused.status == 2, refused
    assert refused.err.startswith("shoushi: ")
    assert refused.err.count("\n") == 1
    assert not (tmp_path / "escaped").exists()
    assert not [p for p in (tmp_path / "other").rglob("*") if p.is_file()]
    assert at(other_url, "other")("restore", good).status == 0
    shutil.rmtree(tmp_path / "other")
