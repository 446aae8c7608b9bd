"""The penalty ledger (第二十五条): entries are added, reversed, decided; never edited or removed."""

from kernel.manifest import Form, Job, Manifest

MANIFEST = Manifest(
    name="sla.penalties",
    routers=("sla.penalties.api:router", "sla.penalties.pages:router"),
    jobs=(Job("penalties.sums", 300, "sla.penalties.sums:fold"),),
    deadlines=(("penalty", "sla.penalties.reminders:on_due"),),
    models=("sla.penalties.models",),
    forms=(Form("shoushi-penalty-1", "违约记录证据", "sla.penalties.evidence:verify_penalty"),),
    checks=("sla.penalties.integrity:check_ledger", "sla.penalties.sums:check_sums"),
)
