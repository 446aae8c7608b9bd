"""Messages that drills cause, all through the outbox. Each key says its message once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from drills.models import Drill
from kernel.identity.directory import Recipient, people_with_role
from kernel.outbox import Draft, enqueue
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
    drafts = []
    for person in {p.id: p for p in told}.values():
        for channel, address in (("email", person.email), ("inapp", person.username)):
            if address:
                once = f"drill:{drill.id}:{key}:{channel}:{person.id}"
                title = f"{words}：{drill.title}"
                drafts.append(
                    Draft(once, f"drill:{drill.number}", channel, address, title, text, person.id, url)
                )
    enqueue(session, now, drafts)
