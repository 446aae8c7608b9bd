"""From blocks to PDF (or PNG, to be looked at), by the one typst template beside this module."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from kernel.pdf.blocks import Document

MODULE = "kernel.pdf"


@cache
def _template() -> bytes:
    return resources.files(MODULE).joinpath("document.typ").read_bytes()


@cache
def _fonts(folder: Path | None) -> Any:
    """Return the fonts of the wheel and of the operator's folder, read once: it takes longer than a page."""
    import pylopdf_fonts_zh_cn
    import typst

    shipped = Path(pylopdf_fonts_zh_cn.__file__).parent
    paths = [shipped] if folder is None else [folder, shipped]
    return typst.Fonts(include_system_fonts=False, font_paths=paths)


def _compiler(document: Document, folder: Path | None) -> Any:
    import typst

    inputs = {"document": json.dumps(asdict(document), ensure_ascii=False, default=str)}
    return typst.Compiler(_template(), font_paths=_fonts(folder), ignore_system_fonts=True, sys_inputs=inputs)


def render_pdf(document: Document, font_dir: Path | None = None) -> bytes:
    """Return the document as PDF/A-2b; equal documents give equal bytes."""
    at = document.made_at.astimezone(UTC).replace(microsecond=0)
    made: bytes = _compiler(document, font_dir).compile(format="pdf", pdf_standards="a-2b", timestamp=at)
    return made


def pages_as_png(document: Document, font_dir: Path | None = None, ppi: float = 72) -> list[bytes]:
    """Return the pages as pictures, to be looked at."""
    made = _compiler(document, font_dir).compile(format="png", ppi=ppi)
    return made if isinstance(made, list) else [made]
