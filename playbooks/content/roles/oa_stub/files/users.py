"""People at work in a local lab: posts numbered documents, and keeps the ledger of what was acknowledged.

With --check it reads the ledger, asks the service which of them it has, and prints the count as JSON.
"""

from __future__ import annotations

import argparse
import json
import threading
import urllib.request
from pathlib import Path

PAUSE = 0.05  # seconds between two documents


def write(url: str, ledger: Path) -> None:
    """Post until killed; a refusal is not acknowledged and not kept."""
    pause, n = threading.Event(), 0
    with ledger.open("a") as kept:
        while not pause.wait(PAUSE):
            n += 1
            body = f"document {n}"
            try:
                with urllib.request.urlopen(f"{url}/documents", data=body.encode(), timeout=1) as answer:
                    json.load(answer)
            except (OSError, ValueError):
                continue
            print(body, file=kept, flush=True)


def check(url: str, ledger: Path) -> dict[str, int]:
    """Count what was acknowledged and what of it the service has."""
    acknowledged = set(ledger.read_text().splitlines())
    held: set[str] = set()
    after = 0
    while rows := json.load(urllib.request.urlopen(f"{url}/documents?after={after}", timeout=5)):
        held |= {body for _, body in rows}
        after = rows[-1][0]
    return {"acknowledged": len(acknowledged), "lost": len(acknowledged - held)}


def main() -> None:
    """Read the arguments and do one of the two."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.check:
        print(json.dumps(check(options.url, options.ledger)))
    else:
        write(options.url, options.ledger)


if __name__ == "__main__":
    main()
