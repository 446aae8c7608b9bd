"""Questions of many requests, asked together: who comes while one is asked waits, then shares the next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Together(Generic[K, V]):
    """Asks one question at a time for all who wait: in a thread, or at once if that takes less than the way
    into one.

    Nobody is ever answered with what was read before he asked: who comes meanwhile waits for the next
    question. What a question raises, all who asked it get.
    """

    def __init__(self, ask: Callable[[Collection[K]], Mapping[K, V]], *, at_once: bool = False) -> None:
        self._ask = ask
        self._thread = None if at_once else ThreadPoolExecutor(1, "together")
        self._waiting: list[tuple[K, asyncio.Future[V | None]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def __call__(self, key: K) -> V | None:
        """Return the answer for this key, None when there is none."""
        answer: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, answer))
        if self._asking is None:
            self._asking = asyncio.create_task(self._all())
        return await answer

    async def _all(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting, []
                await self._some(asked)
        finally:
            self._asking = None

    async def _some(self, asked: Collection[tuple[K, asyncio.Future[V | None]]]) -> None:
        try:
            found = await self._found({key for key, _ in asked})
        except Exception as error:  # noqa: BLE001 - who asked raises it
            for _, answer in asked:
                if not answer.done():
                    answer.set_exception(error)
            return
        for key, answer in asked:
            if not answer.done():  # as it is when its client has gone away
                answer.set_result(found.get(key))

    async def _found(self, keys: Collection[K]) -> Mapping[K, V]:
        if self._thread is None:
            return self._ask(keys)
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._ask, keys)
