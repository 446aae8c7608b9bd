"""The audit's figures as a workbook; written row by row, so that its size does not matter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from sla.audit.judge import AuditResult
from sla.audit.report import DETAIL_HEADING, clock_rows, detail_row, figure_rows

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def save_xlsx(path: str, result: AuditResult) -> None:
    """Write the workbook: the figures, and one row per incident when there are details.

    Raises ``OSError`` when the file cannot be written.
    """
    from openpyxl import Workbook

    with Path(path).open("wb") as file:
        book = Workbook(write_only=True)
        _sheet(book.create_sheet("汇总"), [*figure_rows(result), [], *clock_rows(result)])
        if result.details is not None:
            _sheet(book.create_sheet("明细"), [DETAIL_HEADING, *map(detail_row, result.details)])
        book.save(file)


def _sheet(sheet: object, rows: Iterable[Sequence[str]]) -> None:
    for row in rows:
        sheet.append([cell_value(text) for text in row])  # type: ignore[attr-defined]  # two sheet classes


def cell_value(text: str) -> str | int:
    """Return what a cell holds: whole numbers as numbers, text never as a formula."""
    if text.isascii() and text.isdigit() and len(text) < 16 and str(int(text)) == text:
        return int(text)
    clean = "".join(each for each in text if each >= " " or each in "\t\n\r")
    return f"'{clean}" if clean.startswith(_FORMULA) else clean
