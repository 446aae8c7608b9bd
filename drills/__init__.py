"""Emergency drills: plan, approval, run, evaluation, sign-off."""

from kernel.manifest import Form, Job, Manifest, NavItem, Permission

_B, _A = frozenset({"engineer", "ops", "provider_manager"}), frozenset({"supervisor"})
_RUN = frozenset({"ops", "provider_manager"})

MANIFEST = Manifest(
    name="drills",
    permissions=(
        Permission("drill.read", "查看应急演练", _A | _B | {"auditor"}),
        Permission("drill.plan", "起草演练方案（乙方）", _RUN),
        Permission("drill.approve", "批准演练方案（甲方）", frozenset({"supervisor"})),
        Permission("drill.countersign", "会签生产环境演练（乙方负责人）", frozenset({"provider_manager"})),
        Permission("drill.run", "布置、启动与回退演练", _RUN),
        Permission("drill.abort", "中止演练", _B | {"supervisor"}),
        Permission("drill.act", "完成演练的人工步骤", _B),
        Permission("drill.note", "记录演练观察", _B | _A),
        Permission("drill.evaluate", "评估演练（甲方）", frozenset({"supervisor"})),
        Permission("drill.sign", "签署演练报告", frozenset({"supervisor", "provider_manager"})),
        Permission("drill.item", "列入与办理演练整改事项", _B | {"supervisor"}),
    ),
    nav=(NavItem("应急演练", "/drills", "drill", "drill.read", "保障"),),
    routers=("drills.api:router", "drills.pages:router"),
    deadlines=(("drill", "drills.due:on_due"), ("drill_item", "drills.due:on_item_due")),
    jobs=(Job("drills.conductors", 1, "drills.jobs:keep_conducted"),),
    models=("drills.models",),
    checks=("drills.log:check_entries",),
    gauges=("drills.metrics:gauges",),
    forms=(Form("shoushi-drill-1", "演练记录", "drills.views:check"),),
    demo="drills.demo:prepare",
    rehearsed="drills.yearly:rehearsed",
    templates=True,
)
