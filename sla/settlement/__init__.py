"""Settlement: the half-yearly statement of what each payer pays, deducts and carries over."""

from kernel.manifest import Manifest, NavItem, Permission

_READERS = frozenset({"provider_manager", "supervisor", "payer_supervisor", "auditor"})

MANIFEST = Manifest(
    name="sla.settlement",
    permissions=(
        Permission("settlement.read", "查看结算单", _READERS),
        Permission("settlement.issue", "开具结算单", frozenset({"supervisor"})),
    ),
    nav=(NavItem("半年结算", "/settlements", "scales", "settlement.read", "合同"),),
    routers=("sla.settlement.api:router", "sla.settlement.pages:router"),
    models=("sla.settlement.models",),
    checks=("sla.settlement.integrity:check_statements",),
    templates=True,
)
