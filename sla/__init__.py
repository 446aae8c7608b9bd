"""SLA: contract terms, calendars, clocks, deadlines, penalties, reports, audit of foreign logs."""

from kernel.manifest import Form, Job, Manifest, NavItem, Permission, Role

_PARTIES = frozenset({"engineer", "ops", "provider_manager", "supervisor", "payer_supervisor", "auditor"})

MANIFEST = Manifest(
    name="sla",
    roles=(
        Role("engineer", "驻场工程师"),
        Role("ops", "运维人员"),
        Role("provider_manager", "乙方项目经理"),
        Role("supervisor", "甲方监督员"),
        Role("payer_supervisor", "付款方监督员"),
    ),
    permissions=(
        Permission("terms.read", "查看合同条款", _PARTIES),
        Permission("report.read", "查看服务水平报告", _PARTIES),
        Permission("penalty.read", "查看违约台账", _PARTIES - {"ops"}),
        Permission("penalty.decide", "决定违约记录（甲方）", frozenset({"supervisor"})),
        Permission("penalty.answer", "答复违约记录（乙方）", frozenset({"provider_manager"})),
        Permission("log.audit", "评判外部日志", _PARTIES),
        Permission("evidence.verify", "核验证据文件", _PARTIES),
        Permission("deadline.read", "查看期限引擎", frozenset({"ops", "auditor"})),
    ),
    nav=(
        NavItem("服务报告", "/reports/sla", "report", "report.read", "合同"),
        NavItem("违约台账", "/penalties", "money", "penalty.read", "合同"),
        NavItem("合同条款", "/terms", "contract", "terms.read", "合同"),
        NavItem("日志评判", "/log-audit", "scales", "log.audit", "合同"),
        NavItem("证据核验", "/verify", "shield", "evidence.verify", "合同"),
        NavItem("期限引擎", "/deadlines", "deadline", "deadline.read", "运行"),
    ),
    routers=(
        "sla.terms:router",
        "sla.report.edges:router",
        "sla.audit.pages:router",
        "sla.verification:router",
        "sla.deadlines.pages:router",
    ),
    jobs=(
        Job("sla.deadlines", 0.5, "sla.deadlines.jobs:tick"),
        Job("sla.late", 60, "sla.deadlines.watch:check_late"),
    ),
    models=("sla.deadlines.models", "sla.cases.models", "sla.pinned"),
    forms=(Form("shoushi-evidence-1", "故障证据", "sla.evidence:verify_evidence"),),
    checks=(
        "sla.cases.integrity:check_verdicts",
        "sla.pinned:check_versions",
    ),
    on_start="sla.pinned:pin_at_start",
    templates=True,
)
