"""Half-open stretches of time: unite, subtract, measure, and walk to the instant a limit is used up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

Span = tuple[datetime, datetime]

#: Stands for "has not ended"; only ever compared and subtracted from, never added to.
FOREVER = datetime.max.replace(tzinfo=UTC)
ZERO = timedelta(0)


def united(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order with overlaps and empty ones gone, so that each instant counts once."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def without(span: Span, holes: Sequence[Span]) -> Iterator[Span]:
    """Yield what is left of a span once the holes, united and in order, are taken out."""
    start, end = span
    for hole_start, hole_end in holes:
        if hole_end <= start:
            continue
        if hole_start >= end:
            break
        if hole_start > start:
            yield start, hole_start
        start = hole_end
        if start >= end:
            return
    if start < end:
        yield start, end


def measured(spans: Iterable[Span], holes: Sequence[Span]) -> timedelta:
    """Return how long the spans last without the holes."""
    total = ZERO
    for span in spans:
        if holes:
            for start, end in without(span, holes):
                total += end - start
        else:
            total += span[1] - span[0]
    return total


def used_up(spans: Sequence[Span], holes: Sequence[Span], limit: timedelta) -> datetime:
    """Return the last instant at which the time counted so far is still within the limit.

    The last span is read as going on for ever, so there always is one: for a service that is down now it
    is the due time, for one that is restored the due time it had. Where the limit is reached just as
    counting stops (a restoration, an exclusion), it is the instant at which counting would go on.
    """
    left = limit
    for start, end in spans[:-1]:
        for piece_start, piece_end in without((start, end), holes):
            if piece_end - piece_start > left:
                return piece_start + left
            left -= piece_end - piece_start
    for piece_start, piece_end in without((spans[-1][0], FOREVER), holes):
        if piece_end - piece_start > left:
            return piece_start + left
        left -= piece_end - piece_start
    raise ValueError("an exclusion cannot last for ever")
