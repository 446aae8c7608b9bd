"""The audit of all deadlines, and the heartbeat that goes outside only when it was clean.

Whoever listens there (a dead man's switch) raises the alarm when it stays away: because we are down, because
deadlines are late, or because the audit itself no longer runs (incidents.md §1).
"""

from __future__ import annotations

import logging

import httpx

from incidents.watchdog import check_unarmed
from kernel.platform import Platform
from sla.deadlines import watch

log = logging.getLogger(__name__)
PATIENCE = 10.0


def audit(platform: Platform) -> int:
    """Look for deadlines that are late or not armed; when there are none, say so here and outside."""
    unarmed, late = check_unarmed(platform), watch.count_late(platform)
    if not unarmed and not late:
        watch.note_audit(platform)
        ping(platform)
    return unarmed


def ping(platform: Platform) -> None:
    """Ask the configured address once; what becomes of it is counted and never raised."""
    url = platform.settings.heartbeat_url
    if url is None or platform.clock.speed != 1:
        return
    try:
        answer = httpx.get(url.get_secret_value(), timeout=PATIENCE, follow_redirects=False, trust_env=False)
        outcome = "ok" if answer.is_success else "failed"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        outcome = "failed"
        log.warning("the heartbeat was not heard: %s", type(error).__name__)
    platform.metrics.pings.labels(outcome).inc()
