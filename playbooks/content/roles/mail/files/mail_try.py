"""Sends one message and, where spools are named, finds it again. Standard library only.

Prints "delivered NAME" with the folder's name, or "accepted" when there is no spool to look into.
"""

from __future__ import annotations

import argparse
import secrets
import smtplib
import sys
from email.message import EmailMessage
from pathlib import Path


def send(host: str, port: int, to: str) -> str:
    """Send a message with a mark of its own, and return the mark."""
    mark = secrets.token_hex(8)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = to, to, f"drill {mark}"
    message.set_content("emergency drill")
    with smtplib.SMTP(host, port, timeout=3) as server:
        server.send_message(message)
    return mark


def find(mark: str, spools: list[Path]) -> str:
    """Return the name of the folder above the spool that holds the message, or an empty text."""
    for spool in spools:
        if any(mark in path.read_text(errors="replace") for path in spool.glob("*.eml")):
            return spool.parent.name
    return ""


def main() -> None:
    """Send, look, and exit with 1 when the message is nowhere."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--to", default="drill@mail.lab")
    parser.add_argument("--spool", type=Path, action="append", default=[])
    options = parser.parse_args()
    mark = send(options.host, options.port, options.to)
    if not options.spool:
        print("accepted")
    elif place := find(mark, options.spool):
        print(f"delivered {place}")
    else:
        sys.exit("accepted, but in no spool")


if __name__ == "__main__":
    main()
