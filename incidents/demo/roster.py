"""The demonstration's roster: this month and the next, so that somebody is on duty now."""

from __future__ import annotations

from incidents.demo import cast
from kernel.platform import Platform
from oa.affairs.duty import queries, rules, service

STANDING = {rules.PRIMARY: "engineer", rules.DEPUTY: "manager", rules.LEADER: "leader"}


def publish(platform: Platform) -> None:
    """Draw up and publish both months as the provider's manager would."""
    now = platform.clock.now()
    this = f"{now.astimezone(platform.zone):%Y-%m}"
    manager = cast.actors(platform)["manager"]
    with platform.db.write("manager") as session:
        known = {person.username: person.id for person in queries.candidates(session, now)}
        for month in (this, rules.neighbours(this)[1]):
            cells = {(d, role): known[who] for d in rules.days_of(month) for role, who in STANDING.items()}
            service.save(platform, session, now, manager, month, cells)
            service.publish(platform, session, now, manager, month)
