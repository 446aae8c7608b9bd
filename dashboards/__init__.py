"""Boards for people who look: what must I do now, how long have I got."""

from kernel.identity import EVERYONE
from kernel.manifest import Manifest, NavItem, Permission

MANIFEST = Manifest(
    name="dashboards",
    permissions=(
        Permission("home.read", "我的工作", EVERYONE),
        Permission("board.supervise", "查看监督台", frozenset({"supervisor", "payer_supervisor", "auditor"})),
    ),
    nav=(
        NavItem("我的工作", "/", "home", "home.read", "", phone=True),
        NavItem("监督台", "/supervisor", "scales", "board.supervise", "", phone=True),
    ),
    routers=("dashboards.home:router", "dashboards.supervisor:router"),
    templates=True,
)
