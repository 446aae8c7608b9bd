"""Whose turn it is to write."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

from sqlalchemy.pool import ConnectionPoolEntry, Pool


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


class OneInTurn(Pool):
    """The one connection by which this process writes to SQLite; whoever wants it waits for its turn.

    No other connection of the process changes the file, so that SQLite keeps what it has read of it. It is
    handed on when it comes back to the pool, which is after COMMIT has returned.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._turns = Turns()
        self._held: ConnectionPoolEntry | None = None
        self._in_use = self._ended = False
        super().__init__(*arguments, **options)

    def _do_get(self) -> ConnectionPoolEntry:
        self._turns.acquire()
        try:
            if self._held is None:
                self._held = self._create_connection()
        except BaseException:  # whatever it is: a turn that nobody has would shut out all writers
            self._turns.release()
            raise
        self._in_use = True
        return self._held

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        self._in_use = False
        if self._ended:
            record.close()
        self._turns.release()

    def dispose(self) -> None:
        """Close the connection, at once or when its user gives it back."""
        self._ended = True
        if self._held is not None and not self._in_use:
            self._held.close()

    def recreate(self) -> OneInTurn:
        """Return a new one like it, as SQLAlchemy wants it after `dispose`."""
        return OneInTurn(
            self._creator,
            echo=self.echo,
            pre_ping=self._pre_ping,
            recycle=self._recycle,
            reset_on_return=self._reset_on_return,
            logging_name=self._orig_logging_name,
            _dispatch=self.dispatch,
            dialect=self._dialect,
        )

    def status(self) -> str:
        """Say in words how it stands."""
        return f"one connection, {'in use' if self._in_use else 'free'}, {self._turns.waiting} waiting"
