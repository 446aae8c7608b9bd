"""Obligations: who owes what by when, from the contract and the facts on record."""

from kernel.manifest import Job, Manifest, NavItem, Permission

_B, _A, _PAYER = "provider_manager", "supervisor", "payer_supervisor"

MANIFEST = Manifest(
    name="sla.obligations",
    permissions=(
        Permission("obligation.read", "查看履约日历", frozenset({"engineer", "auditor", _B, _A, _PAYER})),
        Permission("obligation.record", "登记履约事项", frozenset({_B, _A, _PAYER})),
        Permission("obligation.deliver", "登记交付与发票（乙方）", frozenset({_B})),
        Permission("obligation.decide", "登记验收、演练与考核（甲方）", frozenset({_A})),
        Permission("obligation.pay", "登记付款", frozenset({_A, _PAYER})),
        Permission("obligation.notify", "发出与答复违约通知", frozenset({_B, _A})),
    ),
    nav=(NavItem("履约日历", "/obligations", "calendar", "obligation.read", "合同"),),
    routers=("sla.obligations.api:router", "sla.obligations.pages:router"),
    deadlines=(("obligation", "sla.obligations.jobs:on_due"),),
    jobs=(Job("sla.obligations", 3600, "sla.obligations.jobs:keep_armed"),),
    models=("sla.obligations.models",),
    checks=("sla.obligations.integrity:check_facts",),
    on_start="sla.obligations.jobs:arm_at_start",
    templates=True,
)
