"""The platform watched from outside: how it is, and what a watcher elsewhere saw of its absence."""

from kernel.manifest import Manifest, Permission, Role

MANIFEST = Manifest(
    name="sla.watching",
    roles=(Role("watcher", "外部看守（接口）"),),
    permissions=(Permission("blind.witness", "登记外部看守所见的停机", frozenset({"watcher"})),),
    routers=("sla.watching.api:router",),
    gauges=("sla.deadlines.gauges:gauges", "sla.report.gauges:gauges"),
)
