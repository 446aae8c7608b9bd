"""Make a handover: one consistent snapshot, streamed to a folder or a ZIP file, with a signed manifest."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from kernel.crypto import canonical_json
from kernel.db.migrate import current
from kernel.disclosure.edge import disclosed_file
from kernel.disclosure.service import demand_purpose
from kernel.errors import ConfigError
from kernel.handover import dictionary, files, tables
from kernel.handover.parts import Part, Snapshot
from kernel.handover.writers import FolderWriter, Writer, ZipWriter
from kernel.identity.actor import Actor
from kernel.manifest import resolve
from kernel.models import import_all
from kernel.platform import Platform

FORM, MANIFEST = "shoushi-handover-1", "manifest.json"
LEFT_OUT = (
    "login_session, idempotency_key: 登录会话与请求重放记录（secrets of running sessions）",
    "person.password_hash, api_token.token_hash: 口令与令牌的摘要（hashes of passwords and tokens）",
    "signing.key: 平台的签名私钥（the platform's private key）",
)


def hand_over(
    platform: Platform,
    now: datetime,
    actor: Actor,
    target: Path,
    purpose: str,
    progress: Callable[[int], None] = lambda _written: None,
) -> dict[str, Any]:
    """Write everything to `target`, a new folder or ZIP file; registered before it appears."""
    actor.demand("handover.take")
    demand_purpose("handover", purpose)
    if target.exists():
        raise ConfigError(f"{target} 已存在，不会覆盖")
    if not target.parent.is_dir():
        raise ConfigError(f"没有文件夹 {target.parent}")
    zipped = target.suffix.lower() == ".zip"
    with tempfile.TemporaryDirectory(prefix=".shoushi-handover-", dir=target.parent) as name:
        draft = Path(name) / target.name
        writer = ZipWriter(draft, now) if zipped else FolderWriter(draft)
        manifest = _write(platform, now, actor, writer, purpose, progress)
        writer.close()
        records = sum(file["rows"] or 0 for file in manifest["files"] if file["name"].endswith(".jsonl"))
        proof, form = (draft, "zip") if zipped else (draft / MANIFEST, "folder")
        subject = target.name
        disclosed_file(
            platform, actor, proof, "handover", subject, records=records, purpose=purpose, form=form
        )
        shutil.move(draft, target)
    return manifest


def _write(
    platform: Platform,
    now: datetime,
    actor: Actor,
    writer: Writer,
    purpose: str,
    progress: Callable[[int], None],
) -> dict[str, Any]:
    import_all()
    with platform.db.read() as session:
        for part in _parts(platform, session, Snapshot(now, platform.settings.data_dir)):
            writer.add(part)
            progress(len(writer.written))
    content: dict[str, Any] = {
        "form": FORM,
        "made_at": now.isoformat(),
        "made_by": actor.username,
        "purpose": purpose.strip(),
        "schema": current(platform.db),
        "left_out": list(LEFT_OUT),
        "files": writer.written,
        "public_key": platform.signer.public_key,
    }
    manifest = {**content, "signature": platform.signer.sign(canonical_json(content))}
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    writer.add(Part(MANIFEST, [text.encode()]))
    return manifest


def _parts(platform: Platform, session: Session, snapshot: Snapshot) -> Iterator[Part]:
    yield from chain(dictionary.parts(), tables.parts(session), files.parts(snapshot.data_dir))
    for manifest in platform.catalogue.manifests:
        for contribution in manifest.handover:
            yield from resolve(contribution)(session, snapshot)
