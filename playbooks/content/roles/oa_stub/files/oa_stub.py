"""A small office application for local labs: documents over HTTP in SQLite, standard library only.

GET /health stores and removes a file and writes and reads back a row, so that "ok" means the service can be
used. A follower (--follow URL) copies the documents of another instance and refuses to serve until POST
/promote; it then serves what it has, and goes on serving when it is started again.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

PAGE = 500  # rows a follower takes at once
BEAT = "INSERT INTO beat VALUES (1, 1, zeroblob(8192)) ON CONFLICT(id) DO UPDATE SET count = count + 1"
PULL = 0.1  # seconds between two pulls of a follower


class Store:
    """Documents, numbered from 1; a full disk or a quota (MB of the folder) fails the write."""

    def __init__(self, folder: Path, quota_mb: float = 0) -> None:
        self._folder, self._quota, self._lock = folder, quota_mb * 1024 * 1024, threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / "oa.sqlite", check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("CREATE TABLE IF NOT EXISTS document (n INTEGER PRIMARY KEY, body TEXT NOT NULL)")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS beat (id INTEGER PRIMARY KEY, count INTEGER, filler BLOB)"
        )

    def _room(self) -> None:
        used = sum(p.stat().st_size for p in self._folder.rglob("*") if p.is_file()) if self._quota else 0
        if used > self._quota:
            raise OSError("quota used up")

    def add(self, body: str) -> int:
        """Store a document and return its number."""
        with self._lock:
            self._room()
            return int(self._db.execute("INSERT INTO document (body) VALUES (?)", (body,)).lastrowid or 0)

    def copy(self, rows: list[tuple[int, str]]) -> None:
        """Store another instance's documents under their own numbers."""
        with self._lock:
            self._db.executemany("INSERT OR IGNORE INTO document (n, body) VALUES (?, ?)", rows)

    def after(self, n: int) -> list[tuple[int, str]]:
        """Return the documents behind number `n`, at most a page."""
        with self._lock:
            query = "SELECT n, body FROM document WHERE n > ? ORDER BY n LIMIT ?"
            return self._db.execute(query, (n, PAGE)).fetchall()

    def last(self) -> tuple[int, int]:
        """Return how many documents there are and the highest number."""
        with self._lock:
            count, top = self._db.execute("SELECT COUNT(*), COALESCE(MAX(n), 0) FROM document").fetchone()
            return int(count), int(top)

    def beat(self) -> None:
        """Store a small file and a row, and read back; raises when the data cannot be used."""
        with self._lock:
            self._room()
            probe = self._folder / "beat.tmp"
            probe.write_bytes(bytes(65536))  # an old WAL would take the row even on a full disk
            probe.unlink()
            self._db.execute(BEAT)
            self._db.execute("SELECT count FROM beat").fetchone()
            self._db.execute("SELECT COUNT(*) FROM document").fetchone()


class Handler(BaseHTTPRequestHandler):
    """Answers for `store`; `following` holds until a promotion."""

    store: Store
    following: threading.Event
    promoted: Path  # exists once a promotion has happened
    timeout = 10

    def do_GET(self) -> None:
        """Serve /health, /role, /documents/count and /documents?after=N."""
        url = urlsplit(self.path)
        if url.path == "/health":
            self._guarded(self._health)
        elif url.path == "/documents/count":
            count, top = self.store.last()
            self._answer(200, json.dumps({"count": count, "last": top}))
        elif url.path == "/role":
            self._answer(200, "following" if self.following.is_set() else "serving")
        elif url.path == "/documents":
            after = int(parse_qs(url.query).get("after", ["0"])[0])
            self._answer(200, json.dumps(self.store.after(after)))
        else:
            self._answer(404, "not found")

    def do_POST(self) -> None:
        """Take a document, or a promotion."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if self.path == "/promote":
            self.promoted.touch()
            self.following.clear()
            self._answer(200, "promoted")
        elif self.path == "/documents" and not self.following.is_set():
            self._guarded(lambda: json.dumps({"n": self.store.add(body)}))
        else:
            self._answer(503, "standby")

    def _health(self) -> str:
        if self.following.is_set():
            raise OSError("standby")
        self.store.beat()
        return "ok"

    def _guarded(self, work: Callable[[], str]) -> None:
        try:
            text = work()
        except (OSError, sqlite3.Error) as error:
            self._answer(503, f"{type(error).__name__}: {error}")
        else:
            self._answer(200, text)

    def _answer(self, status: int, text: str) -> None:
        payload = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if text[:1] in "[{" else "text/plain")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *args: object) -> None:
        """Keep the log for errors."""


def follow(url: str, store: Store, following: threading.Event, stop: threading.Event) -> None:
    """Copy the documents of `url` for as long as we follow."""
    while following.is_set() and not stop.wait(PULL):
        try:
            with urllib.request.urlopen(f"{url}/documents?after={store.last()[1]}", timeout=1) as answer:
                store.copy([(int(n), str(body)) for n, body in json.load(answer)])
        except (OSError, ValueError, urllib.error.URLError) as error:
            print(f"cannot follow {url}: {error}", flush=True)


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--follow", default="")
    parser.add_argument("--quota-mb", type=float, default=0)
    options = parser.parse_args()
    Handler.store = Store(options.dir, options.quota_mb)
    Handler.following = threading.Event()
    server = ThreadingHTTPServer((options.host, options.port), Handler)
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*options.tls)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    Handler.promoted = options.dir / "promoted"
    if options.follow and not Handler.promoted.exists():
        Handler.following.set()
        work = (options.follow, Handler.store, Handler.following, threading.Event())
        threading.Thread(target=follow, args=work, daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
