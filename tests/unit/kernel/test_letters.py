"""Letters to people: who gets what, by which channel, and that each key names its reader."""

from __future__ import annotations

from kernel.identity.directory import Recipient
from kernel.outbox.personal import Letter, to_each

LETTER = Letter("drill:1:approved:7", "drill:YL2026-001", "已批准", "正文", "/drills/YL2026-001")


def test_everybody_is_told_once_by_mail_and_in_the_platform() -> None:
    lin = Recipient(1, "lin", "林工", "lin@example.test", None)
    found = to_each([lin, lin, lin._replace(scope="suixi")], LETTER)
    assert [(d.key, d.address) for d in found] == [
        ("drill:1:approved:7:email:1", "lin@example.test"),
        ("drill:1:approved:7:inapp:1", "lin"),
    ]
    assert {(d.ref, d.title, d.body, d.person_id, d.url) for d in found} == {
        ("drill:YL2026-001", "已批准", "正文", 1, "/drills/YL2026-001")
    }


def test_who_has_no_address_is_told_in_the_platform_only() -> None:
    assert [d.channel for d in to_each([Recipient(2, "he", "何运维", None, None)], LETTER)] == ["inapp"]


def test_nobody_to_tell_is_no_letter() -> None:
    assert to_each([], LETTER) == []
