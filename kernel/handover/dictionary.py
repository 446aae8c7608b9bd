"""The dictionary of fields and the README: what a reader of a handover needs to understand it without us."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

from sqlalchemy import Column, Table

from kernel.handover import tables
from kernel.handover.parts import Part

_HEAD = ("table", "column", "type", "nullable", "key", "refers_to", "含义", "meaning")


@cache
def meanings() -> Mapping[str, tuple[str, str]]:
    """Return what every table and column means, in Chinese and in English."""
    text = resources.files("kernel.handover").joinpath("meanings.txt").read_text(encoding="utf-8")
    lines = (line.split("|") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: (chinese, english) for name, chinese, english in lines}


def missing() -> list[str]:
    """Return the tables and columns whose meaning nobody has written down."""
    known = meanings()
    names = [t.name for t in tables.tables() if t.name not in known]
    columns = [(t.name, c) for t in tables.tables() for c in tables.columns_of(t)]
    return names + [f"{t}.{c}" for t, c in columns if f"{t}.{c}" not in known and c not in known]


def parts() -> Iterator[Part]:
    """Yield the dictionary and the README."""
    yield Part("dictionary.csv", _dictionary(), 1)
    for name in ("README.md", "README.zh-CN.md"):
        yield Part(name, [resources.files("kernel.handover").joinpath(name).read_bytes()])


def _dictionary() -> Iterator[bytes]:
    yield _line(_HEAD)
    for table in tables.tables():
        yield _line((table.name, "", "", "", "", "", *meanings().get(table.name, ("", ""))))
        for name in tables.columns_of(table):
            yield _line(_of_column(table, table.columns[name]))


def _of_column(table: Table, column: Column[object]) -> tuple[str, ...]:
    words = meanings().get(f"{table.name}.{column.name}") or meanings().get(column.name, ("", ""))
    refers = ", ".join(key.target_fullname for key in column.foreign_keys)
    kind = type(column.type).__name__
    nullable, key = ("yes" if column.nullable else "no"), ("yes" if column.primary_key else "no")
    return (table.name, column.name, kind, nullable, key, refers, *words)


def _line(cells: tuple[str, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()
