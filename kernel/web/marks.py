"""Icons, badges, places and rows of the data table, made in Python: in a page they cost more than its data.

The templates stay the way to use them. Everything is escaped here as in a template.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from kernel.manifest import NavItem
from kernel.web.i18n import gettext

SHAPES = {
    "ok": "dot",
    "near": "triangle",
    "over": "square",
    "missed": "square",
    "met": "check",
    "paused": "pause",
    "excluded": "pause",
    "pending": "ring",
    "unobserved": "hatch",
    "info": "ring",
    "neutral": "ring",
}
"""The shape that goes with a tone, so that colour never stands alone."""
_NOTHING = Markup("—")
Column = Mapping[str, Any]
Group = tuple[str, tuple[NavItem, ...]]


def marks(url: Callable[[str], str]) -> dict[str, Callable[..., Markup]]:
    """Return the template globals; `url` names static files. Caches tell text from markup by its type."""

    @lru_cache(maxsize=512, typed=True)
    def icon_mark(name: str, label: str | None = None) -> Markup:
        said = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
        shape = Markup('<svg class="icon icon--{}" {}><use href="{}#{}"/></svg>')
        return shape.format(name, said, url("icons.svg"), name)

    @lru_cache(maxsize=2048, typed=True)
    def badge_mark(text: str, tone: str, shape: str | None, title: str | None) -> Markup:
        hint = Markup(' title="{}"').format(title) if title else ""
        drawn = icon_mark(shape or SHAPES[tone])
        return Markup('<span class="badge badge--{}"{}>{}{}</span>').format(tone, hint, drawn, text)

    @lru_cache(maxsize=256, typed=True)
    def places_mark(groups: tuple[Group, ...], current: str | None, _language: str) -> Markup:
        return Markup("").join(_group(name, items, current, icon_mark) for name, items in groups)

    return {
        "icon_mark": icon_mark,
        "badge_mark": badge_mark,
        "places_mark": places_mark,
        "table_rows": table_rows,
    }


def _group(name: str, items: Iterable[NavItem], current: str | None, icon: Callable[[str], Markup]) -> Markup:
    head = Markup('<p class="nav__group">{}</p>').format(gettext(name)) if name else ""
    line = Markup('<li><a href="{}"{}>{}<span>{}</span></a></li>\n')
    here = {current: Markup(' aria-current="page"')}
    lines = (line.format(i.href, here.get(i.href, ""), icon(i.icon), gettext(i.label)) for i in items)
    return Markup("{}\n<ul>\n{}</ul>\n").format(head, Markup("").join(lines))


def table_rows(columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], cards: bool) -> Markup:
    """Return the body rows of a data table: `columns` and `rows` as the macro `data_table` describes them."""
    cells = [(c["key"], bool(c.get("main")), _opening(c, cards)) for c in columns]
    role = ' role="row"' if cards else ""
    out: list[str] = []
    for row in rows:
        href, tone = row.get("_href"), row.get("_tone")
        out.append(f'<tr{role} class="row--{escape(tone)}">' if tone else f"<tr{role}>")
        for key, main, opening in cells:
            value = row.get(key)
            text = str(_NOTHING if value is None or value == "" else escape(value))
            if main and href:
                text = f'<a href="{escape(href)}">{text}</a>'
            out.append(f"{opening}{text}</td>\n")
        out.append("</tr>\n")
    return Markup("".join(out))  # noqa: S704 - each value above is escaped


def _opening(column: Column, cards: bool) -> str:
    role = ' role="cell"' if cards else ""
    align = f" align-{escape(column['align'])}" if column.get("align") else ""
    main = "cell--main" if column.get("main") else ""
    return f'<td{role} data-label="{escape(column["label"])}" class="{main}{align}">'
