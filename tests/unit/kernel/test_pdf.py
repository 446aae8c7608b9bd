"""A printed document: everything in it is text, it is A4 PDF/A, and the same blocks give the same bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest

from kernel.pdf import (
    Block,
    Chart,
    Document,
    Facts,
    Heading,
    PageBreak,
    Paragraph,
    Signatures,
    Table,
    pages_as_png,
    render_pdf,
)

MADE = datetime(2025, 7, 1, tzinfo=UTC)
MARKUP = '#panic("x") $x$ *b* <b> @ref // \\ `code` [x]'
CHART = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 30"><text y="20">达标率</text></svg>'
EVERY_BLOCK: list[Block] = [
    Heading(f"一、{MARKUP}"),
    Paragraph(MARKUP, indent=True),
    Facts([("合同", MARKUP)]),
    Table(
        ["编号", "金额"], [[MARKUP, "1.00"]], align=("left", "right"), widths=(3, 0), total=["合计", "1.00"]
    ),
    Table(["编号"], [], empty="没有记录"),
    Chart(CHART, "图1"),
    PageBreak(),
    Signatures([("甲方", ["签字", "日期"]), ("乙方", ["签字"])]),
]


def document(*blocks: Block, **more: str) -> Document:
    return Document("服务水平报告", blocks, MADE, **more)


def text_of(pdf: bytes) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as opened:
        return [page.get_textpage().get_text_range() for page in opened]


def test_every_block_prints_its_text_and_runs_none_of_it() -> None:
    first, second = text_of(render_pdf(document(*EVERY_BLOCK, subtitle="七月", footer="SM3 abc")))
    for words in ("服务水平报告", "七月", "合计", "没有记录", "图1", "SM3 abc"):
        assert words in first.replace("图 1", "图1")
    flat = "".join(first.split())
    assert flat.count('#panic("x")$x$*b*<b>@ref//\\`code`[x]') == 4
    assert "甲方" in second
    assert "日期" in second


def test_equal_documents_are_equal_bytes() -> None:
    assert render_pdf(document(*EVERY_BLOCK)) == render_pdf(document(*EVERY_BLOCK))


def test_it_says_that_it_is_pdf_a() -> None:
    assert b"<pdfaid:part>2</pdfaid:part>" in render_pdf(document(Paragraph("正文")))


def test_the_head_of_a_table_is_repeated_and_pages_are_counted() -> None:
    rows = [[f"F{i}", "x"] for i in range(120)]
    pages = text_of(render_pdf(document(Table(["编号", "现象"], rows), page="第 1 页，共 1 页")))
    assert len(pages) > 2
    assert all("编号" in page for page in pages)
    assert f"第 2 页，共 {len(pages)} 页" in pages[1]


def test_a_ragged_table_is_refused_in_plain_words() -> None:
    with pytest.raises(ValueError, match="2 columns, but a row has 1"):
        Table(["编号", "金额"], [["F1"]])


def test_pages_can_be_looked_at() -> None:
    one, two = pages_as_png(document(Paragraph("一"), PageBreak(), Paragraph("二")))
    assert one.startswith(b"\x89PNG")
    assert two.startswith(b"\x89PNG")


def test_a_folder_of_fonts_of_the_operator_may_be_empty(tmp_path: Path) -> None:
    assert "正文" in text_of(render_pdf(document(Paragraph("正文")), tmp_path))[0]
