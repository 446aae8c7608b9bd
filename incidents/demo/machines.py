"""The demonstration's monitoring: an account that may only send alerts, and its token for the console."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from kernel.identity import service
from kernel.identity.models import Person, Unit
from kernel.platform import Platform

USERNAME, NAME, UNIT = "monitor", "监测系统", "telecom"
LASTS = timedelta(days=30)


def token(platform: Platform) -> str:
    """Return a token of the role `monitor`; no token is stored, so each start makes a new one."""
    now = platform.clock.now()
    with platform.db.write("demo") as session:
        if session.scalar(select(Person.id).where(Person.username == USERNAME)) is None:
            unit = session.scalars(select(Unit).where(Unit.key == UNIT)).one()
            post = service.add_post(session, now, unit, NAME, ["monitor"])
            person = service.add_person(session, now, USERNAME, NAME)  # no password: nobody logs in with it
            service.grant(session, now, platform.catalogue, person, post)
        return service.create_token(session, now, USERNAME, "demo", expires=LASTS, role="monitor")


def lines(platform: Platform) -> list[str]:
    """Return what the console says of it."""
    return [
        f"监测系统令牌（只能发送告警，{LASTS.days}天有效）：{token(platform)}",
        f"  告警接口 {platform.settings.base_url}/api/v1/alerts/alertmanager",
    ]
