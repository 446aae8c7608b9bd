"""The demonstration's drills: the catalogue released, one plan approved for today, one waiting for party A.

Nothing has been run: whoever looks can run the approved one, on this machine, in a minute.
"""

from __future__ import annotations

from datetime import timedelta

from drills import plan, service
from kernel.identity.actors import actor_of
from kernel.platform import Platform
from playbooks import catalogue, releases

REASON = "已逐个审阅剧本、影响范围和回退办法，可以使用。"
PLANS = (("process_crash", "YA-02 办公系统应急预案", True), ("tabletop_major", "YA-01 总体应急预案", False))
ROLES = {
    "director": "manager",
    "safety": "engineer",
    "responders": ["engineer"],
    "supervisor": "supervisor",
    "evaluator": "supervisor",
}


def prepare(platform: Platform, *, fresh: bool, scripted: bool) -> None:
    """Fill a new demonstration; a rehearsal's clock is too fast for real playbooks."""
    if not (fresh and scripted):
        return
    now = platform.clock.now()
    with platform.db.read() as session:
        who = {n: actor_of(session, now, platform.catalogue, n) for n in ("manager", "ops", "supervisor")}
    with platform.db.write("manager") as session:
        for kind, entries in (("scenario", catalogue.scenarios()), ("repair", catalogue.repairs())):
            for entry in entries.values():
                checksum, key = entry.checksum, entry.what.id
                releases.decide(session, now, who["manager"], kind, key, checksum, releases.RELEASED, REASON)
    for key, document, approved in PLANS:
        if key not in catalogue.scenarios():
            continue
        with platform.db.write("ops") as session:
            drill = service.draft(platform, session, now, who["ops"], _plan(platform, key, document))
            service.submit(platform, session, now, who["ops"], drill.number)
        if approved:
            with platform.db.write("supervisor") as session:
                words = "同意按方案在实验环境演练。"
                service.decide(
                    platform, session, now, who["supervisor"], drill.number, approved=True, text=words
                )


def _plan(platform: Platform, key: str, document: str) -> str:
    entry = catalogue.scenario(key)
    now = platform.clock.now().astimezone(platform.zone)
    window = {"begins": now.isoformat(), "ends": (now + timedelta(days=2)).isoformat()}
    values = plan.outline(
        entry,
        now,
        ROLES,
        modules=["documents"],
        payers=["city"],
        reference={"level": "专项", "document": document, "revision": "2025-1"},
        window=window,
    )
    return plan.write(plan.validated(values))
