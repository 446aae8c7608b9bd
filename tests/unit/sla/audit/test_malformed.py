"""Input that is no log: exit 2, a message naming file, line and column, never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.sla.audit.tickets import COLUMNS, run

HEADER = b"number,incident_state,active,opened_at,sys_updated_at,priority,caller"
GOOD = b"INC1,New,TRUE,03-03-2025 09:00,03-03-2025 09:05,3 - Moderate,x"


def csv_with(*rows: bytes, header: bytes = HEADER) -> bytes:
    return b"\n".join([header, *rows]) + b"\n"


def but(field: str, value: bytes) -> bytes:
    """The good row with one field replaced."""
    fields = GOOD.split(b",")
    fields[COLUMNS.index(field)] = value
    return b",".join(fields)


CSV: dict[str, tuple[bytes, int | None, int | None, str]] = {
    "empty file": (b"", 1, None, "空"),
    "header only": (csv_with(), 1, None, "没有故障记录"),
    "missing column": (csv_with(GOOD, header=HEADER.replace(b"opened_at", b"opened")), 1, None, "opened_at"),
    "column twice": (csv_with(GOOD, header=HEADER.replace(b"caller", b"number")), 1, 7, "number"),
    "bad date": (csv_with(GOOD, but("sys_updated_at", b"yesterday")), 3, 5, "sys_updated_at"),
    "no such day": (csv_with(but("opened_at", b"30-02-2025 09:00")), 2, 4, "opened_at"),
    "year first": (csv_with(but("opened_at", b"2025-03-03 09:00")), 2, 4, "opened_at"),
    "year too early": (csv_with(but("opened_at", b"03-03-0001 09:00")), 2, 4, "opened_at"),
    "hour 25": (csv_with(but("opened_at", b"03-03-2025 25:00")), 2, 4, "opened_at"),
    "arabic digits": (csv_with(but("opened_at", "٠٣-03-2025 09:00".encode())), 2, 4, "opened_at"),
    "later opening bad": (csv_with(GOOD, but("opened_at", b"?")), 3, 4, "opened_at"),
    "NUL byte": (csv_with(GOOD, but("caller", b"a\0b")), 3, 7, "caller"),
    "NUL in header": (csv_with(GOOD, header=HEADER + b"\0"), 1, None, "NUL"),
    "Latin-1": (csv_with(GOOD, but("incident_state", b"R\xe9solu")), 3, 2, "incident_state"),
    "UTF-16": ("number,x\n".encode("utf-16"), 1, None, ""),
    "too few fields": (csv_with(b"INC1,New,TRUE"), 2, 4, "opened_at"),
    "too many fields": (csv_with(GOOD + b",y"), 2, 8, "7"),
    "no number": (csv_with(but("number", b"")), 2, 1, "number"),
    "no state": (csv_with(but("incident_state", b"")), 2, 2, "incident_state"),
    "loose quote": (csv_with(but("caller", b'"a"b')), 2, 1, "CSV"),
    "open quote": (csv_with(but("caller", b'"never closed'), GOOD), 2, 1, "CSV"),
    "bare carriage return": (csv_with(but("caller", b"a\rb")), 2, 1, "CSV"),
    "bad byte in a second line": (csv_with(but("caller", b'"a\nb\xff"')), 3, 7, "caller"),
    **{
        f"number begins with {lead!r}": (csv_with(but("number", b'"' + lead + b'1"')), 2, 1, "number")
        for lead in (b"=", b"+", b"-", b"@", b"\t", b"\r")
    },
}


@pytest.mark.parametrize("name", CSV)
def test_a_malformed_csv_is_refused_with_its_place(name: str, tmp_path: Path) -> None:
    content, line, column, words = CSV[name]
    path = tmp_path / "log.csv"
    path.write_bytes(content)
    result = run(path)
    assert (result.exit_code, result.stdout) == (2, "")
    place = f"{path}:{line}" + (f":{column}: " if column else "")
    assert result.stderr.startswith(place), result.stderr
    assert words in result.stderr
    assert "Traceback" not in result.stderr


REPORT = (
    b'{"incident": "a", "at": "2025-03-03T09:00:00+08:00", "event": "reported", "fault_class": "hardware"}'
)
NOTE = b'{"incident": "a", "at": "2025-03-03T09:00:00+08:00", "event": "note"}'

JSONL: dict[str, tuple[bytes, int, int | None, str]] = {
    "empty file": (b"", 1, None, "没有故障记录"),
    "blank lines only": (b"\n \n", 1, None, "没有故障记录"),
    "no JSON": (REPORT + b"\n{oops}\n", 2, 2, "JSON"),
    "cut short": (REPORT[:40], 1, None, "JSON"),
    "not an object": (b"[1]\n", 1, 1, "JSON 对象"),
    "unknown type": (REPORT.replace(b"reported", b"exploded"), 1, None, "event"),
    "no offset": (REPORT.replace(b"+08:00", b""), 1, None, "时区"),
    "bad time": (REPORT.replace(b"2025-03-03", b"2025-13-03"), 1, None, "at"),
    "unknown class": (REPORT.replace(b"hardware", b"meteor"), 1, None, "fault_class"),
    "never reported": (NOTE, 1, None, "没有 detected 或 reported"),
    "NUL byte": (REPORT + b"\n" + NOTE.replace(b"note", b"no\0te"), 2, None, "NUL"),
    "Latin-1": (NOTE.replace(b'"a"', b'"\xe9"'), 1, None, "UTF-8"),
    "key twice": (NOTE.replace(b'"at"', b'"incident": "b", "at"'), 1, None, "JSON"),
    "half a surrogate": (NOTE.replace(b'"a"', b'"\\ud83d"'), 1, None, "JSON"),
    "huge number": (NOTE.replace(b'"a"', b"9" * 5000), 1, None, "JSON"),
    "infinite number": (NOTE.replace(b"}", b', "x": 1e999}'), 1, None, "JSON"),
    "deep nesting": (b"[" * 100_000, 1, None, "JSON"),
    "formula": (REPORT.replace(b'"a"', b'"=cmd()"'), 1, 2, "incident"),
}


@pytest.mark.parametrize("name", JSONL)
def test_malformed_events_are_refused_with_their_place(name: str, tmp_path: Path) -> None:
    content, line, column, words = JSONL[name]
    path = tmp_path / "log.jsonl"
    path.write_bytes(content)
    result = run(path, form="events")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"{path}:{line}" + (f":{column}: " if column else ":")), result.stderr
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def _missing(path: Path) -> Path:
    return path / "missing.csv"


def _folder(path: Path) -> Path:
    return path


def _through_a_file(path: Path) -> Path:
    (path / "file").write_bytes(b"")
    return path / "file" / "log.csv"


def _loop(path: Path) -> Path:
    (path / "loop").symlink_to(path / "loop")
    return path / "loop"


@pytest.mark.parametrize("form", ["servicenow", "events"])
@pytest.mark.parametrize("make", [_missing, _folder, _through_a_file, _loop])
def test_what_is_no_file_is_refused(form: str, make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path)
    result = run(path, form=form)
    assert (result.exit_code, str(path) in result.stderr) == (2, True)


@pytest.mark.parametrize(
    "options",
    [
        ["--as-of", "yesterday"],
        ["--as-of", ""],
        ["--as-of", "9999-12-31T00:00:00-08:00"],
        ["--contract", "nowhere"],
        ["--contract", "nowhere.toml"],
        ["--format", "xml"],
        ["--frobnicate"],
        ["--xlsx", "/nowhere/at/all.xlsx"],
    ],
)
def test_wrong_usage_is_refused(options: list[str], tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(csv_with(GOOD))
    result = run(path, *options)
    assert (result.exit_code, result.stdout) == (2, "")


def test_a_contract_without_the_classes_of_the_format_is_refused(tmp_path: Path) -> None:
    from tests.unit.sla.story import HUAIBEI

    other = tmp_path / "other.toml"
    other.write_text(HUAIBEI.text.replace("system_major", "system_grave"), encoding="utf-8")
    path = tmp_path / "log.csv"
    path.write_bytes(csv_with(GOOD))
    result = run(path, "--contract", str(other))
    assert (result.exit_code, "system_major" in result.stderr) == (2, True)
