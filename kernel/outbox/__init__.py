"""The outbox: messages to people, written in the transaction that causes them, delivered afterwards."""

from kernel.manifest import Job, Manifest, NavItem, Permission
from kernel.outbox.service import Attachment, Draft, enqueue

__all__ = ["MANIFEST", "Attachment", "Draft", "enqueue"]

MANIFEST = Manifest(
    name="kernel.outbox",
    permissions=(
        Permission("outbox.read", "查看发件箱", frozenset({"ops", "sysadmin", "auditor"})),
        Permission("outbox.retry", "重发失败消息", frozenset({"ops", "sysadmin"})),
    ),
    nav=(NavItem("发件箱", "/outbox", "outbox", "outbox.read", "运行"),),
    routers=("kernel.outbox.pages:router",),
    jobs=(Job("outbox.deliver", 0.5, "kernel.outbox.jobs:deliver"),),
    models=("kernel.outbox.models", "kernel.bus"),
    templates=True,
)
