"""What keeps a drill from endangering anything: the engine checks it, never a playbook."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from drills import rules
from drills.plan import Resolved
from incidents.models import Incident
from kernel.errors import Conflict
from kernel.web.i18n import gettext as _
from playbooks import releases
from playbooks.runner.environment import SYSTEM_PATH, programs
from playbooks.schema import Scenario

PRODUCTION = "production"


def of_plan(found: Resolved) -> Iterator[str]:
    """Yield why the plan can never run as it is written."""
    if not found.scenario.live:
        return
    hosts = found.hosts()
    names = {host.name for host in hosts}
    if nameless := [host.name for host in hosts if not host.tier]:
        yield _("主机%(name)s没有注明环境（shoushi_tier），不得演练。", name=nameless[0])
    if missing := [name for name in found.scenario.targets if name not in names]:
        yield _("主机清单中没有目标%(name)s。", name=missing[0])
    most = found.scenario.blast_radius.hosts
    if len(hosts) > most:
        yield _("主机清单有%(n)s台主机，超出场景允许的%(most)s台。", n=len(hosts), most=most)
    if found.plan.local and (missing_here := lacking(found.scenario)):
        yield _("本机缺少：%(what)s", what="、".join(missing_here))


def lacking(scenario: Scenario) -> list[str]:
    """Return what this machine lacks to build the scenario's own lab."""
    needs = scenario.needs
    path = f"{programs()}:{os.environ.get('PATH', '')}:{SYSTEM_PATH}"
    missing = [name for name in needs.commands if shutil.which(name, path=path) is None]
    if (needs.root or needs.namespaces) and os.geteuid() != 0:
        missing.append("root")
    elif needs.namespaces and not _namespaces():
        missing.append("network namespaces")
    return missing


def _namespaces() -> bool:
    """Whether this machine lets us make a network namespace."""
    unshare = shutil.which("unshare")
    return unshare is not None and subprocess.run([unshare, "-n", "true"], check=False).returncode == 0  # noqa: S603


def of_window(found: Resolved, now: datetime) -> Iterator[str]:
    """Yield why it is too late for the plan."""
    if found.plan.window.ends <= now:
        yield _("计划的时间窗口已过，请修改方案。")


def refusals(session: Session, now: datetime, found: Resolved, life: rules.Life) -> Iterator[str]:
    """Yield every reason why an approved drill must not begin now."""
    yield from of_plan(found)
    if life.frozen != found.frozen():
        yield _("批准之后方案、剧本或主机清单有改动，须重新批准。")
    if life.expires_at is not None and life.expires_at <= now:
        yield _("甲方的批准已过期，须重新批准。")
    if now < found.plan.window.begins:
        yield _("还没有到计划的时间窗口。")
    entry = found.entry
    if not releases.released(session, "scenario", entry.what.id, entry.checksum):
        yield _("场景%(key)s的剧本未经发布，或发布之后有改动。", key=entry.what.id)
    if any(host.tier == PRODUCTION for host in found.hosts()) and "b" not in life.approvers:
        yield _("涉及生产环境的主机，须由乙方负责人会签。")
    if real := _major_now(session):
        yield _("重大故障%(number)s尚未恢复，不得演练。", number=real)


def _major_now(session: Session) -> str | None:
    wanted = select(Incident.number).where(
        Incident.closed == 0,
        Incident.drill == 0,
        Incident.major_since.is_not(None),
        Incident.restored_at.is_(None),
    )
    return session.scalar(wanted.order_by(Incident.id).limit(1))


def demand(session: Session, now: datetime, found: Resolved, life: rules.Life) -> None:
    """Raise 409 with every reason against beginning now."""
    if problems := list(refusals(session, now, found, life)):
        raise Conflict(_("；").join(problems), code="refused")
