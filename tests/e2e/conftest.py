"""Which tests play for minutes: `make test` leaves them out, `make test-long` and `.ci/run` run them."""

from __future__ import annotations

from pathlib import Path

import pytest

LONG = (
    "tests/e2e/playbooks/test_disk_full.py",
    "tests/e2e/playbooks/test_host_lost.py",
    "tests/e2e/playbooks/test_line.py",
    "tests/e2e/playbooks/test_mail_and_certificate.py",
    "tests/e2e/playbooks/test_over_ssh.py",
    "tests/e2e/playbooks/test_pg_failover.py",
    "tests/e2e/playbooks/test_pg_restore.py",
    "tests/e2e/test_demo_report.py",
    "tests/e2e/test_drill_kill.py",
    "tests/e2e/test_drill_scenarios.py",
    "tests/e2e/test_drill_ssh.py",
    "tests/e2e/test_story_rehearsal.py",
    "tests/e2e/test_watch.py",
)
ALWAYS = "[process_crash-sqlite]"
"""One whole drill through the engine is never left out."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them; a name that is no file any more is an error."""
    root = Path(__file__).parents[2]
    assert all((root / name).is_file() for name in LONG), LONG
    for item in items:
        if item.nodeid.startswith(LONG) and ALWAYS not in item.nodeid:
            item.add_marker(pytest.mark.long)
