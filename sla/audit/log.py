"""What every log format is read into: incidents with their events, and the time to judge them at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sla.events import Event

#: Called with the number of lines read so far, now and then.
Progress = Callable[[int], None]


class Case(NamedTuple):
    """One incident of a log; ``data_faults`` are those that reading it already met and repaired."""

    incident: str
    events: Sequence[Event]
    data_faults: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Log:
    """A whole log: its incidents, given out once, and the as-of time that holds for it."""

    as_of: datetime
    cases: Iterator[Case]
