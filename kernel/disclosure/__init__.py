"""The disclosure register: every export of data, who took it, what, when and why (第十一条、第三十二条)."""

from kernel.manifest import Manifest, NavItem, Permission

MANIFEST = Manifest(
    name="kernel.disclosure",
    permissions=(Permission("disclosure.read", "查看数据提供登记", frozenset({"supervisor", "auditor"})),),
    nav=(NavItem("数据提供登记", "/disclosures", "download", "disclosure.read", "系统"),),
    routers=("kernel.disclosure.pages:router",),
    models=("kernel.disclosure.models",),
    checks=("kernel.disclosure.service:check_register",),
    templates=True,
)
