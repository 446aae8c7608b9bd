"""Alert intake: machines, mail and the telephone tell of faults; few incidents come of many alerts."""

from kernel.manifest import Job, Manifest, Permission, Role

MANIFEST = Manifest(
    name="incidents.intake",
    roles=(Role("monitor", "监测系统"),),
    permissions=(Permission("alert.send", "发送告警", frozenset({"monitor", "engineer", "ops"})),),
    routers=("incidents.intake.api:router",),
    jobs=(Job("intake.recoveries", 10, "incidents.intake.service:tell_held_recoveries"),),
    models=("incidents.intake.models",),
)
