"""The running platform: what the composition root made, handed to edges and jobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from kernel.clock import Clock
from kernel.db.engine import Database
from kernel.manifest import Catalogue, NavItem
from kernel.metrics import Metrics
from kernel.settings import Settings
from kernel.signing import Signer

if TYPE_CHECKING:
    from kernel.outbox.channels import Channel
    from kernel.web.i18n import lazy


@dataclass(slots=True)
class Platform:
    """Settings, clock, database, catalogue and channels of one process."""

    settings: Settings
    clock: Clock
    db: Database
    catalogue: Catalogue
    zone: ZoneInfo
    signer: Signer
    channels: dict[str, Channel] = field(default_factory=dict)
    metrics: Metrics = field(default_factory=Metrics)
    banner: str | lazy | None = None
    demo: bool = False
    stopping: Event = field(default_factory=Event)
    """Set when the worker is told to stop: a job that goes through much ends after what it has in hand."""

    @property
    def nav(self) -> tuple[NavItem, ...]:
        """All places of the navigation, in the packages' order."""
        return tuple(item for manifest in self.catalogue.manifests for item in manifest.nav)
