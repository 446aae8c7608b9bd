"""A limit for what strangers may try, by address and process."""

from __future__ import annotations

from collections import deque

from kernel.errors import TooMany

MOST_ADDRESSES = 10_000


class Limiter:
    """At most `most` tries in `seconds`; forgets addresses rather than fill the memory."""

    def __init__(self, most: int, seconds: float) -> None:
        self.most, self.seconds = most, seconds
        self._tries: dict[str, deque[float]] = {}

    def count(self, address: str, at: float) -> None:
        """Count a try at a monotonic time; 429 when it is one too many."""
        if len(self._tries) >= MOST_ADDRESSES:
            self._tries.clear()
        tries = self._tries.setdefault(address, deque())
        while tries and at - tries[0] >= self.seconds:
            tries.popleft()
        if len(tries) >= self.most:
            raise TooMany("尝试次数过多，请一分钟后再试。")
        tries.append(at)
