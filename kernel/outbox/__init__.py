"""The outbox: messages to people, written in the transaction that causes them, delivered afterwards."""

from kernel.manifest import Job, Manifest, NavItem, Permission, Role
from kernel.outbox.service import Attachment, Draft, enqueue

__all__ = ["MANIFEST", "Attachment", "Draft", "enqueue"]

CHANNELS = ("email", "sms", "wecom", "dingtalk", "webhook")

MANIFEST = Manifest(
    name="kernel.outbox",
    roles=(Role("gateway", "短信网关（接口）"),),
    permissions=(
        Permission("outbox.read", "查看发件箱", frozenset({"ops", "sysadmin", "auditor"})),
        Permission("outbox.retry", "重发失败消息", frozenset({"ops", "sysadmin"})),
        Permission("outbox.receipt", "报告消息送达", frozenset({"gateway"})),
    ),
    nav=(NavItem("发件箱", "/outbox", "outbox", "outbox.read", "运行"),),
    routers=("kernel.outbox.pages:router", "kernel.outbox.api:router", "kernel.outbox.reach.pages:router"),
    jobs=tuple(Job(f"outbox.{name}", 0.5, f"kernel.outbox.jobs:{name}") for name in CHANNELS),
    models=("kernel.outbox.models", "kernel.outbox.reach.models", "kernel.bus"),
    gauges=("kernel.outbox.gauges:gauges",),
    templates=True,
)
