"""Walk a report: every figure with its list."""

from __future__ import annotations

from html import unescape
from typing import Any

from kernel.web.moment import Moment, use_moment
from sla import pinned
from sla.report.layout import Figure, Grid, Numbers
from sla.report.sections import sections_of
from tests.support.web import Site
from tests.support.world import ZONE


def cells(site: Site, figures: dict[str, Any]) -> list[Figure]:
    """Return every figure that the report shows."""
    use_moment(Moment(site.world.now, ZONE))
    found: list[Figure] = []
    for section in sections_of(figures, pinned.in_force(site.world.platform)):
        for part in section.parts:
            if isinstance(part, Numbers):
                found += [figure for _, figure in part.items]
            elif isinstance(part, Grid):
                found += [cell for row in (*part.rows, *([part.total] if part.total else ())) for cell in row]
    return found


def listed(site: Site, who: str, href: str) -> int:
    """Count what a list shows, page after page."""
    client, first = site.api(who), f"/api/v1{unescape(href)}"
    path, count = first, 0
    while path:
        page = client.get(path).json()
        count += len(page["items"])
        path = f"{first}&cursor={page['next']}" if page["next"] else ""
    return count


def figures_and_lists(site: Site, who: str, figures: dict[str, Any]) -> list[tuple[Figure, int]]:
    """Return every counted figure that leads to a list, with what that list counts."""
    return [
        (cell, listed(site, who, cell.href))
        for cell in cells(site, figures)
        if isinstance(cell.value, int) and (cell.href or "").startswith(("/incidents?", "/penalties?"))
        if cell.href
    ]
