"""The duty roster (值班): who is on call now, and that somebody always is."""

from kernel.manifest import Manifest, NavItem, Permission

_EVERYBODY = frozenset(
    {"engineer", "ops", "provider_manager", "supervisor", "payer_supervisor", "auditor"}
    | {"staff", "clerk", "leader"}
)

MANIFEST = Manifest(
    name="oa.affairs.duty",
    permissions=(
        Permission("duty.read", "查看值班表", _EVERYBODY),
        Permission("duty.edit", "编排与发布值班表", frozenset({"provider_manager", "clerk"})),
        Permission("duty.swap", "申请与接受换班", frozenset({"engineer", "provider_manager", "leader"})),
    ),
    nav=(NavItem("值班表", "/duty", "duty", "duty.read", "保障"),),
    routers=(
        "oa.affairs.duty.pages:router",
        "oa.affairs.duty.swap_pages:router",
        "oa.affairs.duty.api:router",
    ),
    deadlines=(("duty", "oa.affairs.duty.due:on_due"),),
    models=("oa.affairs.duty.models",),
    checks=("oa.affairs.duty.integrity:check_changes",),
    templates=True,
)
