"""A real IMAP server (Debian's dovecot-imapd) with TLS and one mailbox."""

from __future__ import annotations

import mailbox
import os
import shutil
import socket
import subprocess
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.support.mail import make_certificate
from tests.support.process import wait_for
from tests.support.prometheus import free_port

USER, PASSWORD = "alerts", "imap-secret"
CONFIG = """
base_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = imap
ssl = required
ssl_cert = <{folder}/ca.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/mail
first_valid_uid = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {port}
    ssl = yes
  }}
}}
"""


class ImapServer:
    """Start it, put messages in, stop it; skips where dovecot is missing or may not be started."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("dovecot") is None:
            pytest.skip("no dovecot; run `make system-monitoring`")
        if os.getuid() != 0:
            pytest.skip("dovecot starts as root only")
        self.folder, self.port, self.ca_file = folder, free_port(), folder / "ca.pem"
        make_certificate(self.ca_file, folder / "key.pem")
        self._box = mailbox.Maildir(folder / "mail")
        (folder / "dovecot.conf").write_text(
            CONFIG.format(folder=folder, port=self.port, password=PASSWORD), encoding="utf-8"
        )
        for parent in (folder, *folder.parents):
            if parent.stat().st_uid == 0 and parent.name:
                parent.chmod(parent.stat().st_mode | 0o055)
        self._own()
        self._running = subprocess.Popen(["dovecot", "-F", "-c", str(folder / "dovecot.conf")])
        wait_for(self._listens, f"dovecot; see {folder}/dovecot.log")

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _own(self) -> None:
        for path in (self.folder / "mail").rglob("*"):
            shutil.chown(path, "nobody", "nogroup")
        shutil.chown(self.folder / "mail", "nobody", "nogroup")

    def put(self, subject: str, text: str = "", sender: str = "nms@example.test") -> None:
        mail = EmailMessage()
        mail["Subject"], mail["From"] = subject, sender
        mail.set_content(text)
        self._box.add(mail.as_bytes())
        self._own()

    def settings(self, **changed: str) -> dict[str, str]:
        """Return the environment that makes the platform ask this mailbox."""
        return {
            "SHOUSHI_IMAP_HOST": "127.0.0.1",
            "SHOUSHI_IMAP_PORT": str(self.port),
            "SHOUSHI_IMAP_USER": USER,
            "SHOUSHI_IMAP_PASSWORD": PASSWORD,
            "SHOUSHI_IMAP_CA_FILE": str(self.ca_file),
        } | changed

    def stop(self) -> None:
        self._running.terminate()
        self._running.wait(20)
