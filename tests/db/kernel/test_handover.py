"""A handover holds everything but secrets, says so in a signed manifest, and is checked on its own."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

import app
from incidents.handover import EVERYTHING
from kernel.disclosure.models import Disclosure
from kernel.errors import ConfigError, Forbidden, Invalid
from kernel.handover import dictionary, tables
from kernel.handover.service import hand_over
from kernel.models import import_all
from sla import pinned
from sla.report.data import gather
from sla.verification import examine_file
from tests.support.reviews import closed, submit
from tests.support.stories import story
from tests.support.world import World

SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
PURPOSE = "合同期满移交市政府办公室"


def taken(world: World, target: Path, who: str = "wang", purpose: str = PURPOSE) -> dict[str, Any]:
    return hand_over(world.platform, world.now, world.actor(who), target, purpose)


@story
def eventful(world: World) -> str:
    number = closed(world)
    submit(world, number)
    world.report(title='逗号, "引号"\n换行')
    return number


def problems(path: Path) -> list[str]:
    return examine_file(app.catalogue(), path).problems


def test_rows_equal_the_database_in_both_forms(world: World, tmp_path: Path) -> None:
    eventful(world)
    manifest = taken(world, tmp_path / "all")
    rows = {file["name"]: file["rows"] for file in manifest["files"]}
    with world.platform.db.read() as session:
        for table in tables.tables():
            there = session.scalar(select(func.count()).select_from(table))
            if table.name in ("disclosure", "audit_entry", "audit_head", "engine_heartbeat"):
                continue  # written by the handover itself, after its snapshot
            assert rows[f"tables/{table.name}.csv"] == there, table.name
            assert rows[f"tables/{table.name}.jsonl"] == there, table.name
            text = (tmp_path / "all" / "tables" / f"{table.name}.csv").read_bytes().decode()
            assert len(list(csv.reader(io.StringIO(text, newline="")))) == (there or 0) + 1
    assert problems(tmp_path / "all" / "manifest.json") == []


def test_a_zip_file_and_the_manifest_in_it_are_checked(world: World, tmp_path: Path) -> None:
    number = eventful(world)
    target = tmp_path / "all.zip"
    taken(world, target)
    assert problems(target) == []
    with zipfile.ZipFile(target) as archive:
        assert {"README.md", "README.zh-CN.md", "dictionary.csv", f"evidence/{number}.json"} <= set(
            archive.namelist()
        )


def test_a_changed_byte_a_missing_file_and_a_changed_manifest_are_named(world: World, tmp_path: Path) -> None:
    eventful(world)
    taken(world, tmp_path / "all")
    manifest, victim = tmp_path / "all" / "manifest.json", tmp_path / "all" / "tables" / "incident.csv"
    good = victim.read_bytes()
    victim.write_bytes(good[:-3] + b"9" + good[-2:])
    assert problems(manifest) == ["文件 tables/incident.csv 与清单不符：内容被改动或不完整"]
    victim.unlink()
    assert problems(manifest) == ["缺少文件 tables/incident.csv"]
    victim.write_bytes(good)
    manifest.write_text(manifest.read_text(encoding="utf-8").replace(PURPOSE, "别的用途"), encoding="utf-8")
    assert "签名不符" in problems(manifest)[0]


def test_no_secret_is_handed_over(world: World, tmp_path: Path) -> None:
    from kernel.identity.models import Person
    from kernel.identity.service import create_token, open_session, person_by_name

    with world.platform.db.write("lin") as session:
        person = person_by_name(session, "lin")
        token = create_token(session, world.now, "lin", "test", expires=None)
        _opened, cookie = open_session(session, world.now, person, hours=1)
    with world.platform.db.read() as session:
        hashes = [h for h in session.scalars(select(Person.password_hash)) if h]
    world.platform.signer.sign(b"x")
    key = (world.platform.settings.data_dir / "signing.key").read_text()
    taken(world, tmp_path / "all")
    for path in (tmp_path / "all").rglob("*"):
        content = path.read_bytes().decode(errors="replace") if path.is_file() else ""
        assert not any(secret in content for secret in (token, cookie, key, *hashes)), path
        assert "$argon2" not in content, path


def test_the_incidents_give_the_same_figures_as_the_platforms_report(world: World, tmp_path: Path) -> None:
    from sla.audit.interchange import read_interchange
    from sla.audit.judge import audit_log

    eventful(world)
    world.run_for(hours=8)
    taken(world, tmp_path / "all")
    contract = pinned.in_force(world.platform)
    path = str(tmp_path / "all" / "incidents.jsonl")
    audited = audit_log(contract, read_interchange(path, contract, world.now, None)).as_dict()
    with world.platform.db.read() as session:
        auditor = world.actor("auditor")
        start, end = world.now.replace(year=2020), world.now.replace(year=2030)
        report = gather(session, auditor, contract, start, end, world.now)
    assert audited["incidents"] == report.incidents == 2
    assert audited["repair"]["missed"] == report.repair.counts["missed"]
    assert audited["response"]["missed"] == report.response.counts["missed"]


def test_every_table_and_column_has_a_meaning_in_both_languages() -> None:
    import_all()
    assert dictionary.missing() == []
    assert all(chinese and english for chinese, english in dictionary.meanings().values())


@SQLITE
def test_only_party_a_takes_it_with_a_purpose_and_never_over_something(world: World, tmp_path: Path) -> None:
    for who in ("lin", "sysadmin", "auditor", "sun"):
        with pytest.raises(Forbidden):
            taken(world, tmp_path / "x", who)
    with pytest.raises(Invalid):
        taken(world, tmp_path / "x", purpose=" ")
    with pytest.raises(ConfigError, match="不会覆盖"):
        taken(world, tmp_path)
    with pytest.raises(ConfigError, match="没有文件夹"):
        taken(world, tmp_path / "no" / "x.zip")
    assert not (tmp_path / "x").exists()


@SQLITE
def test_a_handover_is_in_the_register_before_it_appears(world: World, tmp_path: Path) -> None:
    taken(world, tmp_path / "all.zip")
    with world.platform.db.read() as session:
        entry = session.scalars(select(Disclosure)).one()
    assert (entry.kind, entry.actor, entry.purpose, entry.form) == ("handover", "wang", PURPOSE, "zip")
    assert entry.size == (tmp_path / "all.zip").stat().st_size


@pytest.mark.parametrize("content", [{}, {"files": 1}, {"files": [{"name": "../x", "sm3": "", "size": 1}]}])
def test_a_manifest_that_is_none_is_said_to_be(tmp_path: Path, content: dict[str, Any]) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"form": "shoushi-handover-1", **content}), encoding="utf-8")
    assert problems(path) == ["移交清单不完整"]


def test_everything_means_every_payer() -> None:
    assert EVERYTHING.scopes("incident.read") is None


def test_values_of_every_kind_are_written_alike_in_both_forms() -> None:
    values = {
        "at": datetime(2026, 3, 3, 1, 0, tzinfo=UTC), "day": date(2026, 3, 3), "yuan": Decimal("2300.00"),
        "bytes": b"\0\xff", "list": ["甲"], "number": 7, "text": "=1", "none": None,
    }  # fmt: skip
    cells = [tables._cell(value) for value in values.values()]
    assert cells == ["2026-03-03T01:00:00+00:00", "2026-03-03", "2300.00", "AP8=", '["甲"]', "7", "=1", ""]
    line = json.loads(json.dumps(values, default=tables._plain))
    assert line["day"] == "2026-03-03"
    assert (line["list"], line["none"], line["bytes"]) == (["甲"], None, "AP8=")
