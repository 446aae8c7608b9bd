"""A real SSH server on loopback with keys of its own, for tests of what the inventories of real hosts do."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.support.process import wait_for
from tests.support.prometheus import free_port


class SshServer:
    """Runs in the foreground as our child, so that nothing of it is left to PID 1."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if program is None:
            pytest.skip("no SSH server on this machine; `make system-drills` installs one")
        self.folder, self.port = folder, free_port()
        folder.mkdir(mode=0o700)
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # where it parts with its privileges
        for name in ("host", "user"):
            key = str(folder / name)
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        (folder / "authorized").write_text((folder / "user.pub").read_text())
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {(folder / 'host.pub').read_text()}")
        options = {
            "ListenAddress": "127.0.0.1",
            "Port": str(self.port),
            "HostKey": str(folder / "host"),
            "AuthorizedKeysFile": str(folder / "authorized"),
            "PidFile": "none",
            "StrictModes": "no",
            "UsePAM": "no",
            "PasswordAuthentication": "no",
            "Subsystem": "sftp internal-sftp",
            "PermitRootLogin": "prohibit-password",
        }
        arguments = [f"-o{name}={value}" for name, value in options.items()]
        self._command = [program, "-D", "-e", "-f", "/dev/null", *arguments]
        self.start()

    def start(self) -> None:
        """Serve, for the first time or again, on the same port and with the same keys."""
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stderr=log)
        wait_for(self._listens, "the SSH server")

    def _listens(self) -> bool:
        assert self._process.poll() is None, (self.folder / "log").read_text()
        return b"Server listening" in (self.folder / "log").read_bytes()

    def variables(self, known_hosts: str = "known_hosts") -> dict[str, object]:
        """Return the variables that make a host of an inventory this one."""
        return {
            "ansible_connection": "ssh",
            "ansible_host": "127.0.0.1",
            "ansible_port": self.port,
            "ansible_user": pwd.getpwuid(os.getuid()).pw_name,
            "ansible_ssh_private_key_file": str(self.folder / "user"),
            "ansible_ssh_common_args": f"-o UserKnownHostsFile={self.folder / known_hosts}",
        }

    def kill(self) -> None:
        """Kill it with its sessions, as a network that is gone or a host that runs out of memory would."""
        found = [psutil.Process(self._process.pid)]
        found += [p for p in found[0].children(recursive=True) if p.name().startswith("sshd")]
        for each in found:
            each.kill()
        self._process.wait(10)

    def stop(self) -> None:
        """End it with its sessions, so that Ansible's kept connections end too."""
        if self._process.poll() is not None:
            return
        sessions = psutil.Process(self._process.pid).children(recursive=True)
        for each in [*sessions, self._process]:
            each.terminate()
        self._process.wait(10)
