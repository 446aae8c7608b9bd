"""Frozen reports: a month's figures as they were issued, never changed, reissued only with a reason."""

from kernel.manifest import Job, Manifest, NavItem, Permission

_READERS = frozenset({"engineer", "ops", "provider_manager", "supervisor", "auditor"})

MANIFEST = Manifest(
    name="sla.frozen",
    permissions=(
        Permission("report.frozen", "查看冻结的月报", _READERS),
        Permission("report.freeze", "冻结月报", frozenset({"supervisor"})),
    ),
    nav=(NavItem("冻结月报", "/reports", "report", "report.frozen", "合同"),),
    routers=("sla.frozen.edges:router",),
    jobs=(Job("sla.freezing", 600, "sla.frozen.jobs:arm_month"),),
    deadlines=(("report", "sla.frozen.jobs:on_due"),),
    models=("sla.frozen.models",),
    checks=("sla.frozen.service:verify_frozen",),
)
