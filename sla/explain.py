"""A verdict in words, Chinese or English: intervals, clause, arithmetic, both views, readings used.

Names that come from the contract file (articles, classes, readings) are Chinese in both languages: they
are quoted, not translated.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from sla.events import REASONS
from sla.exclusions import Exclusion, holes
from sla.intervals import Span, without
from sla.verdict import MISSED, UNOBSERVED, ClockVerdict, Verdict
from sla.wording import WORDS, Words

Language = Literal["zh", "en"]


def explain(verdict: Verdict, language: Language = "zh") -> list[str]:
    """Return the explanation as lines of plain text."""
    words = WORDS[language]
    return [
        *_facts(verdict, words),
        *_response(verdict, words),
        *_repair(verdict, words, "approved", verdict.repair, verdict.fault_class),
        *_repair(verdict, words, "claimed", verdict.provider_repair, verdict.claimed_class),
        *_rest(verdict, words),
        *_readings(verdict, words),
    ]


def _time(verdict: Verdict, at: datetime) -> str:
    local = at.astimezone(verdict.contract.zone).replace(tzinfo=None)
    return local.isoformat(sep=" ", timespec="microseconds" if local.microsecond else "seconds")


def duration(seconds: int) -> str:
    """Return whole seconds as ``h:mm:ss``."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _seconds(span: Span) -> int:
    return int((span[1] - span[0]).total_seconds())


def _class(verdict: Verdict, key: str) -> str:
    return verdict.contract.fault_classes[key].name


def _facts(verdict: Verdict, words: Words) -> Iterator[str]:
    contract = verdict.contract
    yield words["contract"].format(number=contract.number, digest=contract.digest)
    yield words["as_of"].format(at=_time(verdict, verdict.as_of))
    yield words["started"].format(at=_time(verdict, verdict.started_at))
    yield words["class"].format(
        in_force=_class(verdict, verdict.fault_class), claimed=_class(verdict, verdict.claimed_class)
    )
    if verdict.excluded is not None:
        yield words[verdict.excluded]
    if verdict.drill:
        yield words["drill"]


def _response(verdict: Verdict, words: Words) -> Iterator[str]:
    clock = verdict.response
    yield words["response"].format(
        article=clock.article,
        minutes=int(verdict.contract.response_limit.total_seconds() // 60),
        due=_time(verdict, clock.due_at),
        state=words[clock.state],
    )
    if clock.ended_at is not None:
        yield words["responded"].format(
            at=_time(verdict, clock.ended_at), taken=duration(clock.counted_seconds)
        )


def _repair(
    verdict: Verdict, words: Words, least: str, clock: ClockVerdict, fault_class: str
) -> Iterator[str]:
    """Yield one side's view: what is subtracted is what is at least ``approved``, or merely ``claimed``."""
    states = ("approved",) if least == "approved" else ("approved", "claimed")
    taken = holes(list(verdict.exclusions), states, verdict.as_of)
    limit = verdict.contract.fault_classes[fault_class].limit
    yield words[f"repair_{least}"].format(
        article=clock.article,
        fault_class=_class(verdict, fault_class),
        hours=duration(int(limit.total_seconds())),
        due=_time(verdict, clock.due_at),
        state=words[clock.state],
    )
    parts: list[int] = []
    for start, end in verdict.outages:
        outage = (start, verdict.as_of if end is None else end)
        pieces = list(without(outage, taken))
        parts.extend(_seconds(piece) for piece in pieces)
        ended = words["still_down"] if end is None else _time(verdict, end)
        yield words["outage"].format(start=_time(verdict, start), end=ended, taken=duration(_seconds(outage)))
        yield from (_piece(verdict, words, piece) for piece in pieces if len(pieces) > 1 or piece != outage)
    yield words["sum"].format(
        sum=" + ".join(map(duration, parts)) or "0:00:00",
        counted=duration(clock.counted_seconds),
        sign=">" if clock.state in (MISSED, UNOBSERVED) else "≤",
        limit=duration(int(limit.total_seconds())),
    )


def _piece(verdict: Verdict, words: Words, piece: Span) -> str:
    return words["piece"].format(
        start=_time(verdict, piece[0]), end=_time(verdict, piece[1]), taken=duration(_seconds(piece))
    )


def _rest(verdict: Verdict, words: Words) -> Iterator[str]:
    for each in verdict.exclusions:
        yield _exclusion(verdict, words, each)
    if verdict.major_since is not None:
        yield words["major"].format(
            article=verdict.contract.broadcast.article,
            at=_time(verdict, verdict.major_since),
            slots=verdict.slots,
            missed=verdict.slots_missed,
        )
    backup = verdict.backup_obligation
    if backup is not None:
        yield words["backup"].format(due=_time(verdict, backup.due_at), state=words[backup.state])
    if verdict.data_faults:
        yield words["faults"].format(count=verdict.data_faults)
    yield _penalty(verdict, words)


def _exclusion(verdict: Verdict, words: Words, each: Exclusion) -> str:
    return words["exclusion"].format(
        claim=each.claim,
        reason=words.get(each.reason) or REASONS.get(each.reason, each.reason),
        start=_time(verdict, each.start),
        end=words["still_running"] if each.end is None else _time(verdict, each.end),
        state=words[each.state],
    )


def _penalty(verdict: Verdict, words: Words) -> str:
    rule = verdict.contract.penalty
    if not verdict.penalty_cases:
        return words["no_penalty"].format(article=rule.article)
    base = verdict.contract.options.penalty_base
    return words["penalty"].format(
        article=rule.article,
        cases=verdict.penalty_cases,
        base=words[base],
        fee=verdict.contract.annual_fee if base == "annual_fee" else _shares(verdict),
        rate=rule.rate,
        amount=verdict.penalty,
    )


def _shares(verdict: Verdict) -> str:
    payers = verdict.contract.payers
    touched = [payers[key] for key in payers if key in verdict.payers]
    sum_of = " + ".join(f"{payer.name} {payer.annual_fee}" for payer in touched) or "0.00"
    return f"({sum_of})" if len(touched) > 1 else sum_of


def _readings(verdict: Verdict, words: Words) -> Iterator[str]:
    for key in verdict.readings:
        reading = verdict.contract.readings[key]
        article = verdict.contract.clauses[reading.clause].article
        yield words["reading"].format(
            number=reading.number, title=reading.title, article=article, value=reading.value
        )
