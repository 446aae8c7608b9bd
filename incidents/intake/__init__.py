"""Alert intake: machines, mail and the telephone tell of faults; few incidents come of many alerts."""

from kernel.manifest import Job, Manifest

MANIFEST = Manifest(
    name="incidents.intake",
    jobs=(Job("intake.recoveries", 10, "incidents.intake.service:tell_held_recoveries"),),
    models=("incidents.intake.models",),
)
