"""Small ServiceNow logs for tests: only what a row must say, written as a whole CSV file."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from sla.cli import audit

COLUMNS = ["number", "incident_state", "active", "opened_at", "sys_updated_at", "priority", "caller"]
Row = tuple[str, str, str]


def ticket(*rows: Row, number: str = "INC1", opened: str = "03-03-2025 09:00") -> list[dict[str, str]]:
    """Rows of (state, day-month-year time, priority) of one ticket; a bare clock time is of 3 March."""
    return [
        {
            "number": number,
            "incident_state": state,
            "active": "TRUE",
            "opened_at": opened,
            "sys_updated_at": at if " " in at else f"03-03-2025 {at}",
            "priority": priority,
            "caller": '=2+5, "引号"\n换行',
        }
        for state, at, priority in rows
    ]


def save(path: Path, *tickets: list[dict[str, str]], columns: list[str] = COLUMNS) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for rows in tickets:
            writer.writerows(rows)
    return path


def run(path: Path | str, *options: str, form: str = "servicenow") -> Result:
    result = CliRunner().invoke(audit, [str(path), "--format", form, *options])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def figures(path: Path, *options: str, form: str = "servicenow") -> dict[str, Any]:
    result = run(path, "--json", "--details", *options, form=form)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found
