"""Alert intake: machines, mail and the telephone tell of faults; few incidents come of many alerts."""

from kernel.manifest import Job, Manifest, Permission, Role

_READERS = {"engineer", "ops", "provider_manager", "supervisor", "payer_supervisor", "auditor"}

MANIFEST = Manifest(
    name="incidents.intake",
    roles=(Role("monitor", "监测系统"),),
    permissions=(
        Permission("alert.send", "发送告警", frozenset({"monitor", "engineer", "ops"})),
        Permission("alert.read", "查看告警", frozenset(_READERS)),
    ),
    routers=("incidents.intake.api:router", "incidents.intake.pages:router", "incidents.intake.phone:router"),
    jobs=(
        Job("intake.recoveries", 10, "incidents.intake.service:tell_held_recoveries"),
        Job("intake.mail", 60, "incidents.intake.mail:poll"),
    ),
    templates=True,
    models=("incidents.intake.models",),
)
