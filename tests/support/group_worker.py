"""A process for the tests: eight threads count through the group writer and say what was answered.

    python -m tests.support.group_worker URL

It goes on until it is killed.
"""

from __future__ import annotations

import sys
import threading

from sqlalchemy.orm import Session

from kernel import audit
from kernel.db import Database
from kernel.db.numbering import next_number
from tests.support.world import START

_say = threading.Lock()


def work(session: Session) -> int:
    """Take a number and record it."""
    number = next_number(session, "s")
    audit.record(session, START, "thing.done", f"thing:{number}")
    return number


def count(database: Database) -> None:
    """Ask again and again."""
    while True:
        number = database.group.submit("lin", work).result()
        with _say:
            print(number, flush=True)


if __name__ == "__main__":
    opened = Database(sys.argv[1])
    threads = [threading.Thread(target=count, args=(opened,)) for _ in range(8)]
    for thread in threads:
        thread.start()
