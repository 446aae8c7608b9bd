"""Charts on paper: the macros' own SVG with its style inside, since a PDF has no style sheet."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from jinja2 import Environment

STYLE = """
text { font-family: "Noto Sans SC"; font-size: 12px; fill: #333 }
.chart__label { font-size: 13px; fill: #000 } .chart__value { font-size: 13px; fill: #000; font-weight: 700 }
.chart__tick--end, .chart__label--end, .chart__target-text { text-anchor: end }
.chart__tick--middle { text-anchor: middle }
.chart__grid { stroke: #bbb; stroke-width: 1 } .chart__now { stroke: #9c1016; stroke-width: 1.5 }
.chart__target { stroke: #d98a06; stroke-width: 1.5; stroke-dasharray: 5 4 }
.series polyline { fill: none; stroke: #174a94; stroke-width: 2 }
.series circle { fill: #fff; stroke: #174a94 }
.series--2 polyline { stroke: #0f7c86; stroke-dasharray: 7 3 } .series--2 circle { stroke: #0f7c86 }
.series--3 polyline { stroke: #7a4fa3; stroke-dasharray: 2 3 } .series--3 circle { stroke: #7a4fa3 }
.bar rect { fill: #174a94 } .bar--ok rect { fill: #17693b } .bar--near rect { fill: #d98a06 }
.bar--over rect { fill: #b3161d }
.share rect { fill: #55606e } .share--ok rect, .share--met rect { fill: #17693b }
.share--near rect { fill: #d98a06 } .share--over rect, .share--missed rect { fill: #b3161d }
.share--paused rect, .share--excluded rect { fill: #8a95a3 } .share--unobserved rect { fill: #c6cdd6 }
.slot rect { fill: #8a95a3 } .slot--ok rect, .slot--met rect { fill: #17693b }
.slot--near rect { fill: #d98a06 } .slot--over rect { fill: #b3161d } .slot__text { fill: #fff }
.heat { fill: none; stroke: #d8dde4 } .heat--over { fill: #b3161d; stroke: none }
.heat--1 { fill: #cfe0f5 } .heat--2 { fill: #96b9e6 } .heat--3 { fill: #4d82c6 } .heat--4 { fill: #174a94 }
"""
"""The light theme of static/css/charts.css, in what a PDF's SVG understands."""

_WIDE = re.compile(r'<svg class="chart__svg chart__svg--wide" (.*?)>(.*?)</svg>', re.DOTALL)


@cache
def _environment() -> Environment:
    from kernel.web.static import assets_of
    from kernel.web.templating import build_environment

    return build_environment(assets_of())


def paper_chart(macro: str, *args: Any, **kwargs: Any) -> str:
    """Return the wide picture that a chart macro draws, as SVG that stands alone."""
    module: Any = _environment().get_template("components/charts.html").module
    found = _WIDE.search(str(getattr(module, macro)(*args, **kwargs)))
    if found is None:
        raise ValueError(f"{macro} draws no chart")
    attributes, content = found.groups()
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}><style>{STYLE}</style>{content}</svg>'
