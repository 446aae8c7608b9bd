"""On-call: who is called on which rung of the ladder, by which channels, and how they answer."""

from kernel.manifest import Manifest, NavItem

MANIFEST = Manifest(
    name="incidents.oncall",
    nav=(NavItem("呼叫预览", "/oncall", "bell", "incident.read", "保障"),),
    routers=(
        "incidents.oncall.answer:router",
        "incidents.oncall.api:router",
        "incidents.oncall.pages:router",
    ),
    models=("incidents.oncall.models",),
)
