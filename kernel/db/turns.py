"""Whose turn it is to write."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

from sqlalchemy.pool import AssertionPool, ConnectionPoolEntry


class Turns:
    """A lock that is handed to whoever has waited longest.

    A plain lock goes to whoever asks first once it is free, and that is the thread that has just let it go: a
    worker that catches up would keep it for minutes.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    @property
    def waiting(self) -> int:
        """How many wait for it."""
        return len(self._waiting)

    def acquire(self) -> None:
        """Wait for a turn."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def release(self) -> None:
        """Hand it on; it stays taken while somebody waits. Any thread may."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class OneInTurn(AssertionPool):
    """The one connection by which this process writes to SQLite; whoever wants it waits for its turn.

    It knows that nobody else has written, so that SQLite keeps what it has read of the file. It is handed
    on when it comes back to the pool, which is after COMMIT has returned.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, store_traceback=False, **options)
        self.turns = Turns()

    def _do_get(self) -> ConnectionPoolEntry:
        self.turns.acquire()
        try:
            return super()._do_get()
        except BaseException:
            self.turns.release()
            raise

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        super()._do_return_conn(record)
        self.turns.release()
