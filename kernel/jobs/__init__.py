"""Jobs: work the worker repeats. APScheduler only wakes them; the truth is in the tables they look at."""

from kernel.manifest import Job, Manifest, NavItem, Permission

MANIFEST = Manifest(
    name="kernel.jobs",
    permissions=(Permission("jobs.read", "查看后台任务", frozenset({"ops", "sysadmin", "auditor"})),),
    nav=(NavItem("后台任务", "/jobs", "jobs", "jobs.read", "运行"),),
    routers=("kernel.jobs.pages:router",),
    jobs=(
        Job("bus.dispatch", 0.5, "kernel.bus:dispatch"),
        Job("feed.prune", 3600, "kernel.feed:prune"),
        Job("idempotency.prune", 3600, "kernel.edge.idempotency:prune"),
    ),
    gauges=("kernel.jobs.gauges:gauges",),
    templates=True,
    models=("kernel.jobs.models", "kernel.feed", "kernel.edge.idempotency"),
)
