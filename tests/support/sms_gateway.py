"""An SMS gateway that misbehaves on request: `python tests/support/sms_gateway.py`, prints its address.

`POST /sms` is the port that kernel/outbox/channels/sms.py speaks. `POST /faults` takes a list of faults for
the next messages, in order: "500", "refuse", "lost" (kept, but the answer never comes), "slow:SECONDS".
`GET /rung` lists what rang on which telephone: the same id rings once, whatever the gateway did.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "gateway-secret"


class Gateway(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.rung: list[dict[str, Any]] = []
        self.attempts = 0
        self.faults: list[str] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def take(self) -> str:
        with self.lock:
            self.attempts += 1
            return self.faults.pop(0) if self.faults else ""

    def ring(self, sms: dict[str, Any]) -> bool:
        """Ring, unless this id has rung before."""
        with self.lock:
            if any(known["id"] == sms["id"] for known in self.rung):
                return False
            self.rung.append(sms)
            return True


class Handler(BaseHTTPRequestHandler):
    server: Gateway

    def do_GET(self) -> None:
        self._answer(200, {"rung": self.server.rung, "attempts": self.server.attempts})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/faults":
            self.server.faults = list(body)
            self._answer(200, {})
        elif self.headers["authorization"] != f"Bearer {TOKEN}":
            self._answer(401, {"status": "refused", "reason": "token"})
        else:
            self._sms(body, self.server.take())

    def _sms(self, sms: dict[str, Any], fault: str) -> None:
        if fault.startswith("slow:"):
            time.sleep(float(fault.removeprefix("slow:")))
        if fault == "500":
            self._answer(500, {"status": "error"})
        elif fault == "refuse":
            self._answer(200, {"status": "refused", "reason": "no such number"})
        elif fault == "lost":
            self.server.ring(sms)
            self.close_connection = True
            self.connection.close()
        else:
            self._answer(200, {"status": "accepted" if self.server.ring(sms) else "duplicate"})

    def _answer(self, status: int, value: dict[str, Any]) -> None:
        content = json.dumps(value).encode()
        try:
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except OSError:  # whoever asked has gone
            self.close_connection = True

    def log_message(self, *_words: Any) -> None:
        """Keep quiet."""

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):  # the answer that was lost on purpose
            self.close_connection = True


if __name__ == "__main__":
    gateway = Gateway()
    print(gateway.url, flush=True)
    try:
        gateway.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)
