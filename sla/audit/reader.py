"""Reads text files that strangers wrote: bounded lines, strict UTF-8, and errors that name the place."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

#: The longest line, and the longest record of several lines, that is read at all.
LONGEST = 1 << 20
_BOM = b"\xef\xbb\xbf"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class InputError(ValueError):
    """Input that cannot be audited; the message names file, line and, where there is one, column."""

    def __init__(
        self, file: str, message: str, line: int | None = None, column: int | None = None, name: str = ""
    ) -> None:
        self.file, self.line, self.column, self.name = file, line, column, name
        place, words = file, ""
        if line is not None:
            place, words = f"{file}:{line}", f"第 {line} 行"
            if column is not None:
                place, words = f"{place}:{column}", f"{words}，第 {column} 列"
            words += f"（{name}）：" if name else "："
        super().__init__(f"{place}: {words}{message}")


class Lines:
    """The lines of a file as text, one at a time; memory stays bounded whatever the file holds.

    ``number`` is that of the line last given out. A reader of multi-line records calls ``taken`` after
    each record, so that one that never ends is refused instead of read whole.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.number = 0
        self.first = 1
        self._open: list[bytes] = []
        self._open_bytes = 0
        try:
            self._file = Path(path).open("rb")  # noqa: SIM115, closed by __exit__
        except (OSError, ValueError) as error:
            raise InputError(path, _reason(error)) from None

    def __enter__(self) -> Lines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[str]:
        readline, pending = self._file.readline, self._open
        while True:
            try:
                raw = readline(LONGEST + 1)
            except OSError as error:
                raise InputError(self.path, _reason(error)) from None
            if not raw:
                return
            self.number += 1
            self._open_bytes += len(raw)
            if self._open_bytes > LONGEST:
                raise InputError(self.path, "一行或一条记录超过 1 MiB", self.first, 1)
            if self.number == 1 and raw.startswith(_BOM):
                raw = raw[len(_BOM) :]
            pending.append(raw)
            if b"\0" in raw:
                raise self._bad_byte(raw.index(b"\0"), "含有空字节（NUL）")
            try:
                text = raw.decode()
            except UnicodeDecodeError as error:
                raise self._bad_byte(error.start, "不是 UTF-8 文本") from None
            yield text

    def taken(self) -> None:
        """Say that the lines given out so far made whole records."""
        self.first = self.number + 1
        self._open.clear()
        self._open_bytes = 0

    def _bad_byte(self, offset: int, message: str) -> InputError:
        record = b"".join(self._open[:-1]) + self._open[-1][:offset]
        return BadByteError(self.path, message, self.number, record.decode("latin-1"), offset + 1)


class BadByteError(InputError):
    """A byte that text cannot hold; ``before`` is the record up to it, to find the column by."""

    def __init__(self, file: str, message: str, line: int, before: str, offset: int) -> None:
        super().__init__(file, message, line, offset)
        self.message, self.before = message, before

    def in_column(self, names: list[str]) -> InputError:
        """Return the same error with the CSV column that the byte lies in."""
        csv.field_size_limit(LONGEST)
        fields = next(csv.reader(self.before.splitlines(keepends=True) or [""]), [""]) or [""]
        name = names[len(fields) - 1] if len(fields) <= len(names) else ""
        return InputError(self.file, self.message, self.line, len(fields), name)


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "文件不存在"
    if isinstance(error, IsADirectoryError):
        return "这是目录，不是文件"
    if isinstance(error, PermissionError):
        return "没有读取权限"
    return f"无法读取（{getattr(error, 'strerror', None) or error}）"


def bad_name(name: str) -> str | None:
    """Return what is wrong with an incident's number, or ``None``.

    A number that a spreadsheet would run as a formula is refused rather than repaired: it names things.
    """
    if not name.strip():
        return "缺少故障编号"
    if name.startswith(_FORMULA):
        return "故障编号不能以 = + - @ 或制表符、回车开头"
    return None
