"""Contrast of the colours that text stands on: 4.5 in light and dark, 7 on the wall."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = (Path(__file__).parents[3] / "kernel/web/static/css/tokens.css").read_text(encoding="utf-8")
ON_SURFACES = ("ink", "soft", "accent-text", "ok", "near", "over", "rest")
SURFACES = ("bg", "surface")
PAIRS = [(text, ground) for text in ON_SURFACES for ground in SURFACES] + [
    ("accent-ink", "accent"),
    ("over-ink", "over"),
    ("ok", "ok-soft"),
    ("near", "near-soft"),
    ("over", "over-soft"),
    ("rest", "rest-soft"),
    ("accent-text", "accent-soft"),
    ("ink", "near-soft"),
    ("soft", "sunken"),
    ("ink", "sunken"),
]


def theme(start: str) -> dict[str, str]:
    block = TOKENS[TOKENS.index(start) :]
    block = block[: block.index("}")]
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", block))


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("start", "least"),
    [
        (":root {", 4.5),
        ('[data-theme="dark"]', 4.5),
        (":root:not([data-theme])", 4.5),
        ('[data-theme="wall"]', 7),
    ],
)
@pytest.mark.parametrize("pair", PAIRS)
def test_text_can_be_read(start: str, least: float, pair: tuple[str, str]) -> None:
    colours = theme(start)
    assert contrast(colours[pair[0]], colours[pair[1]]) >= least


def test_both_ways_to_dark_are_the_same() -> None:
    assert theme('[data-theme="dark"]') == theme(":root:not([data-theme])")


def test_contrast_is_the_known_formula() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
