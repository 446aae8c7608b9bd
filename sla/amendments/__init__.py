"""Contract versions: an amended contract file, agreed by both parties, is in force from a day on."""

from kernel.manifest import Manifest, Permission

MANIFEST = Manifest(
    name="sla.amendments",
    permissions=(
        Permission("amendment.sign", "提出或确认合同变更", frozenset({"supervisor", "provider_manager"})),
        Permission("amendment.sign_a", "代表甲方确认合同变更", frozenset({"supervisor"})),
        Permission("amendment.sign_b", "代表乙方确认合同变更", frozenset({"provider_manager"})),
    ),
    routers=("sla.amendments.pages:router",),
    models=("sla.amendments.models",),
    checks=("sla.amendments.service:check_amendments",),
    handover=("sla.handover:parts",),
)
