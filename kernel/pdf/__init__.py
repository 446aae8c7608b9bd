"""PDF documents by typst: built from blocks, so that whatever people wrote is text and never markup."""

from kernel.pdf.blocks import (
    Align,
    Block,
    Chart,
    Document,
    Facts,
    Heading,
    PageBreak,
    Paragraph,
    Signatures,
    Table,
)
from kernel.pdf.render import pages_as_png, render_pdf

__all__ = [
    "Align",
    "Block",
    "Chart",
    "Document",
    "Facts",
    "Heading",
    "PageBreak",
    "Paragraph",
    "Signatures",
    "Table",
    "pages_as_png",
    "render_pdf",
]
