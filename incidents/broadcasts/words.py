"""The words of a broadcast, in the tone of an official notice; the template is a file of its own."""

from __future__ import annotations

from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from incidents.broadcasts.rules import AUTOMATIC, CLOSING_SLOT, FIELDS, LABELS
from incidents.models import Broadcast, Incident
from kernel.platform import Platform
from sla.verdict import Verdict


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("incidents"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - plain text
    )  # fmt: skip
    return environment.get_template("incidents/broadcast.txt")


def broadcast_title(incident: Incident, broadcast: Broadcast, issue: int) -> str:
    """Return the subject line."""
    kind = "恢复通报" if broadcast.slot == CLOSING_SLOT else "故障通报"
    return f"【{kind}】第{issue}期 {incident.title}"


def broadcast_text(
    platform: Platform, incident: Incident, broadcast: Broadcast, issue: int, verdict: Verdict
) -> str:
    """Return the plain text, for mail, screen and print alike."""
    contract = verdict.contract
    words = {name: (broadcast.text or {}).get(name, "").strip() for name in FIELDS}
    return _template().render(
        issue=issue,
        closing=broadcast.slot == CLOSING_SLOT,
        number=incident.number,
        title=incident.title,
        due=broadcast.due_at.astimezone(platform.zone),
        started=verdict.started_at.astimezone(platform.zone),
        restored=verdict.restored_at.astimezone(platform.zone) if verdict.restored_at else None,
        class_name=contract.fault_classes[verdict.fault_class].name,
        modules=[contract.modules[m].name if m in contract.modules else m for m in incident.modules],
        payers=[contract.payers[p].name if p in contract.payers else p for p in incident.payers],
        automatic=bool(broadcast.automatic),
        automatic_words=AUTOMATIC,
        words=[(LABELS[name], text) for name, text in words.items() if text],
        article=contract.broadcast.article,
        telephone=contract.support.telephone,
        provider=contract.parties["b"].name,
        url=f"{platform.settings.base_url}/incidents/{incident.number}",
    )
