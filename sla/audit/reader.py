"""Reads text files that strangers wrote: bounded lines, strict UTF-8, and errors that name the place."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

#: The longest line, and the longest record of several lines, that is read at all.
LONGEST = 1 << 20
_BOM = b"\xef\xbb\xbf"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class InputError(ValueError):
    """Input that cannot be audited; the message names file, line and, where there is one, column.

    ``reason`` with ``values`` filled in says what is wrong.
    """

    def __init__(
        self,
        file: str,
        reason: str,
        line: int | None = None,
        column: int | None = None,
        name: str = "",
        **values: object,
    ) -> None:
        self.file, self.line, self.column, self.name = file, line, column, name
        self.reason, self.values = reason, values
        super().__init__(self.said(_fill))

    def said(self, _: Callable[..., str], file: str | None = None) -> str:
        """Return the whole message through a function that translates, perhaps with another file name."""
        place, words = file or self.file, ""
        if self.line is not None:
            place, words = f"{place}:{self.line}", _("第 %(line)s 行", line=self.line)
            if self.column is not None:
                place, words = f"{place}:{self.column}", words + _("，第 %(column)s 列", column=self.column)
            words += _("（%(name)s）：", name=self.name) if self.name else _("：")
        return f"{place}: {words}{_(self.reason, **self.values)}"


def _fill(text: str, **values: object) -> str:
    return text % values if values else text


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

    def _bad_byte(self, offset: int, reason: str) -> InputError:
        record = b"".join(self._open[:-1]) + self._open[-1][:offset]
        return BadByteError(self.path, reason, self.number, record.decode("latin-1"), offset + 1)


class BadByteError(InputError):
    """A byte that text cannot hold; ``before`` is the record up to it, to find the column by."""

    def __init__(self, file: str, reason: str, line: int, before: str, offset: int) -> None:
        super().__init__(file, reason, line, offset)
        self.before = before

    def in_column(self, names: list[str]) -> InputError:
        """Return the same error with the CSV column that the byte lies in."""
        csv.field_size_limit(LONGEST)
        fields = next(csv.reader(self.before.splitlines(keepends=True) or [""]), [""]) or [""]
        name = names[len(fields) - 1] if len(fields) <= len(names) else ""
        return InputError(self.file, self.reason, self.line, len(fields), name)


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "文件不存在"
    if isinstance(error, IsADirectoryError):
        return "这是目录，不是文件"
    if isinstance(error, PermissionError):
        return "没有读取权限"
    return f"无法读取（{getattr(error, 'strerror', None) or error}）"


_NO_NUMBER_WORDS = "缺少故障编号"
_FORMULA_WORDS = "故障编号不能以 = + - @ 或制表符、回车开头"


def bad_name(name: str) -> str | None:
    """Return what is wrong with an incident's number, or ``None``.

    A number that a spreadsheet would run as a formula is refused rather than repaired: it names things.
    """
    if not name.strip():
        return _NO_NUMBER_WORDS
    if name.startswith(_FORMULA):
        return _FORMULA_WORDS
    return None
