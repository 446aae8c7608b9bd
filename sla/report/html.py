"""The report as one HTML file with its style inside; its links lead to the platform."""

from __future__ import annotations

from datetime import datetime

from jinja2 import Environment

from kernel.platform import Platform
from kernel.web.moment import Moment, use_moment
from kernel.web.static import OWN, STYLES, assets_of
from kernel.web.templating import build_environment
from sla.contract import Contract
from sla.report.figures import Figures
from sla.report.sections import sections_of


def standalone(platform: Platform, figures: Figures, contract: Contract) -> str:
    """Return the report as a file to keep or to send."""
    use_moment(Moment(platform.clock.now(), contract.zone))
    env: Environment = build_environment(assets_of(), ("sla",))
    style = "\n".join((OWN / f"css/{name}.css").read_text(encoding="utf-8") for name in STYLES)
    page = env.get_template("sla/report_file.html").render(
        sections=sections_of(figures, contract),
        contract=contract,
        base=platform.settings.base_url,
        first=datetime.fromisoformat(figures["from"]),
        last=datetime.fromisoformat(figures["to"]) - datetime.resolution,
        made=datetime.fromisoformat(figures["generated_at"]),
    )
    return page.replace("</head>", f"<style>{style}</style></head>", 1)
