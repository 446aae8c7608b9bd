"""The worker is killed between rungs and during a page: no rung is lost, nobody is called twice."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kernel.clock import SYSTEM
from kernel.outbox.models import QUEUED
from tests.e2e.test_story_kill import HoldingBox, environ, lease_is_over, mail, story
from tests.support.mail import MailServer
from tests.support.process import Process, wait_for
from tests.support.world import World

__all__ = ["environ", "mail", "story"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("stories"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def pages(box: Any, title: str) -> Counter[str]:
    return Counter(
        str(m["message-id"]) for m in box.mails if title in str(m["subject"]) and "呼叫" in str(m["subject"])
    )


def called(world: World, number: str) -> list[str]:
    found = world.messages(f"incident:{number}")
    return [m.title for m in found if m.channel == "email" and "请在" in m.title]


def test_killed_between_two_rungs_and_during_a_page(
    story: World, mail: MailServer, environ: dict[str, str], tmp_path: Path
) -> None:
    box = mail.box
    assert isinstance(box, HoldingBox)
    box.words = ("第2次呼叫", "夜间")
    worker = Process(tmp_path, environ, "worker")
    wait_for(lambda: story.now, "the clock")
    number = story.report(title="夜间", reported_at=SYSTEM.now() - timedelta(minutes=4, seconds=50))
    wait_for(lambda: called(story, number), "the first rung")
    wait_for(lambda: box.held, "the second page, under way")
    worker.kill()
    assert len(called(story, number)) == 2
    late = story.report(title="凌晨", reported_at=SYSTEM.now() - timedelta(minutes=4, seconds=57))
    wait_for(
        lambda: story.now > story.incident(late).started_at + timedelta(minutes=5), "the rung in the gap"
    )
    assert called(story, late) == []
    worker = Process(tmp_path, environ, "worker")
    try:
        wait_for(lambda: called(story, late), "the rungs after the restart")
        lease_is_over(story)
        waiting = lambda: [m for m in story.messages(f"incident:{number}") if m.state == QUEUED]  # noqa: E731
        wait_for(lambda: not waiting(), "the page that was under way")
    finally:
        worker.stop()
    assert len(called(story, number)) == 2
    assert len(called(story, late)) == 1
    assert sorted(pages(box, "夜间").values()) == [2]  # the same Message-ID, so a mail client shows it once
    assert sorted(pages(box, "凌晨").values()) in ([1], [])
