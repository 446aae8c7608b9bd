"""Incidents: monitoring, alert intake, incident life, on-call, half-hourly broadcasts."""

from kernel.manifest import Job, Manifest, NavItem, Permission

_B, _A = frozenset({"engineer", "ops", "provider_manager"}), frozenset({"supervisor", "payer_supervisor"})
_OA = frozenset({"staff", "clerk", "leader"})

MANIFEST = Manifest(
    name="incidents",
    permissions=(
        Permission("incident.report", "报告故障", _B | _A | _OA),
        Permission("incident.read", "查看故障", _B | _A | {"auditor"}),
        Permission("incident.see", "查看故障或本人报告的故障", _B | _A | _OA | {"auditor"}),
        Permission("incident.note", "在故障上备注", _B | _A),
        Permission("incident.handle", "处置故障（乙方）", frozenset({"engineer", "provider_manager"})),
        Permission("incident.decide", "决定与会签（甲方）", frozenset({"supervisor"})),
        Permission("review.read", "查看故障复盘", _B | _A | {"auditor"}),
        Permission("review.write", "撰写故障复盘（乙方）", frozenset({"engineer", "provider_manager"})),
        Permission("review.decide", "审阅复盘、核验整改（甲方）", frozenset({"supervisor"})),
        Permission("review.act", "办理本人的整改事项", _B | {"supervisor"}),
        Permission("decision.read", "查看待甲方决定的事项", _A | {"provider_manager", "auditor"}),
    ),
    nav=(
        NavItem("故障事件", "/incidents", "incident", "incident.see", "保障", phone=True),
        NavItem("告警", "/alerts", "bell", "alert.read", "保障"),
        NavItem("剔除申请", "/claims", "pause", "incident.read", "保障"),
        NavItem("待甲方决定", "/decisions", "stamp", "decision.read", "保障"),
        NavItem("报告故障", "/incidents/new", "plus", "incident.report", "保障", phone=True, top=True),
        NavItem("电话报障", "/incidents/phone", "phone", "incident.handle", "保障"),
        NavItem("故障复盘", "/reviews", "check", "review.read", "保障"),
    ),
    routers=(
        "incidents.api:router",
        "incidents.pages:router",
        "incidents.whatif:router",
        "incidents.requests.pages:router",
        "incidents.penalty_evidence:router",
        "incidents.claims.api:router",
        "incidents.claims.pages:router",
        "incidents.reviews.api:router",
        "incidents.reviews.pages:router",
    ),
    deadlines=(
        ("incident", "incidents.jobs:on_due"),
        ("request", "incidents.requests.reminders:on_due"),
        ("review", "incidents.reviews.due:on_review_due"),
        ("review_action", "incidents.reviews.due:on_action_due"),
    ),
    subscribers=(("blind_time", "incidents.jobs:on_blind_time"),),
    jobs=(
        Job("incidents.receipts", 1, "incidents.broadcasts.jobs:collect_receipts"),
        Job("incidents.audit", 60, "incidents.heartbeat:audit"),
    ),
    models=("incidents.models", "incidents.claims.models", "incidents.reviews.models"),
    checks=("incidents.integrity:check_events", "incidents.reviews.integrity:check_entries"),
    gauges=("incidents.jobs:gauges",),
    handover=("incidents.handover:parts",),
    templates=True,
    demo="incidents.demo:prepare",
)
