"""Reads a TOML table key by key, and knows the line of every key for its error messages.

``tomllib`` forgets positions, so a light scan of the text finds them again. The scan only serves
messages: what a key *means* always comes from ``tomllib``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from kernel.errors import ConfigError

_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\-]+)\s*\]\]?")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\-]+)\s*=")
_QUOTES = re.compile(r'"""|\'\'\'')
_ARRAY = re.compile(r"^\s*[A-Za-z0-9_.\-]+\s*=\s*\[\s*$")
_NAMES: dict[type, str] = {str: "文本", int: "整数", bool: "布尔值", list: "列表", dict: "表", date: "日期"}


_MOST = 100_000  # minutes or hours: far beyond any limit, far below what a date can hold
_MOST_DIGITS = 15
T = TypeVar("T")


class ContractError(ConfigError, ValueError):
    """A contract file that cannot be used: which file, line, key, and what is wrong with it."""

    def __init__(self, file: str, line: int, key: str, message: str, column: int | None = None) -> None:
        self.file, self.line, self.column, self.key, self.message = file, line, column, key, message
        place = f"{file}:{line}" if column is None else f"{file}:{line}:{column}"
        super().__init__(f"{place}: {key}: {message}" if key else f"{place}: {message}")


class Lines:
    """The line of every table and key of a TOML text, by path (``payer.2.annual_fee``)."""

    def __init__(self, text: str) -> None:
        self._at: dict[str, int] = {"": 1}
        counts: dict[str, int] = {}
        prefix, array, quoted = "", "", False
        for number, line in enumerate(text.split("\n"), start=1):
            was_quoted, quoted = quoted, quoted ^ bool(len(_QUOTES.findall(line)) % 2)
            if was_quoted:
                continue
            if array:
                array = self._entry(array, counts, line, number)
            elif header := _HEADER.match(line):
                prefix = header[2]
                if header[1] == "[[":
                    counts[prefix] = counts.get(prefix, -1) + 1
                    prefix = f"{prefix}.{counts[prefix]}"
                self._at.setdefault(prefix, number)
            elif key := _KEY.match(line):
                path = f"{prefix}.{key[1]}" if prefix else key[1]
                self._at.setdefault(path, number)
                array = path if _ARRAY.match(line) else ""

    def _entry(self, array: str, counts: dict[str, int], line: str, number: int) -> str:
        """Note one line of an array written one table a line; return the array still open after it."""
        if line.lstrip().startswith("{"):
            counts[array] = counts.get(array, -1) + 1
            self._at.setdefault(f"{array}.{counts[array]}", number)
        return "" if line.lstrip().startswith("]") else array

    def find(self, path: str) -> int:
        """Return the line of the path, or of the nearest thing around it."""
        while path not in self._at:
            path = path.rpartition(".")[0]
        return self._at[path]


