"""Who is who: units, people, posts, roles, passwords, sessions, tokens (三员分立)."""

from kernel.manifest import Form, Job, Manifest, NavItem, Permission, Role

ADMINISTRATORS = "administrator"
EVERYONE = frozenset(
    {"sysadmin", "secadmin", "auditor", "engineer", "ops", "provider_manager"}
    | {"supervisor", "payer_supervisor", "staff", "clerk", "leader"}
)

MANIFEST = Manifest(
    name="kernel.identity",
    roles=(
        Role("sysadmin", "系统管理员", ADMINISTRATORS),
        Role("secadmin", "安全管理员", ADMINISTRATORS),
        Role("auditor", "审计管理员", ADMINISTRATORS),
    ),
    permissions=(
        Permission("account.self", "管理本人账户", EVERYONE),
        Permission("people.read", "查看人员与单位", frozenset({"sysadmin", "secadmin", "auditor"})),
        Permission("people.manage", "维护人员与单位", frozenset({"sysadmin"})),
        Permission("people.grant", "授予岗位与角色、锁定账户", frozenset({"secadmin"})),
        Permission("audit.read", "查看审计记录", frozenset({"auditor"})),
    ),
    nav=(
        NavItem("人员与单位", "/people", "people", "people.read", "系统"),
        NavItem("审计记录", "/audit-log", "audit", "audit.read", "系统"),
    ),
    routers=("kernel.identity.pages:router", "kernel.audit.pages:router"),
    jobs=(Job("audit.seals", 60, "kernel.audit.seals:seal_yesterday"),),
    checks=("kernel.audit.seals:check_seals",),
    forms=(Form("shoushi-seal-1", "审计链日封", "kernel.audit.seals:verify_file"),),
    models=("kernel.identity.models", "kernel.audit.models"),
    handover=("kernel.audit.seals:handover_parts",),
    templates=True,
    commands=(("user", "kernel.identity.cli:user"), ("token", "kernel.identity.cli:token")),
)
