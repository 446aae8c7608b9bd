"""Everything the platform can check about its own records: the chain, and what the chain attests.

A record that must never change (an event, a verdict, a ledger entry, a frozen report) leaves its digest in
the audit chain when it is written. Comparing the two names every record that was altered, added behind the
platform's back or taken away; packages contribute their comparisons through `Manifest.checks`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.audit.models import AuditEntry
from kernel.audit.service import verify
from kernel.manifest import resolve
from kernel.platform import Platform
from kernel.web.i18n import gettext as _


def all_problems(platform: Platform) -> Iterator[str]:
    """Check the chain and every record it attests; yields a sentence for each thing that does not fit."""
    yield from _found("audit_entry", (problem.message for problem in verify(platform.db)))
    for manifest in platform.catalogue.manifests:
        for check in manifest.checks:
            with platform.db.read() as session:
                yield from _found(check, _run(check, session))


def _run(check: str, session: Session) -> Iterator[str]:
    yield from resolve(check)(session)


def _found(name: str, problems: Iterator[str]) -> Iterator[str]:
    """Pass the findings on; a value so damaged that it cannot even be read is a finding too, not a crash."""
    try:
        yield from problems
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        yield _("%(check)s：有记录已损坏，无法读取（%(error)s）", check=name, error=error)


def compare(session: Session, action: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Compare (subject, digest as computed now) of every stored record with the digests the chain keeps."""
    kept = {subject: (position, digest) for subject, position, digest in _attested(session, action)}
    for subject, digest in rows:
        position, attested = kept.pop(subject, (0, ""))
        if not position:
            yield _("%(subject)s：审计链中没有它的记录，是绕过平台写入的", subject=subject)
        elif attested != digest:
            yield _("%(subject)s：内容与审计记录第%(n)s条所证明的不符", subject=subject, n=position)
    for subject, (position, _digest) in kept.items():
        yield _("%(subject)s：审计记录第%(n)s条证明它存在，现已缺失", subject=subject, n=position)


def _attested(session: Session, action: str) -> Iterator[tuple[str, int, str]]:
    wanted = select(AuditEntry.subject, AuditEntry.position, AuditEntry.detail)
    for row in session.execute(wanted.where(AuditEntry.action == action).execution_options(yield_per=1000)):
        yield row.subject, row.position, _digest_in(row.detail)


def _digest_in(detail: str) -> str:
    """Return the digest that an entry keeps; none when somebody has damaged it."""
    try:
        return str(json.loads(detail)["digest"])
    except (ValueError, TypeError, KeyError):
        return ""