class Table:
    """One table of the file: typed reads, each naming file, line and key when it fails."""

    def __init__(self, file: str, lines: Lines, values: Mapping[str, Any], path: str, label: str) -> None:
        self._file, self._lines, self._values = file, lines, values
        self._path, self.label = path, label
        self._read: set[str] = set()

    def error(self, key: str, message: str) -> ContractError:
        """Return the error for one key of this table."""
        path = f"{self._path}.{key}" if self._path else key
        label = f"{self.label}.{key}" if self.label else key
        return ContractError(self._file, self._lines.find(path), label.rstrip("."), message)

    def _take(self, key: str, kind: type[T]) -> T:
        self._read.add(key)
        if key not in self._values:
            raise self.error(key, "缺少此项")
        value: T = self._values[key]
        wrong = not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)
        if wrong or (kind is date and isinstance(value, datetime)):
            raise self.error(key, f"应为{_NAMES[kind]}")
        return value

    def has(self, key: str) -> bool:
        """Whether the file gives this key."""
        return key in self._values

    def text(self, key: str) -> str:
        """Return a text that is not empty."""
        value: str = self._take(key, str)
        if not value.strip():
            raise self.error(key, "不能为空")
        return value

    def flag(self, key: str) -> bool:
        """Return true or false."""
        value: bool = self._take(key, bool)
        return value

    def day(self, key: str) -> date:
        """Return a date without a time."""
        value: date = self._take(key, date)
        return value

    def count(self, key: str, least: int = 1) -> int:
        """Return a whole number, at least ``least``."""
        value: int = self._take(key, int)
        if value < least:
            raise self.error(key, f"不能小于 {least}")
        return value

    def minutes(self, key: str, least: int = 1) -> timedelta:
        """Return a duration given in whole minutes."""
        return timedelta(minutes=self._moderate(key, least))

    def hours(self, key: str) -> timedelta:
        """Return a duration given in whole hours."""
        return timedelta(hours=self._moderate(key, 1))

    def _moderate(self, key: str, least: int) -> int:
        value = self.count(key, least)
        if value > _MOST:
            raise self.error(key, f"不能大于 {_MOST}")
        return value

    def decimal(self, key: str) -> Decimal:
        """Return a positive decimal; it is written as a text because TOML floats are binary."""
        raw = self.text(key)
        try:
            value = Decimal(raw)
        except InvalidOperation:
            raise self.error(key, "应为以文本书写的小数") from None
        if not value.is_finite() or value <= 0:
            raise self.error(key, "应为大于零的小数")
        if not -_MOST_DIGITS <= value.adjusted() <= _MOST_DIGITS:
            raise self.error(key, "数值过大或过小")
        return value

    def money(self, key: str) -> Decimal:
        """Return a positive amount of yuan, exact to the fen."""
        value = self.decimal(key)
        if value != value.quantize(Decimal("0.01")):
            raise self.error(key, "金额应精确到分")
        return value.quantize(Decimal("0.01"))

    def share(self, key: str) -> Decimal:
        """Return a share or rate: more than 0, at most 1."""
        value = self.decimal(key)
        if value > 1:
            raise self.error(key, "不能大于 1")
        return value

    def choice(self, key: str, allowed: Sequence[str | bool]) -> str | bool:
        """Return one of the allowed values."""
        value: str | bool = self._take(key, type(allowed[0]))
        if value not in allowed:
            raise self.error(key, "只能取 " + " | ".join(str(each) for each in allowed))
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        values = self._take(key, list)
        if not all(isinstance(value, str) for value in values):
            raise self.error(key, "应为文本列表")
        return tuple(values)

    def counts(self, key: str) -> tuple[int, ...]:
        """Return a list of whole numbers."""
        values = self._take(key, list)
        if not all(type(value) is int for value in values):
            raise self.error(key, "应为整数列表")
        return tuple(values)

    def table(self, key: str) -> Table:
        """Return a table inside this one."""
        return self._child(key, self._take(key, dict), key)

    def tables(self, key: str, *, named: bool = True) -> tuple[Table, ...]:
        """Return a list of tables; ``named`` ones must have different texts under ``key``."""
        values = self._take(key, list)
        if not values:
            raise self.error(key, "不能为空")
        seen: set[str] = set()
        found = []
        for index, value in enumerate(values):
            if not isinstance(value, dict):
                raise self.error(key, "应为表的列表")
            name = value.get("key", index)
            child = self._child(f"{key}.{index}", value, f"{key}[{name}]")
            if named:
                child._once(seen)
            found.append(child)
        return tuple(found)

    def done(self) -> None:
        """Raise ``ContractError`` for the first key that nobody has read."""
        for key in self._values:
            if key not in self._read:
                raise self.error(key, "未知项")

    def _child(self, path: str, values: Mapping[str, Any], label: str) -> Table:
        path = f"{self._path}.{path}" if self._path else path
        label = f"{self.label}.{label}" if self.label else label
        return Table(self._file, self._lines, values, path, label)

    def _once(self, seen: set[str]) -> None:
        name = self.text("key")
        if name in seen:
            raise self.error("key", f"重复：{name}")
        seen.add(name)
