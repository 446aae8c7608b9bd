"""Who has waited longest gets in next, also before the one who has just been in."""

from __future__ import annotations

import threading

from kernel.db.turns import Turns
from tests.support.process import wait_for


def test_the_one_who_lets_go_and_asks_again_comes_after_all_who_wait() -> None:
    turns, order = Turns(), list[int]()

    def wait(number: int) -> None:
        turns.acquire()
        order.append(number)
        turns.release()

    turns.acquire()
    threads = [threading.Thread(target=wait, args=(number,)) for number in range(3)]
    for number, thread in enumerate(threads):
        thread.start()
        wait_for(lambda n=number: turns.waiting == n + 1, "the thread waits")
    turns.release()
    turns.acquire()
    assert order == [0, 1, 2]
    turns.release()
    for thread in threads:
        thread.join(10)
    assert turns.waiting == 0


def test_only_one_is_in_at_a_time() -> None:
    turns, inside, most = Turns(), list[int](), list[int]()

    def go_in(number: int) -> None:
        for _ in range(200):
            turns.acquire()
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)
            turns.release()

    threads = [threading.Thread(target=go_in, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (len(most), max(most), turns.waiting) == (1200, 1, 0)


def test_another_thread_may_let_it_go() -> None:
    turns = Turns()
    turns.acquire()
    other = threading.Thread(target=turns.release)
    other.start()
    other.join(10)
    turns.acquire()
    assert turns.waiting == 0
