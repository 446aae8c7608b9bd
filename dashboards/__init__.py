"""Boards for people who look: what must I do now, how long have I got."""

from kernel.identity import EVERYONE
from kernel.manifest import Manifest, NavItem, Permission

MANIFEST = Manifest(
    name="dashboards",
    permissions=(
        Permission("home.read", "我的工作", EVERYONE),
        Permission("board.supervise", "查看监督台", frozenset({"supervisor", "payer_supervisor", "auditor"})),
        Permission(
            "board.wall",
            "查看值守大屏",
            frozenset({"engineer", "ops", "provider_manager", "supervisor", "auditor"}),
        ),
        Permission("board.ops", "查看运维台", frozenset({"ops", "auditor"})),
    ),
    nav=(
        NavItem("我的工作", "/", "home", "home.read", "", phone=True),
        NavItem("值守大屏", "/wall", "wall", "board.wall", ""),
        NavItem("运维台", "/ops", "wrench", "board.ops", ""),
        NavItem("监督台", "/supervisor", "scales", "board.supervise", "", phone=True),
    ),
    routers=(
        "dashboards.home:router",
        "dashboards.supervisor:router",
        "dashboards.wall:router",
        "dashboards.ops:router",
    ),
    templates=True,
)
