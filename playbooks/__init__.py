"""The Ansible content, its catalogue and the only ansible-runner adapter."""

from kernel.manifest import Manifest, NavItem, Permission

MANIFEST = Manifest(
    name="playbooks",
    permissions=(
        Permission(
            "playbook.read",
            "查看剧本目录",
            frozenset({"engineer", "ops", "provider_manager", "supervisor", "payer_supervisor", "auditor"}),
        ),
        Permission("playbook.release", "发布与停用剧本", frozenset({"provider_manager"})),
    ),
    nav=(NavItem("剧本目录", "/playbooks", "playbook", "playbook.read", "保障"),),
    routers=("playbooks.pages:router",),
    models=("playbooks.models",),
    checks=("playbooks.releases:check_releases",),
    templates=True,
)
