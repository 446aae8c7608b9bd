"""Passwords, plain and vaulted, appear in no artifact, log, event, page or report."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from drills import document, queries, views
from kernel.errors import ConfigError
from kernel.pdf import render_pdf
from kernel.platform import Platform
from kernel.web.moment import Moment, use_moment
from playbooks import secrets
from playbooks.runner.environment import environment, programs
from sla import pinned
from tests.support.drills import Rig, write_scenario

CANARY = "kanarienvogel-4711"
KEY = "vault-key-0815"
SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


def configure(platform: Platform, path: Path, key: str | None = None) -> None:
    more = {"drill_secrets": path, "drill_vault_password": key}
    platform.settings = type(platform.settings).model_validate(platform.settings.model_dump() | more)


def vaulted(folder: Path, path: Path) -> None:
    key = folder / "key"
    key.write_text(KEY)
    subprocess.run(
        [str(programs() / "ansible-vault"), "encrypt", "--vault-password-file", str(key), str(path)],
        env=environment(folder, "test"), check=True, capture_output=True,
    )  # fmt: skip
    key.unlink()


@pytest.mark.slow
@SQLITE
@pytest.mark.parametrize("how", ["plain", "vault"])
def test_a_password_that_a_playbook_prints_and_fails_with_is_found_nowhere(
    rig: Rig, tmp_path: Path, how: str
) -> None:
    path = tmp_path / "secrets.yml"
    path.write_text(yaml.safe_dump({"service_password": CANARY}))
    if how == "vault":
        vaulted(tmp_path, path)
    configure(rig.world.platform, path, KEY if how == "vault" else None)
    loud = write_scenario(
        rig.content, response=[{"id": "tell", "kind": "auto", "playbook": "loud.yml", "limit": "1m"}]
    )
    tasks = [
        {"name": "Say {{ service_password }}", "ansible.builtin.debug": {"msg": "{{ service_password }}"}},
        {"name": "Fail", "ansible.builtin.shell": "echo {{ service_password }} >&2; exit 3"},
    ]
    book = [{"name": "Loud", "hosts": "all", "gather_facts": False, "tasks": tasks}]
    (loud / "loud.yml").write_text(yaml.safe_dump(book))
    number = rig.started()
    rig.conduct(number)
    assert "step_failed" in rig.kinds(number)
    platform = rig.world.platform
    with platform.db.read() as session:
        found = queries.detail(platform, session, number, platform.clock.now())
    use_moment(Moment(found.now, platform.zone))
    pdf = render_pdf(document.as_document(found, pinned.in_force(platform)))
    told = str(views.evidence(found)) + str(views.whole(found, platform.zone))
    path.unlink()
    folder = Path(platform.settings.data_dir)
    files = [file for file in folder.rglob("*") if file.is_file() and "content" not in file.parts]
    assert any(file.name == "samples.jsonl" for file in files)
    for needle in (CANARY, KEY):
        assert needle not in told
        assert needle.encode() not in pdf
        assert [str(file) for file in files if needle.encode() in file.read_bytes()] == []


@SQLITE
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a", "should map"),
        ("a: xy", "shorter than"),
        ("a: [", "not YAML"),
        ("$ANSIBLE_VAULT;1.1;AES256\n00", "VAULT"),
    ],
)
def test_a_bad_file_of_passwords_is_refused_without_telling_what_is_in_it(
    rig: Rig, tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "secrets.yml"
    path.write_text(text)
    configure(rig.world.platform, path)
    with pytest.raises(ConfigError, match=words):
        secrets.load(rig.world.platform.settings)


@SQLITE
def test_a_file_that_is_not_there_is_named(rig: Rig, tmp_path: Path) -> None:
    configure(rig.world.platform, tmp_path / "nowhere.yml")
    with pytest.raises(ConfigError, match=r"nowhere\.yml"):
        secrets.load(rig.world.platform.settings)
