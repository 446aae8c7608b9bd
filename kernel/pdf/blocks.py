"""What a printed document consists of. Texts arrive translated and formatted; blocks give them places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 to 3."""

    text: str
    level: int = 1
    kind: str = "heading"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; `indent` sets the first line in by two characters, as Chinese letters do."""

    text: str
    align: Align = "left"
    indent: bool = False
    small: bool = False
    kind: str = "paragraph"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with their values, in two columns."""

    items: Sequence[tuple[str, str]]
    kind: str = "facts"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a head that repeats on every page; `total` is its last, ruled-off row.

    `align` and `widths` (shares of the line, such as 2.0; 0 = as wide as its text) have one value a column;
    raises ValueError when a row has another number of cells than the head.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    align: Sequence[Align] = ()
    widths: Sequence[float] = ()
    total: Sequence[str] | None = None
    empty: str = ""
    kind: str = "table"

    def __post_init__(self) -> None:
        """Refuse a ragged table before typst words it less plainly."""
        ragged = [
            row for row in [*self.rows, *([self.total] if self.total else [])] if len(row) != len(self.head)
        ]
        if ragged:
            raise ValueError(f"{len(self.head)} columns, but a row has {len(ragged[0])}: {ragged[0]!r}")


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as SVG (the chart macros' output), as wide as the text, with a caption."""

    svg: str
    caption: str = ""
    height_mm: float = 55
    kind: str = "chart"


@dataclass(frozen=True, slots=True)
class Signatures:
    """Places to sign: one column a party, each with lines to fill in."""

    parties: Sequence[tuple[str, Sequence[str]]]
    kind: str = "signatures"


@dataclass(frozen=True, slots=True)
class PageBreak:
    """Go on on a new page."""

    kind: str = "pagebreak"


Block = Heading | Paragraph | Facts | Table | Chart | Signatures | PageBreak


@dataclass(frozen=True, slots=True)
class Document:
    """A document of A4 pages.

    `made_at` is written into the file as its time of making: the same blocks give the same bytes.
    `footer` stands left on every page (a digest, a number); `page` is the pattern of the page number, such
    as "第 1 页，共 1 页", in which typst counts.
    """

    title: str
    blocks: Sequence[Block]
    made_at: datetime
    subtitle: str = ""
    footer: str = ""
    page: str = "1 / 1"
    lang: str = "zh"
