"""Handover: everything the platform knows, in open formats; the data is party A's (第十一、三十二条)."""

from kernel.manifest import Form, Job, Manifest, NavItem, Permission

MANIFEST = Manifest(
    name="kernel.handover",
    permissions=(Permission("handover.take", "移交全部数据（甲方）", frozenset({"supervisor"})),),
    nav=(NavItem("数据移交", "/handover", "download", "handover.take", "系统"),),
    routers=("kernel.handover.pages:router",),
    jobs=(Job("handover.requests", 5, "kernel.handover.requests:work"),),
    models=("kernel.handover.models",),
    templates=True,
    forms=(
        Form(
            "shoushi-handover-1",
            "数据移交清单",
            "kernel.handover.check:check_manifest",
            "kernel.handover.check:check_files",
        ),
    ),
)
