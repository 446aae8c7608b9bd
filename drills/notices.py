"""Messages that drills cause, all through the outbox. Each key says its message once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from drills.models import Drill
from kernel.identity.directory import Recipient, people_with_role
from kernel.outbox import enqueue
from kernel.outbox.personal import Letter, to_each
from kernel.platform import Platform


def tell(
    platform: Platform,
    session: Session,
    now: datetime,
    drill: Drill,
    roles: Sequence[str],
    key: str,
    words: str,
    body: str = "",
) -> None:
    """Tell everybody who holds one of the roles."""
    told = people_with_role(session, now, tuple(roles))
    tell_people(platform, session, now, drill, told, f"{key}:{drill.seq}", words, body)


def tell_people(
    platform: Platform,
    session: Session,
    now: datetime,
    drill: Drill,
    told: Iterable[Recipient],
    key: str,
    words: str,
    body: str = "",
) -> None:
    """Tell these people once, by mail and in the platform, with the way to the drill."""
    url = f"/drills/{drill.number}"
    text = f"{drill.number} {drill.title}\n{body}\n\n{platform.settings.base_url}{url}"
    once, ref = f"drill:{drill.id}:{key}", f"drill:{drill.number}"
    enqueue(session, now, to_each(told, Letter(once, ref, f"{words}：{drill.title}", text, url)))
