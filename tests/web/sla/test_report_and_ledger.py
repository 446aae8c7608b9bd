"""The report, the ledger and the audit by upload: the same figures wherever they are read."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.support.stories import story
from tests.support.web import Site
from tests.support.world import World

SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
TICKETS = """number,incident_state,sys_updated_at,opened_at,priority
INC1,New,1/3/2025 09:00,1/3/2025 09:00,3 - Moderate
INC1,Active,1/3/2025 09:20,1/3/2025 09:00,3 - Moderate
INC1,Resolved,1/3/2025 14:00,1/3/2025 09:00,3 - Moderate
"""
EVENTS = "\n".join(
    json.dumps({"incident": "A", "at": f"2025-03-03T{time}+08:00", "event": kind, **more})
    for time, kind, more in (
        (
            "09:00:00",
            "reported",
            {"fault_class": "system_general", "modules": ["documents"], "payers": ["city"]},
        ),
        ("09:30:01", "responded", {}),
        ("12:00:00", "restored", {}),
    )
)
LOGS = {"servicenow": TICKETS, "events": EVENTS}


@story
def penalised(world: World, *payers: str) -> str:
    number = world.report(payers=list(payers))
    world.run_for(hours=4, seconds=1)
    return number


def test_the_ledger_lists_penalties_with_their_lines(site: Site) -> None:
    number = penalised(site.world, "city")
    page = site.api("wang").get("/api/v1/penalties").json()
    [found] = page["items"]
    assert (found["id"], found["incident"], found["amount"], found["state"]) == (
        "P2026-0001", number, "2300.00", "proposed",
    )  # fmt: skip
    assert [(e["type"], e["amount"]) for e in found["entries"]] == [("proposed", "2300.00")]
    assert page["next"] is None
    assert "P2026-0001" in site.page("wang").get("/penalties").text
    assert "2,300.00" in site.page("wang").get("/penalties/P2026-0001").text


@SQLITE
def test_a_county_sees_its_own_penalties_only(site: Site) -> None:
    penalised(site.world, "city")
    own = penalised(site.world, "suixi")
    assert [p["incident"] for p in site.api("sun").get("/api/v1/penalties").json()["items"]] == [own]
    assert site.page("sun").get("/penalties/P2026-0001").status_code == 404
    assert site.page("sun").get("/penalties/P2026-0002").status_code == 200


@SQLITE
def test_the_ledger_pages_by_cursor(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from sla.penalties import queries

    monkeypatch.setattr(queries.listing, "__defaults__", (None, None, 2))
    start = site.world.now
    numbers = [site.world.report(reported_at=start) for _ in range(3)]
    site.world.run_for(hours=5)
    first = site.api("wang").get("/api/v1/penalties").json()
    second = site.api("wang").get("/api/v1/penalties", params={"cursor": first["next"]}).json()
    assert [p["incident"] for p in first["items"] + second["items"]] == numbers[::-1]
    assert second["next"] is None


@SQLITE
def test_the_range_includes_its_last_day(site: Site) -> None:
    site.world.report()
    counts = {}
    for day in ("2026-03-02", "2026-03-03"):
        counts[day] = site.api("wang").get(f"/api/v1/reports/sla?from={day}&to={day}").json()["incidents"]
    assert counts == {"2026-03-02": 0, "2026-03-03": 1}


@SQLITE
@pytest.mark.parametrize(
    ("query", "field"),
    [("from=2026-03-04&to=2026-03-01", "to"), ("from=x", "from"), ("format=doc", "format")],
)
def test_a_wrong_range_or_format_is_named(site: Site, query: str, field: str) -> None:
    answer = site.api("wang").get(f"/api/v1/reports/sla?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


@SQLITE
def test_who_may_not_read_money_or_reports(site: Site) -> None:
    assert site.api("he").get("/api/v1/penalties").status_code == 403
    assert site.api("qian").get("/api/v1/reports/sla").status_code == 403


def by_command(kind: str, log: str, folder: Path) -> dict[str, Any]:
    from click.testing import CliRunner

    from sla.cli import audit

    path = folder / "log"
    path.write_text(log, encoding="utf-8")
    ran = CliRunner().invoke(audit, [str(path), "--format", kind, "--json"])
    assert ran.exit_code == 0, ran.output
    figures: dict[str, Any] = json.loads(ran.stdout)
    return figures


def upload(site: Site, kind: str, log: str) -> Any:
    browser = site.page("wang")
    data = {"csrf_token": browser.csrf, "format": kind}
    return browser.post("/log-audit", data=data, files={"file": ("本月.csv", log.encode())})


@SQLITE
@pytest.mark.parametrize("form", LOGS)
def test_an_uploaded_log_comes_to_the_figures_of_the_command(site: Site, form: str, tmp_path: Path) -> None:
    figures = by_command(form, LOGS[form], tmp_path)
    answer = upload(site, form, LOGS[form])
    assert answer.status_code == 200
    assert figures["penalty_cases"] == 1
    for shown in (figures["penalty_total"], "本月.csv"):
        assert shown in answer.text


@SQLITE
def test_every_figure_of_the_command_is_on_the_page(site: Site, tmp_path: Path) -> None:
    from sla import pinned
    from sla.audit.pages import judge_upload

    class Upload:
        filename = "log"
        file = BytesIO(TICKETS.encode())

    contract = pinned.in_force(site.world.platform)
    found = judge_upload(contract, Upload(), "servicenow").as_dict()  # type: ignore[arg-type]
    found.pop("details")
    assert found == by_command("servicenow", TICKETS, tmp_path)


@SQLITE
@pytest.mark.parametrize(
    ("form", "log"), [("events", "{}"), ("events", "x"), ("servicenow", "a,b\n1,2"), ("events", "")]
)
def test_a_log_that_cannot_be_read_is_refused_in_words(site: Site, form: str, log: str) -> None:
    answer = upload(site, form, log)
    assert answer.status_code in (200, 422)
    assert "/tmp/" not in answer.text
    if log:
        assert answer.status_code == 422
        assert "本月.csv" in answer.text


@SQLITE
def test_an_unknown_format_and_a_missing_file_are_refused(site: Site) -> None:
    assert upload(site, "word", "x").status_code == 422
    browser = site.page("wang")
    assert browser.submit("/log-audit", format="events").status_code == 422
