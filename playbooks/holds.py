"""Who works on a machine: a drill or a repair holds it, and no other playbook is let near it meanwhile."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from kernel.db.once import insert_once
from kernel.errors import Conflict
from kernel.web.i18n import gettext as _
from playbooks.inventory import Host
from playbooks.models import MachineHold


def take(session: Session, hosts: Iterable[Host], holder: str) -> None:
    """Hold every machine for this drill or repair; 409 names whose a machine is already."""
    for host in hosts:
        if not insert_once(session, MachineHold, {"machine": host.key, "holder": holder}):
            wanted = select(MachineHold.holder).where(MachineHold.machine == host.key)
            other = session.scalar(wanted)
            if other != holder:
                words = _("主机%(host)s正由%(number)s使用。", host=host.name, number=other)
                raise Conflict(words, code="target_taken")


def free(session: Session, holder: str) -> None:
    """Let go of all its machines."""
    session.execute(delete(MachineHold).where(MachineHold.holder == holder))
