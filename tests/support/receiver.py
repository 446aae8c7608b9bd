"""A real HTTP server that keeps what it is sent and answers as told."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Received(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes


class Receiver(ThreadingHTTPServer):
    """`answers` are (status, body, seconds to wait) for the next requests; then it is content."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[Received] = []
        self.answers: list[tuple[int, bytes, float]] = []
        self.drip = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {k.lower(): v for k, v in self.headers.items()}
        self.server.received.append(Received(self.path, headers, body))
        status, content, wait = (
            self.server.answers.pop(0) if self.server.answers else (200, b'{"errcode":0}', 0)
        )
        time.sleep(wait)
        try:
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("location", f"{self.server.url}/elsewhere")
            self.end_headers()
            for piece in [content[i : i + 1] for i in range(len(content))] if self.server.drip else [content]:
                self.wfile.write(piece)
                self.wfile.flush()
                time.sleep(0.2 if self.server.drip else 0)
        except OSError:  # whoever asked has gone
            self.close_connection = True

    def log_message(self, *_words: Any) -> None:
        """Keep quiet."""


@contextmanager
def running(server: Any) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
