"""Passwords that playbooks need: a YAML file of variables, plain or vaulted, named in the settings.

They reach a playbook as a file of variables in a folder that only we may read and that is removed after the
run; their values are taken out of everything else.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import yaml

from kernel.errors import ConfigError
from kernel.settings import Settings
from playbooks.runner.environment import environment, programs
from playbooks.runner.redaction import SHORTEST
from playbooks.runner.tools import private_folder

VAULT_MARK = "$ANSIBLE_VAULT;"


def load(settings: Settings) -> dict[str, str]:
    """Return the variables by name; ConfigError says what is wrong with the file."""
    path = settings.drill_secrets
    if path is None:
        return {}
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"SHOUSHI_DRILL_SECRETS: {path}: {error}") from None
    if text.startswith(VAULT_MARK):
        text = _opened(path, settings)
    try:
        found: Any = yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConfigError(
            f"SHOUSHI_DRILL_SECRETS: {path}: not YAML"
        ) from None  # its words could tell a secret
    if not isinstance(found, dict):
        raise ConfigError(f"SHOUSHI_DRILL_SECRETS: {path}: should map names to values")
    secrets = {str(name): str(value) for name, value in found.items()}
    if short := [name for name, value in secrets.items() if len(value) < SHORTEST]:
        raise ConfigError(f"SHOUSHI_DRILL_SECRETS: {short[0]} is shorter than {SHORTEST} characters")
    return secrets


def _opened(path: Path, settings: Settings) -> str:
    if settings.drill_vault_password is None:
        raise ConfigError("SHOUSHI_DRILL_VAULT_PASSWORD: needed to open the vaulted file")
    with private_folder() as folder:
        key = folder / "key"
        key.touch(mode=0o600)
        key.write_text(settings.drill_vault_password.get_secret_value(), encoding="utf-8")
        ran = subprocess.run(  # noqa: S603 - our own interpreter's folder
            [str(programs() / "ansible-vault"), "view", "--vault-password-file", str(key), str(path)],
            env=environment(folder, "vault"),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    if ran.returncode != 0:
        raise ConfigError(f"SHOUSHI_DRILL_SECRETS: {path}: cannot be opened with the vault password")
    return ran.stdout
