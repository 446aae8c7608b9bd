"""The report as XLSX: a sheet for each section, numbers as numbers, text never as a formula."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import BytesIO

from kernel.web.i18n import gettext as _
from sla.audit.xlsx import cell_value
from sla.contract import Contract
from sla.report.figures import Figures
from sla.report.layout import Figure, Grid, Numbers, Part
from sla.report.sections import sections_of

_NOT_IN_A_TITLE = re.compile(r"[\\/*?:\[\]]")
Cell = object


def workbook_of(figures: Figures, contract: Contract) -> bytes:
    """Return the report as a workbook."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for place, section in enumerate(sections_of(figures, contract)):
        sheet = book.create_sheet(_NOT_IN_A_TITLE.sub(" ", section.title)[:31])
        for row in _about(figures, contract) if place == 0 else ():
            sheet.append(row)
        for part in section.parts:
            for row in _rows(part):
                sheet.append(row)
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _about(figures: Figures, contract: Contract) -> list[list[Cell]]:
    last = datetime.fromisoformat(figures["to"]) - datetime.resolution
    return [
        [_("服务水平报告"), cell_value(contract.title)],
        [_("自"), figures["from"][:10]],
        [_("至"), f"{last:%Y-%m-%d}"],
        [_("合同版本（SM3）"), contract.digest],
    ]


def _rows(part: Part) -> Iterator[list[Cell]]:
    if isinstance(part, Numbers):
        for name, figure in part.items:
            yield [name, _cell(figure)]
    elif isinstance(part, Grid):
        yield from _grid(part)
    else:
        yield [part.title]
        for row in part.rows:
            yield [cell_value(row["label"]), row["value"]]


def _grid(part: Grid) -> Iterator[list[Cell]]:
    yield list(part.head)
    rows: Sequence[Sequence[Figure]] = [*part.rows, *([part.total] if part.total else [])]
    for row in rows:
        yield [_cell(figure) for figure in row]
    if part.more:
        yield [part.more.text]


def _cell(figure: Figure) -> Cell:
    if figure.value is None:
        return None if figure.text == "—" else figure.text
    return cell_value(figure.value) if isinstance(figure.value, str) else figure.value
