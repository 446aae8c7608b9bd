"""A message that could not be delivered says so by another channel; no alarm is raised about an alarm."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from kernel.identity.directory import people_by_id, people_with_role
from kernel.outbox.models import Message
from kernel.outbox.reach import addresses
from kernel.outbox.reach.rules import CHANNEL_LABELS
from kernel.outbox.service import Draft, enqueue
from kernel.platform import Platform

REF = "alarm:"
LATE = timedelta(minutes=1)
"""A message that is still not sent after this is told of, though it goes on being tried."""


def raise_for(
    platform: Platform, session: Session, now: datetime, message: Message, answer: str, *, dead: bool
) -> int:
    """Tell those who mend the outbox, and when it is dead the receiver too; returns how many messages.

    What is late is told once an hour and channel: a mail server that is down has many messages waiting.
    """
    if message.ref.startswith(REF) or not (dead or now - message.created_at >= LATE):
        return 0
    told = people_with_role(session, now, sorted(platform.catalogue.permissions["outbox.retry"].roles))
    if dead and message.person_id is not None:
        told += people_by_id(session, [message.person_id])
    once = f"dead:{message.id}" if dead else f"late:{message.channel}:{now:%Y%m%d%H}"
    channel = CHANNEL_LABELS.get(message.channel, message.channel)
    title = f"【{'消息未送达' if dead else '消息迟发'}】{channel}：{message.title}"
    body = f"{message.title}\n通过{channel}发出失败，已尝试{message.attempts}次。\n对方答复：{answer}"
    url = message.url if dead else "/outbox"
    unique = {person.id: person for person in told}.values()
    drafts = [
        Draft(f"{once}:{by}:{person}", f"{REF}{message.id}", by, address, title, body, person, url)
        for person, known in addresses(platform, session, unique).items()
        for by, address in known.items()
        if by != message.channel
    ]
    return enqueue(session, now, drafts)
