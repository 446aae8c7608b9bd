"""Ansible, imported once: each playbook of the tests runs in a fork of this process.

More than half of a short playbook's time is the import of ansible-core. Run as a program, it reads one JSON
line for each run (arguments, environment, folder, files for the output) and answers with the exit status.
ansible-core (GPL) stays in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

PLUGINS = {
    "action": ("script", "set_fact", "set_stats", "assert", "include_vars", "command", "shell", "normal"),
    "connection": ("local", "ssh"),
    "shell": ("sh",),
    "become": ("sudo",),
    "strategy": ("linear",),
    "callback": ("default",),
    "inventory": ("yaml", "host_list", "script", "auto", "ini", "toml"),
}
"""What the scenarios use; each is read and its options are parsed once."""


class Zygote:
    """The process with Ansible in it; it must be closed."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__))], env=environment, cwd=folder,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(
        self, arguments: tuple[str, ...], environment: dict[str, str], folder: Path, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """Run `ansible-playbook` with these arguments to its end."""
        with tempfile.TemporaryDirectory(prefix="shoushi-said-") as name:
            out, err = Path(name) / "out", Path(name) / "err"
            asked = {
                "argv": arguments,
                "env": environment,
                "cwd": str(folder),
                "out": str(out),
                "err": str(err),
            }
            status = self._ask(asked, timeout)
            return subprocess.CompletedProcess(arguments, status, out.read_text(), err.read_text())

    def _ask(self, asked: dict[str, Any], timeout: float) -> int:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        stdin.write(json.dumps(asked) + "\n")
        stdin.flush()
        watch = threading.Timer(timeout, self._process.kill)
        watch.start()
        try:
            answer = stdout.readline()
        finally:
            watch.cancel()
        assert answer, f"no end of {asked['argv']} within {timeout} s"
        return int(answer)

    def close(self) -> None:
        """End it."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


def measured(output: str) -> dict[str, Any]:
    """Return what a run reported under `measured`."""
    _, found, tail = output.rpartition("\tRUN: ")
    return dict(json.JSONDecoder().raw_decode(tail)[0].get("measured", {})) if found else {}


def serve() -> None:
    """Fork for each line that is read, and say how the child ended."""
    from ansible.cli import playbook
    from ansible.plugins import loader

    loader.init_plugin_loader()
    playbook.CLI.cli_executor.__globals__["init_plugin_loader"] = lambda *_: None
    for kind, names in PLUGINS.items():
        for name in names:
            getattr(loader, f"{kind}_loader").get(name, class_only=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if (child := os.fork()) == 0:
            _become(asked)
            status = 250
            try:
                playbook.PlaybookCLI.cli_executor(asked["argv"])
                status = 0
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else 1
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        _pid, ended = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(ended)}\n")
        sys.stdout.flush()


def _become(asked: dict[str, Any]) -> None:
    """Take the environment, the folder and the files of one run."""
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    for stream, target in ((0, os.devnull), (1, asked["out"]), (2, asked["err"])):
        flags = os.O_RDONLY if stream == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(target, flags, 0o600), stream)


if __name__ == "__main__":
    serve()
