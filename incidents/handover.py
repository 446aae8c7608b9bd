"""What incidents add to a handover: all events in interchange form, and the evidence of late ones."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents import log
from incidents.interchange import lines
from incidents.models import Incident
from kernel.handover.parts import Part, Snapshot
from kernel.identity.actor import Actor
from sla import pinned
from sla.cases.service import late_subjects
from sla.evidence import build_evidence
from sla.verdict import judge

EVERYTHING = Actor("handover", "", rights={"incident.read": frozenset({None})})
_BATCH = 200


def parts(session: Session, snapshot: Snapshot) -> Iterator[Part]:
    """Yield the events of all incidents, then one file of evidence for each that missed a clock."""
    yield Part("incidents.jsonl", lines(session, EVERYTHING), 0)
    numbers = late_subjects(session)
    for start in range(0, len(numbers), _BATCH):
        wanted = select(Incident).where(Incident.number.in_(numbers[start : start + _BATCH]))
        batch = session.scalars(wanted.order_by(Incident.id)).all()
        events = log.load(session, [i.id for i in batch])
        for incident in batch:
            contract = pinned.version(session, incident.contract)
            verdict = judge(contract, events[incident.id], snapshot.now)
            found = build_evidence(
                contract.text, events[incident.id], snapshot.now, verdict, incident=incident.number
            )
            yield Part(f"evidence/{incident.number}.json", [json.dumps(found, ensure_ascii=False).encode()])
        session.expunge_all()
