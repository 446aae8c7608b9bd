"""The way to the target is lost in mid-drill: over a real SSH server, killed with its sessions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import yaml

from drills import jobs, log, rules
from drills.conductor import lab
from playbooks import catalogue
from playbooks.runner.environment import CONTENT
from tests.e2e.playbooks.sshd import SshServer
from tests.support.drills import PLAYS, Rig, write_scenario
from tests.support.process import wait_for
from tests.support.world import World

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("drills"),
    pytest.mark.parametrize("kind", ["sqlite"], indirect=True),
]
SWITCH = CONTENT / "roles" / "deadman" / "files" / "deadman.sh"
STRIKE = "mv {{ lab_dir }}/www/health {{ lab_dir }}/www/lost; echo struck >> {{ lab_dir }}/deeds"
HEAL = "if test -e {{ lab_dir }}/www/lost; then mv {{ lab_dir }}/www/lost {{ lab_dir }}/www/health; fi"
ARM = f"sh {SWITCH} arm {{{{ lab_dir }}}}/deadman {{{{ deadman_seconds }}}} '{HEAL}'"
DISARM = f"sh {SWITCH} disarm {{{{ lab_dir }}}}/deadman; {HEAL}; echo undone >> {{{{ lab_dir }}}}/deeds"
LONG = "test ! -e {{ lab_dir }}/hold || sleep 60"
"""Where the session is cut, for as long as the file is there."""
DOWN = f"sh {SWITCH} disarm {{{{ lab_dir }}}}/deadman"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SshServer]:
    made = SshServer(tmp_path / "sshd")
    yield made
    made.stop()


@pytest.fixture
def rig(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: SshServer) -> Rig:
    """A rig whose one host is reached over SSH; signs of life are rarer than the switch is patient."""
    content = tmp_path / "content"
    monkeypatch.setattr(catalogue, "CONTENT", content)
    monkeypatch.setattr(lab, "lab_folder", lambda _number: tmp_path / "lab")
    kill = {"id": "kill", "playbook": "inject.yml", "timeout": 60, "undo": "rollback.yml", "deadman": 4}
    folder = write_scenario(content, injections=[kill])
    host = server.variables() | {"shoushi_tier": "lab", "ansible_ssh_use_tty": False}
    (folder / "inventory.local.yml").write_text(yaml.safe_dump({"all": {"hosts": {"box": host}}}))
    books = {"inject": (ARM, STRIKE, LONG), "respond": (HEAL,), "rollback": (DISARM, LONG)}
    for name, commands in (books | {"lab_down": (DOWN, *PLAYS["lab_down"])}).items():
        tasks = [{"name": f"Step {n}", "ansible.builtin.raw": c} for n, c in enumerate(commands, start=1)]
        book = [{"name": name, "hosts": "all", "gather_facts": False, "tasks": tasks}]
        (folder / f"{name}.yml").write_text(yaml.safe_dump(book))
    return Rig(world, content)


def hold(rig: Rig, held: bool) -> None:
    """Let the playbooks pause in the middle, or go through."""
    file = rig.lab / "hold"
    if held:
        file.touch()
    else:
        file.unlink(missing_ok=True)


def deeds(rig: Rig) -> list[str]:
    """Return what was done on the target, in order."""
    path = rig.lab / "deeds"
    return path.read_text().split() if path.is_file() else []


def conducted_until_cut(rig: Rig, server: SshServer, number: str, deed: str) -> None:
    """Conduct the drill; once `deed` is done and the playbook still runs, the SSH server is killed."""
    thread = rig.conduct_beside(number)
    wait_for(lambda: deed in deeds(rig), deed, 60)
    server.kill()
    thread.join(90)
    assert not thread.is_alive()


def in_the_lab(rig: Rig) -> list[str]:
    lines = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
    return [line for line in lines if str(rig.lab) in line]


def healthy(rig: Rig) -> bool:
    return (rig.lab / "www" / "health").exists()


def assert_needs_people(rig: Rig, number: str) -> None:
    """Plainly told, with the steps that remain; nobody repeats them unasked; the chain holds."""
    assert rig.drill(number).state == rules.ROLLBACK_FAILED
    failed = next(e for e in rig.entries(number) if e.kind == "rollback_failed")
    assert failed.data["remaining"] == [{"id": "rollback:1", "playbook": "rollback.yml"}]
    done = deeds(rig)
    assert jobs.wanting(rig.world.platform) == []
    assert rig.conduct(number).state == rules.ROLLBACK_FAILED, "a conductor that starts anew does nothing"
    assert deeds(rig) == done
    with rig.world.platform.db.read() as session:
        assert list(log.check_entries(session)) == []


def test_cut_off_while_it_injects_the_target_heals_itself_and_people_are_told_what_remains(
    rig: Rig, server: SshServer
) -> None:
    number = rig.started()
    watch = threading.Thread(target=lambda: (wait_for(rig.lab.is_dir, "the lab", 60), hold(rig, held=True)))
    watch.start()
    conducted_until_cut(rig, server, number, "struck")
    watch.join()
    assert rig.drill(number).outcome == rules.FAILED
    assert "injection_failed" in rig.kinds(number)
    wait_for((rig.lab / "deadman" / "fired").exists, "the switch", 30)
    wait_for(lambda: healthy(rig), "the target to heal itself")
    assert deeds(rig) == ["struck"]
    assert_needs_people(rig, number)
    hold(rig, held=False)
    server.start()
    rig.do("retry_rollback", "he", number)
    assert rig.conduct(number).state == rules.ROLLED_BACK
    assert in_the_lab(rig) == []
    assert not rig.lab.exists()


def test_cut_off_while_it_goes_back_the_step_is_not_repeated_unless_people_say_so(
    rig: Rig, server: SshServer
) -> None:
    slow = [{"id": "ack", "kind": "human", "limit": "5m"}]
    raw = yaml.safe_load((rig.content / "scenarios" / "tiny" / "scenario.yml").read_text())
    (rig.content / "scenarios" / "tiny" / "scenario.yml").write_text(yaml.safe_dump(raw | {"response": slow}))
    number = rig.started()
    thread = rig.conduct_beside(number)
    rig.wait_for(number, "step_started")
    hold(rig, held=True)
    rig.do("request_abort", "wang", number, "到此为止")
    wait_for(lambda: "undone" in deeds(rig), "the way back", 60)
    server.kill()
    thread.join(90)
    assert not thread.is_alive()
    assert (healthy(rig), rig.drill(number).outcome) == (True, rules.ABORTED)
    assert_needs_people(rig, number)
    hold(rig, held=False)
    server.start()
    rig.do("undone_by_hand", "he", number, "rollback:1", "已登录主机核对，故障已撤销。")
    assert rig.conduct(number).state == rules.ROLLED_BACK
    assert rig.kinds(number).count("undo_started") == 1, "nothing ran twice"
    assert in_the_lab(rig) == []
