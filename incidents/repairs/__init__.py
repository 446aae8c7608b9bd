"""Repair playbooks on real incidents: offered where they fit, approved by a second person, evidence."""

from kernel.manifest import Job, Manifest, NavItem, Permission

_B = frozenset({"engineer", "ops", "provider_manager"})

MANIFEST = Manifest(
    name="incidents.repairs",
    permissions=(
        Permission("repair.read", "查看修复剧本的执行", _B | {"supervisor", "auditor"}),
        Permission("repair.set_up", "登记修复剧本的处置对象", frozenset({"ops", "provider_manager"})),
        Permission("repair.ask", "申请与停止执行修复剧本（乙方）", _B),
        Permission("repair.approve", "批准执行修复剧本", frozenset({"provider_manager", "supervisor"})),
    ),
    nav=(NavItem("剧本修复", "/repairs", "wrench", "repair.read", "保障"),),
    routers=("incidents.repairs.api:router", "incidents.repairs.pages:router"),
    jobs=(Job("incidents.repairs", 1, "incidents.repairs.jobs:keep_running"),),
    models=("incidents.repairs.models",),
    checks=("incidents.repairs.service:check_runs",),
    demo="incidents.repairs.demo:prepare",
    templates=True,
)
