"""Monitoring: probes that ask our services again and again, and availability that comes of it."""

from kernel.manifest import Job, Manifest, NavItem, Permission

_READERS = frozenset({"engineer", "ops", "provider_manager", "supervisor", "auditor"})

MANIFEST = Manifest(
    name="incidents.monitoring",
    permissions=(
        Permission("probe.read", "查看探测与可用率", _READERS),
        Permission("probe.manage", "配置探测", frozenset({"ops"})),
    ),
    nav=(NavItem("探测", "/probes", "probe", "probe.read", "运行"),),
    routers=("incidents.monitoring.api:router", "incidents.monitoring.pages:router"),
    jobs=(Job("monitoring.runner", 5, "incidents.monitoring.runner:keep"),),
    models=("incidents.monitoring.models",),
    checks=("incidents.monitoring.record:check_outages",),
    gauges=("incidents.monitoring.queries:gauges",),
    observed="incidents.monitoring.observed:observed",
    on_start="incidents.monitoring.file:load",
    on_init="incidents.monitoring.own:install",
    demo="incidents.monitoring.own:demo",
    templates=True,
)
