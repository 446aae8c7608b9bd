"""What happens when a drill's deadlines come: an approval expires, an improvement item is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from drills import items, log, notices, rules
from drills.log import PLATFORM, Said
from drills.models import Drill, DrillItem
from kernel.identity.directory import people_by_id, people_with_role
from kernel.platform import Platform

_ITEM_WORDS = {"remind": "【提醒】演练整改事项即将到期", "due": "【逾期】演练整改事项尚未完成"}


def on_due(platform: Platform, session: Session, rows: Sequence[Any], now: datetime) -> None:
    """An approval's time has come: what was not begun by then may not begin any more."""
    wanted = select(Drill).where(Drill.id.in_([row.subject_id for row in rows])).with_for_update()
    for drill in session.scalars(wanted.order_by(Drill.id)):
        if drill.state != rules.APPROVED:
            continue
        log.append(session, now, drill, PLATFORM, [Said("expired")])
        told = ("ops", "provider_manager")
        notices.tell(platform, session, now, drill, told, "expired", "【已过期】应急演练的批准")


def on_item_due(platform: Platform, session: Session, rows: Sequence[Any], now: datetime) -> None:
    """An item's reminder or deadline has come: tell its owner; when it is late, both parties."""
    wanted = select(DrillItem, Drill).join(Drill, Drill.id == DrillItem.drill_id)
    found = session.execute(wanted.where(DrillItem.id.in_([row.subject_id for row in rows]))).all()
    by_id = {item.id: (item, drill) for item, drill in found}
    for row in rows:
        item, drill = by_id[row.subject_id]
        if item.state != items.OPEN:
            continue
        told = people_by_id(session, [item.owner_id])
        if row.rung == "due":
            told = [*told, *people_with_role(session, now, ("provider_manager", "supervisor"))]
        due = item.due_at.astimezone(platform.zone)
        body = f"{item.title}\n期限：{due:%Y-%m-%d %H:%M}"
        key = f"item:{row.id}"
        notices.tell_people(platform, session, now, drill, told, key, _ITEM_WORDS[row.rung], body)
