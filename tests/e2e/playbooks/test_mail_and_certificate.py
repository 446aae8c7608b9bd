"""Mail falls silent; a certificate expires. Both are seen from outside and proven repaired by use."""

from __future__ import annotations

import smtplib
from collections.abc import Callable

import pytest

from tests.e2e.playbooks.lab import Lab, shown_days
from tests.support.process import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("playbooks-b")]


def greets(lab: Lab) -> bool:
    try:
        with smtplib.SMTP("127.0.0.1", lab.port, timeout=1) as server:
            return server.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def test_mail_takes_the_backup_relay_and_comes_back(lab: Callable[..., Lab]) -> None:
    drill = lab("mail_down")
    drill.run("inject.yml")
    wait_for(lambda: not greets(drill), "mail to fall silent")
    drill.run("respond.yml")
    assert greets(drill)
    assert drill.run("verify.yml")["mail_delivered_by"] == "mx2"
    assert drill.run("rollback.yml")["deadman"] == "disarmed"
    assert drill.run("verify.yml")["mail_delivered_by"] == "mx1"
    drill.run("inject.yml", mail_fault="KILL")
    wait_for(lambda: not greets(drill), "mail to fall silent")
    drill.neglect("mx1")
    wait_for(lambda: greets(drill), "the target to heal itself", 40)
    assert drill.run("rollback.yml")["deadman"] == "fired"


def test_an_expired_certificate_is_seen_and_renewed(lab: Callable[..., Lab]) -> None:
    drill = lab("cert_expired")
    first = drill.measured["serial"]
    assert shown_days(drill) >= 364
    assert drill.page(), "the probe trusts the lab's authority"
    drill.run("inject.yml")
    wait_for(lambda: shown_days(drill) == -1, "clients to refuse the server")
    drill.neglect("app1")
    wait_for(lambda: shown_days(drill) >= 364, "the target to heal itself", 40)
    assert drill.run("rollback.yml") == {
        "deadman": "fired",
        "days_left": 364,
        "serial": first,
        "chain_ok": True,
    }
    drill.run("inject.yml")
    wait_for(lambda: shown_days(drill) == -1, "clients to refuse the server")
    assert not drill.page()
    assert drill.run("verify.yml")["chain_ok"] is False
    assert drill.measured["days_left"] < 0
    drill.run("respond.yml")
    wait_for(lambda: shown_days(drill) >= 364, "clients to trust it again")
    renewed = drill.run("rollback.yml")
    assert renewed["chain_ok"] is True
    assert renewed["days_left"] in (364, 365)  # 365 only within the second in which it was issued
    assert renewed["serial"] != first, "a renewed certificate stays"
