"""A scenario's local lab, driven by plain ansible-playbook as the platform's runner drives it."""

from __future__ import annotations

import json
import os
import pwd
import random
import secrets
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import yaml
from jinja2 import Environment, StrictUndefined

from tests.support.process import wait_for
from tests.support.zygote import Zygote, measured

CONTENT = Path(__file__).parents[3] / "playbooks" / "content"
SCENARIOS = CONTENT / "scenarios"
PORTS = 20
MARKER = "SHOUSHI_RUN_MARKER"


def scenario(name: str) -> dict[str, Any]:
    """Read a scenario's file."""
    return dict(yaml.safe_load((SCENARIOS / name / "scenario.yml").read_text(encoding="utf-8")))


def environment(marker: str = "") -> dict[str, str]:
    """What a playbook may see: no more than the runner gives."""
    path = f"{Path(sys.executable).parent}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    home = pwd.getpwuid(os.getuid()).pw_dir
    given = {"PATH": path, "HOME": home, "LC_ALL": "C.UTF-8", "ANSIBLE_CONFIG": str(CONTENT / "ansible.cfg")}
    return given | ({MARKER: marker} if marker else {})


class Lab:
    """A folder, twenty ports and the variables of one scenario."""

    def __init__(self, ansible: Zygote, name: str, **given: Any) -> None:
        self._ansible = ansible
        self.name, self.described = name, scenario(name)
        self.dir = Path(tempfile.mkdtemp(prefix="shoushi-lab-"))
        self.dir.chmod(0o755)  # the database's account passes through
        self.port = free_ports()
        self.marker = secrets.token_hex(8)
        self.vars: dict[str, Any] = dict(self.described["vars"])
        self.vars |= {"lab_dir": str(self.dir), "port_base": self.port} | given
        self.inventory = SCENARIOS / name / "inventory.local.yml"
        self.measured: dict[str, Any] = {}
        self._extra = Path(tempfile.mkdtemp(prefix="shoushi-vars-")) / "vars.json"

    def run(self, playbook: str, *, fails: bool = False, limit: str = "all", **extra: Any) -> dict[str, Any]:
        """Run a playbook of the scenario; returns and keeps what it measured."""
        found = measured(self.said(playbook, "--limit", limit, fails=fails, **extra))
        self.measured |= found
        return found

    def said(self, playbook: str, *arguments: str, fails: bool = False, **extra: Any) -> str:
        """Run a playbook, named in the scenario's folder or by its path; returns what Ansible printed."""
        self._extra.write_text(json.dumps(self.vars | extra))
        given = ("-i", str(self.inventory), "-e", f"@{self._extra}", *arguments)
        book = str(SCENARIOS / self.name / playbook)
        ran = self._ansible.run(("ansible-playbook", *given, book), environment(self.marker), CONTENT, 120)
        assert (ran.returncode != 0) == fails, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    def text(self, value: str) -> str:
        """Fill in a text of scenario.yml, as the engine does."""
        made = Environment(undefined=StrictUndefined, autoescape=False)
        for _ in range(5):
            new = made.from_string(value).render(self.vars)
            if new == value:
                return value
            value = new
        return value

    def page(self, probe: str = "page_ok") -> bool:
        """Ask what a probe of kind http asks, from outside."""
        asked = self.described["probes"][probe]
        verify = ssl.create_default_context(cafile=self.text(asked.get("ca_file", "")) or None)
        try:
            answer = httpx.get(self.text(asked["url"]), timeout=float(asked["timeout"]), verify=verify)
        except httpx.HTTPError:
            return False
        return answer.status_code == int(asked.get("status", 200)) and asked["expect"] in answer.text

    def wait_page(self, up: bool = True, probe: str = "page_ok", limit: float = 40) -> None:
        """Wait until the page answers, or no longer does."""
        wait_for(lambda: self.page(probe) is up, f"{probe} to be {up}", limit)

    def neglect(self, host: str, seconds: int = 1) -> None:
        """Let a host's dead-man switch fire soon: armed anew as it is, with little patience.

        The fault is already there and was seen; a short patience from the beginning would race with both.
        """
        switch = self.dir / host / "deadman"
        assert (switch / "armed").exists()
        script = str(CONTENT / "roles" / "deadman" / "files" / "deadman.sh")
        undo = (switch / "undo").read_text(encoding="utf-8").removesuffix("\n")
        subprocess.run(
            ["sh", script, "arm", str(switch), str(seconds), undo], check=True, capture_output=True
        )

    def processes(self) -> list[str]:
        """Return the command lines of living processes that name the lab's folder or carry our marker."""
        found = []
        for each in Path("/proc").iterdir():
            if each.name.isdigit() and int(each.name) != os.getpid():
                found += _ours(each, str(self.dir).encode(), f"{MARKER}={self.marker}".encode())
        return found

    def marked(self) -> list[str]:
        """Return what still carries the marker of our playbooks; the engine would kill it."""
        return [line for line in self.processes() if line.startswith("marked ")]

    def left(self) -> dict[str, Any]:
        """Return everything that the lab left on this machine."""
        mounts = [line for line in Path("/proc/mounts").read_text().splitlines() if str(self.dir) in line]
        names = Path("/run/netns")
        spaces = [p.name for p in names.iterdir() if str(self.port) in p.name] if names.is_dir() else []
        found = {
            "processes": self.processes(),
            "ports": [p for p in range(self.port, self.port + PORTS) if not _free(p)],
            "mounts": mounts,
            "namespaces": spaces,
            "folder": [str(self.dir)] if self.dir.exists() else [],
        }
        return {kind: what for kind, what in found.items() if what}

    def close(self) -> None:
        """Take the lab down, whatever state it is in."""
        try:
            if self.dir.exists():
                self.inventory = SCENARIOS / self.name / "inventory.local.yml"
                self.run(self.described["lab"]["down"])
        finally:
            shutil.rmtree(self._extra.parent, ignore_errors=True)


def shown_days(lab: Lab) -> int:
    """Return the days left of what the server shows to a client that trusts the lab's authority.

    -1 when the client refuses its certificate, -2 when nobody answers.
    """
    trust = ssl.create_default_context(cafile=str(lab.dir / "ca" / "ca.pem"))
    # Wrapped before it is connected: wrapping a socket that its peer has just reset raises and leaks it.
    with trust.wrap_socket(socket.socket(), server_hostname="127.0.0.1") as secured:
        secured.settimeout(1)
        try:
            secured.connect(("127.0.0.1", lab.port))
        except ssl.SSLCertVerificationError:
            return -1
        except OSError:
            return -2
        ends = ssl.cert_time_to_seconds(str((secured.getpeercert() or {})["notAfter"]))
    return int((ends - time.time()) // 86400)


def free_ports() -> int:
    """Return the first of twenty free loopback ports, below those that the system hands out."""
    for base in random.sample(range(20000, 32000, PORTS), 200):
        if all(_free(port) for port in range(base, base + PORTS)):
            return base
    raise AssertionError("no twenty ports in a row are free")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _ours(process: Path, folder: bytes, marker: bytes) -> list[str]:
    try:
        if process.joinpath("stat").read_text().rpartition(") ")[2][0] == "Z":
            return []
        line = process.joinpath("cmdline").read_bytes()
        marked = marker in process.joinpath("environ").read_bytes()
    except OSError:  # it ended while we looked
        return []
    shown = line.replace(b"\0", b" ").decode(errors="replace")
    if marked:
        return [f"marked {shown}"]
    return [shown] if folder in line else []
