"""What a gateway says afterwards: the message arrived, or it never will."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kernel import audit
from kernel.errors import NotFound
from kernel.outbox import alarm
from kernel.outbox.models import DEAD, SENT, Message
from kernel.platform import Platform


def delivered(session: Session, now: datetime, message_id: str, at: datetime | None) -> bool:
    """Note when the message arrived, never later than now; False when that was known."""
    message = _find(session, message_id)
    done = session.execute(
        update(Message)
        .where(Message.id == message.id, Message.arrived_at.is_(None))
        .values(arrived_at=min(at or now, now))
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def failed(platform: Platform, session: Session, now: datetime, message_id: str, reason: str) -> bool:
    """What was accepted will not arrive: the message is dead, and its alarm goes by another channel."""
    message = _find(session, message_id)
    answer = f"receipt: failed {reason}"[:300]
    done = session.execute(
        update(Message)
        .where(Message.id == message.id, Message.state == SENT, Message.arrived_at.is_(None))
        .values(state=DEAD, answer=answer)
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        return False
    detail = {"channel": message.channel, "ref": message.ref, "answer": answer}
    audit.record(session, now, "message.dead", f"message:{message.id}", detail)
    alarm.raise_for(platform, session, now, message, answer, dead=True)
    return True


def _find(session: Session, message_id: str) -> Message:
    wanted = select(Message).where(Message.message_id == message_id, Message.channel != "inapp")
    message = session.scalar(wanted)
    if message is None:
        raise NotFound("没有这条消息，请核对编号。")
    return message
