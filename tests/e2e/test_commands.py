"""The command line from `init` to an audit of the export: each command, as an operator uses it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Ran, runner

SECRET = "Correct-horse-7"
Run = Callable[..., Ran]


@pytest.fixture
def shoushi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """An installation with an engineer, a supervisor and a county's supervisor."""
    run = runner({"SHOUSHI_DATA_DIR": str(tmp_path / "data")}, monkeypatch)
    password = tmp_path / "password"
    password.write_text(SECRET)
    good(run("init", "--password-file", password))
    people = (("lin", "engineer", None), ("wang", "supervisor", None), ("sun", "payer_supervisor", "suixi"))
    for name, role, scope in people:
        more = ("--scope", scope) if scope else ()
        good(run("user", "create", name, "--unit", role, "--role", role, *more, "--password-file", password))
    return run


def good(ran: Ran) -> str:
    assert ran.status == 0, ran.err
    return ran.out.strip()


def reported(shoushi: Run, *more: str) -> str:
    told = ("--title", "登录失败", "--class", "system_general", "--module", "documents", "--payer", "city")
    return good(shoushi("incident", "report", "--user", "lin", *told, *more))


def happen(shoushi: Run, number: str, kind: str, *more: str, user: str = "lin") -> str:
    return good(shoushi("incident", "event", "--user", user, number, kind, *more))


def test_people_tokens_and_lists(shoushi: Run) -> None:
    assert good(shoushi("init")) == "数据库已是最新。"
    assert {line.split("\t")[0] for line in good(shoushi("user", "list")).splitlines()} >= {"lin", "sysadmin"}
    assert good(shoushi("token", "create", "--user", "lin", "--expires", "30d")).startswith("sst_")
    number = reported(shoushi)
    assert number in good(shoushi("incident", "list", "--user", "wang"))
    assert good(shoushi("incident", "list", "--user", "sun")) == ""


REFUSED: dict[str, tuple[tuple[str, ...], int]] = {
    "no such user": (("token", "create", "--user", "nobody"), 1),
    "no such lifetime": (("token", "create", "--user", "lin", "--expires", "soon"), 2),
    "no such role": (("user", "create", "x", "--unit", "u", "--role", "king"), 2),
    "an unknown class": (("incident", "report", "--user", "lin", "--title", "x", "--class", "x"), 1),
    "no such incident": (("explain", "F20260101-0001", "--user", "lin"), 1),
    "a field without a value": (("incident", "event", "--user", "lin", "F1", "note", "--field", "x"), 2),
    "a file that isn't there": (("verify", "nowhere.json"), 2),
    "no such command": (("dance",), 2),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_is_one_line_and_a_status(shoushi: Run, case: str) -> None:
    arguments, status = REFUSED[case]
    ran = shoushi(*arguments)
    assert (ran.status, ran.out) == (status, "")
    assert ran.err
    assert "Traceback" not in ran.err


def test_an_export_is_audited_to_the_platforms_own_verdicts(shoushi: Run, tmp_path: Path) -> None:
    late = reported(shoushi, "--reported-at", _ago(hours=5))
    happen(shoushi, late, "restored", "--text", "好", "--at", _ago(minutes=30))
    claim = ("reason=customer", f"from={_ago(hours=5)}", f"to={_ago(hours=1)}")
    happen(shoushi, late, "exclusion_claimed", *(word for field in claim for word in ("--field", field)))
    fine = reported(shoushi, "--reported-at", _ago(minutes=20))
    happen(shoushi, fine, "responded", "--text", "到")
    happen(shoushi, fine, "restored", "--text", "好")
    path = tmp_path / "export.jsonl"
    good(shoushi("export", "incidents", "--output", path))
    audited = json.loads(good(shoushi("audit", path, "--format", "events", "--json", "--details")))
    found = {d["incident"]: d for d in audited["details"]}
    report = json.loads(good(shoushi("report", "--format", "json")))
    assert (audited["incidents"], audited["penalty_cases"]) == (report["incidents"], report["penalty_cases"])
    assert audited["penalty_total"] == report["penalty_total"] == "2300.00"
    assert [found[n]["repair"]["state"] for n in (late, fine)] == ["missed", "met"]
    assert found[late]["provider_view"]["repair"]["state"] == "met"
    assert "2,300" in good(shoushi("explain", late)) or "2300" in good(shoushi("explain", late))
    assert good(shoushi("explain", late, "--lang", "en")).isprintable() is False  # several lines


def _ago(**delta: float) -> str:
    from datetime import timedelta

    from kernel.clock import SYSTEM

    return (SYSTEM.now() - timedelta(**delta)).strftime("%Y-%m-%dT%H:%M:%S%z")


def test_a_downloaded_evidence_file_is_verified_and_a_changed_one_is_not(
    shoushi: Run, tmp_path: Path
) -> None:
    number = reported(shoushi, "--reported-at", _ago(hours=5))
    evidence = _download(tmp_path, number)
    path = tmp_path / "evidence.json"
    path.write_text(json.dumps(evidence), encoding="utf-8")
    assert evidence["digest"] in good(shoushi("verify", path))
    evidence["events"][0]["fault_class"] = "hardware"
    evidence["events"][0].get("data", {})["fault_class"] = "hardware"
    path.write_text(json.dumps(evidence), encoding="utf-8")
    assert shoushi("verify", path).status == 1


def _download(tmp_path: Path, number: str) -> Any:
    import httpx

    import app
    from kernel.bootstrap import build_platform, ready
    from kernel.edge.application import build_app
    from kernel.settings import load_settings
    from tests.support.web import InProcess, Site
    from tests.support.world import ZONE, World

    platform = ready(build_platform(load_settings({}, data_dir=tmp_path / "data"), app.catalogue(), ZONE))
    site = object.__new__(Site)
    site.world = World(platform, platform.clock)  # type: ignore[arg-type]
    headers = {"authorization": f"Bearer {site.token('wang')}"}
    client = httpx.Client(
        transport=InProcess(build_app(platform)), base_url="http://desk.test", headers=headers
    )
    answer = client.get(f"/api/v1/incidents/{number}/evidence")
    platform.db.close()
    return answer.json()


@pytest.mark.parametrize(
    ("made", "asked"), [("rehearsal", "live"), ("demo", "live"), ("live", "rehearsal"), ("rehearsal", "demo")]
)
def test_a_database_serves_only_what_it_was_made_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: str, asked: str
) -> None:
    from kernel.db import Database
    from kernel.db.migrate import upgrade
    from kernel.db.stamp import require_kind

    url = f"sqlite:///{tmp_path / 'one.sqlite'}"
    database = Database(url)
    upgrade(database)
    require_kind(database, made)
    database.close()
    environ = {"SHOUSHI_DATABASE_URL": url, "SHOUSHI_DATA_DIR": str(tmp_path)}
    ran = runner(environ, monkeypatch)("serve", *(() if asked == "live" else (f"--{asked}",)))
    assert ran.status == 2
    assert "不能用于" in ran.err


@pytest.mark.parametrize(
    ("form", "start"), [("pdf", b"%PDF-"), ("xlsx", b"PK"), ("html", b"<!doctype html>")]
)
def test_the_report_as_a_file(shoushi: Run, tmp_path: Path, form: str, start: bytes) -> None:
    reported(shoushi, "--reported-at", _ago(hours=5))
    good(shoushi("report", "--format", form, "--output", str(tmp_path / "report")))
    assert (tmp_path / "report").read_bytes().startswith(start)
