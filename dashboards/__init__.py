"""Boards for people who look: what must I do now, how long have I got."""

from kernel.identity import EVERYONE
from kernel.manifest import Manifest, NavItem, Permission

MANIFEST = Manifest(
    name="dashboards",
    permissions=(Permission("home.read", "我的工作", EVERYONE),),
    nav=(NavItem("我的工作", "/", "home", "home.read", "", phone=True),),
    routers=("dashboards.home:router",),
    templates=True,
)
