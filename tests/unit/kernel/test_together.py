"""Questions of many requests are one question, and nobody is answered with what was read before he asked."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection, Mapping

import pytest

from kernel.edge.together import Together


class Ledger:
    """Answers with how often it was asked; can be held, and can fail."""

    def __init__(self) -> None:
        self.asked: list[set[str]] = []
        self.begun, self.go = threading.Event(), threading.Event()
        self.go.set()
        self.broken = False

    def __call__(self, keys: Collection[str]) -> Mapping[str, int]:
        self.asked.append(set(keys))
        self.begun.set()
        assert self.go.wait(10)
        if self.broken:
            raise OSError("the database is away")
        return {key: len(self.asked) for key in keys if key != "unknown"}


async def until_begun(ledger: Ledger) -> None:
    assert await asyncio.to_thread(ledger.begun.wait, 10)


def test_who_comes_while_one_is_asked_shares_the_next() -> None:
    async def story() -> tuple[list[int | None], list[set[str]]]:
        ledger = Ledger()
        ledger.go.clear()
        ask = Together(ledger)
        first = asyncio.create_task(ask("a"))
        await until_begun(ledger)
        later = [asyncio.create_task(ask(key)) for key in ("a", "b", "b", "unknown")]
        await asyncio.sleep(0)  # they have asked
        ledger.go.set()
        return list(await asyncio.gather(first, *later)), ledger.asked

    answers, asked = asyncio.run(story())
    assert answers == [1, 2, 2, 2, None]
    assert asked == [{"a"}, {"a", "b", "unknown"}]


def test_what_a_question_raises_its_askers_get_and_the_next_is_asked_again() -> None:
    async def story() -> int | None:
        ledger = Ledger()
        ledger.broken = True
        ask = Together(ledger)
        failed = await asyncio.gather(ask("a"), ask("b"), return_exceptions=True)
        assert [type(each) for each in failed] == [OSError, OSError]
        ledger.broken = False
        return await ask("a")

    assert asyncio.run(story()) == 2


def test_one_who_gives_up_takes_nothing_from_the_others() -> None:
    async def story() -> int | None:
        ledger = Ledger()
        ledger.go.clear()
        ask = Together(ledger)
        gone, stays = asyncio.create_task(ask("a")), asyncio.create_task(ask("b"))
        await until_begun(ledger)
        gone.cancel()
        ledger.go.set()
        answer = await stays
        with pytest.raises(asyncio.CancelledError):
            await gone
        return answer

    assert asyncio.run(story()) == 1


def test_it_serves_one_loop_after_another() -> None:
    ask = Together(Ledger())

    async def once() -> int | None:
        return await ask("a")

    assert [asyncio.run(once()), asyncio.run(once())] == [1, 2]


def test_what_takes_less_than_the_way_into_a_thread_is_asked_in_the_loop_and_still_once() -> None:
    async def story() -> tuple[list[int | None], list[set[str]]]:
        ledger = Ledger()
        ask = Together(ledger, at_once=True)
        return await asyncio.gather(*(ask(key) for key in ("a", "b", "a"))), ledger.asked

    answers, asked = asyncio.run(story())
    assert answers == [1, 1, 1]
    assert asked == [{"a", "b"}]
