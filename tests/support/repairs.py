"""Short ways to set up, ask for, decide and run repairs; the repair removes old logs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from incidents.repairs import demo, jobs, service, targets
from incidents.repairs.models import RepairRun, RepairTarget
from playbooks import catalogue, releases
from sla import pinned
from tests.support.world import World

REPAIR = "free_disk"


class Workshop:
    """A released repair, and a folder with old logs to remove."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.logs = world, folder / "logs"
        demo.old_logs(self.logs, world.now.timestamp())
        self.release()

    def release(self, decision: str = "released") -> None:
        checksum = catalogue.repair(REPAIR).checksum
        with self.world.platform.db.write("zhou") as session:
            actor = self.world.actor("zhou")
            releases.decide(session, self.world.now, actor, "repair", REPAIR, checksum, decision, "已审阅")

    def wanted(self, **changes: Any) -> targets.Wanted:
        values = {"disk_path": str(self.logs), "disk_clean_dirs": [str(self.logs)]}
        fields = {"name": "oa-1 的旧日志", "repair": REPAIR, "inventory": demo.INVENTORY}
        fields["values"] = yaml.safe_dump(values)
        return targets.Wanted(**fields | changes)

    def target(self, who: str = "he", **changes: Any) -> RepairTarget:
        platform = self.world.platform
        with platform.db.write(who) as session:
            contract, actor = pinned.in_force(platform), self.world.actor(who)
            made = targets.add(session, self.world.now, actor, contract, self.wanted(**changes))
            session.expunge(made)
            return made

    def ask(self, incident: str, target: RepairTarget, who: str = "lin", reason: str = "磁盘将满") -> str:
        platform = self.world.platform
        with platform.db.write(who) as session:
            actor = self.world.actor(who)
            return service.ask(platform, session, self.world.now, actor, incident, target.id, reason).number

    def do(self, deed: str, number: str, who: str, *text: str) -> RepairRun:
        """Let somebody approve, refuse, withdraw or stop."""
        platform, function = self.world.platform, getattr(service, deed)
        with platform.db.write(who) as session:
            head = (platform, session) if "platform" in function.__annotations__ else (session,)
            return function(*head, self.world.now, self.world.actor(who), number, *text)

    def run(self, number: str) -> RepairRun:
        with self.world.platform.db.read() as session:
            return service.find(session, number)

    def look(self) -> int:
        """Let the worker look at repairs once."""
        return jobs.keep_running(self.world.platform)

    def notes(self, incident: str) -> list[dict[str, Any]]:
        """What the incident's log says of repairs."""
        return [e.data["repair"] for e in self.world.events(incident) if "repair" in e.data]

    def old(self) -> int:
        """How many old logs there still are."""
        return len(list(self.logs.glob("oa.log.*")))
