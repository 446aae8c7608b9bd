"""The CSP allows no inline style, script or handler, so templates have none (architecture.md §2.11)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.arch.source import ROOT, product_files

TEMPLATES = product_files("*.html")
FORBIDDEN = {
    "an inline style": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style[\s>]", re.IGNORECASE),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc\s*=)", re.IGNORECASE),
    "an event handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "a javascript link": re.compile(r"javascript:", re.IGNORECASE),
    "something from another host": re.compile(r"(?:src|href)\s*=\s*[\"']?(?:https?:)?//", re.IGNORECASE),
}


@pytest.mark.parametrize("path", TEMPLATES, ids=str)
def test_a_template_has_nothing_that_the_csp_would_block(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", (ROOT / path).read_text(encoding="utf-8"), flags=re.DOTALL)
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(text)] == []


def test_the_patterns_find_what_they_look_for() -> None:
    bad = [
        '<p style="color:red">', "<style>", "<script>alert(1)</script>", '<a onclick="x()">',
        '<a href="javascript:x">', '<img src="//cdn.example/x.png">',
    ]  # fmt: skip
    for text, pattern in zip(bad, FORBIDDEN.values(), strict=True):
        assert pattern.search(text), text
    assert not FORBIDDEN["an inline script"].search('<script type="module" src="/static/x.js"></script>')
