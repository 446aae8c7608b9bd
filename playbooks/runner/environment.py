"""What a child of ours may know: a list of names, never our own environment."""

from __future__ import annotations

import os
import pwd
import sys
from pathlib import Path

from playbooks.runner.reaper import MARKER

ROOT = Path(__file__).resolve().parents[2]
CONTENT = ROOT / "playbooks" / "content"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def programs() -> Path:
    """Return where this installation's ansible-playbook is: beside our own interpreter."""
    return Path(sys.executable).parent


def environment(folder: Path, marker: str) -> dict[str, str]:
    """Return the whole environment of a run in `folder`.

    HOME must be what the password file says, or `async` tasks cannot be polled; the locale must exist
    everywhere and be UTF-8, or ansible refuses to start.
    """
    known = {
        "PATH": f"{programs()}:{SYSTEM_PATH}",
        "HOME": pwd.getpwuid(os.getuid()).pw_dir,
        "LC_ALL": "C.UTF-8",
        "LANG": "C.UTF-8",
        "ANSIBLE_CONFIG": str(CONTENT / "ansible.cfg"),
        "ANSIBLE_ROLES_PATH": str(CONTENT / "roles"),
        "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
        "ANSIBLE_NOCOLOR": "1",
        MARKER: marker,
    }
    if agent := os.environ.get("SSH_AUTH_SOCK"):
        known["SSH_AUTH_SOCK"] = agent
    return known
