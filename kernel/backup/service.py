"""Back up and restore: what goes into the file, and in which order things come back out of it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import psycopg
from sqlalchemy import func, select, table

from kernel.audit.service import Problem, verify
from kernel.backup import archive, postgres, sqlite
from kernel.backup.archive import Manifest
from kernel.db import Database
from kernel.db.migrate import current, downgrade, knows, require_current, upgrade
from kernel.db.stamp import Stamp
from kernel.errors import ConfigError

FILES = "files"
OTHERS = frozenset({"demo", "rehearsal", "handover"})
"""Folders in the data folder that belong to databases of their own, or can be made again."""


class Restored(NamedTuple):
    """What a restoration brought back."""

    manifest: Manifest
    files: int
    problems: list[Problem]
    aside: Path | None


def back_up(database: Database, data_dir: Path, target: Path, now: datetime) -> Manifest:
    """Write a consistent backup of the running platform to `target`."""
    require_current(database)
    if target.exists():
        raise ConfigError(f"{target} 已存在，不会覆盖")
    if not target.parent.is_dir():
        raise ConfigError(f"没有文件夹 {target.parent}")
    with tempfile.TemporaryDirectory(prefix=".shoushi-backup-", dir=target.parent) as name:
        folder = Path(name)
        dump = sqlite.dump if database.is_sqlite else postgres.dump
        rows, columns = dump(database, folder)
        _copy_files(data_dir, folder / FILES, target)
        manifest = Manifest(
            engine=_engine(database),
            revision=str(current(database)),
            kind=_kind(database),
            created_at=now.isoformat(),
            rows=rows,
            columns=columns,
            digests={n: archive.digest_of(folder / n) for n in _names(folder)},
        )
        archive.write(target, manifest, folder)
    return manifest


def _engine(database: Database) -> str:
    return database.url.get_backend_name()


def _kind(database: Database) -> str:
    with database.read() as session:
        return session.scalar(select(Stamp.value).where(Stamp.name == "kind")) or "unstamped"


def _names(folder: Path) -> Iterator[str]:
    return (p.relative_to(folder).as_posix() for p in sorted(folder.rglob("*")) if p.is_file())


def _copy_files(data_dir: Path, folder: Path, target: Path) -> None:
    """Copy what is below the data folder, except databases, drafts and the backup itself."""
    for path in sorted(data_dir.rglob("*")) if data_dir.is_dir() else ():
        inner = path.relative_to(data_dir)
        skipped = (
            inner.parts[0] in OTHERS or "tmp" in inner.parts or inner.parts[0].startswith(".shoushi-backup-")
        )
        if skipped or ".sqlite" in path.name or not path.is_file() or path.is_symlink():
            continue
        if path.resolve() == target.resolve() or path.name.endswith((".part", ".tar.gz")):
            continue
        copy = folder / inner
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(path, copy)
        except FileNotFoundError:
            copy.unlink(missing_ok=True)  # moved away while we looked


def restore(database: Database, data_dir: Path, source: Path, now: datetime, *, force: bool) -> Restored:
    """Bring a backup back; nothing is touched before the whole file has been found good."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".shoushi-backup-", dir=data_dir) as name:
        folder = Path(name)
        manifest = archive.unpack(source, folder)
        _check_fit(database, manifest)
        if database.is_sqlite:
            problems, aside = _restore_sqlite(database, folder, manifest, now, force=force)
        else:
            problems, aside = _restore_postgres(database, folder, manifest), None
        files = [Path(n) for n in manifest.digests if n.startswith(f"{FILES}/")]
        for file in files:
            place = data_dir / file.relative_to(FILES)
            place.parent.mkdir(parents=True, exist_ok=True)
            (folder / file).replace(place)
    return Restored(manifest, len(files), problems, aside)


def _check_fit(database: Database, manifest: Manifest) -> None:
    if manifest.engine != _engine(database):
        raise ConfigError(
            f"这是 {manifest.engine} 的备份，不能恢复到 {_engine(database)}；请改 SHOUSHI_DATABASE_URL"
        )
    if not knows(manifest.revision):
        raise ConfigError(f"备份的数据库版本 {manifest.revision} 比本程序新，请使用相应版本的程序")


def _restore_sqlite(
    database: Database, folder: Path, manifest: Manifest, now: datetime, *, force: bool
) -> tuple[list[Problem], Path | None]:
    place = sqlite.file_of(database)
    occupied = place.exists() and place.stat().st_size > 0
    if occupied and not force:
        raise ConfigError(f"数据库 {place} 不是空的；加 --force 可先将其改名保留再恢复")
    database.close()
    restored = Database(f"sqlite:///{folder / sqlite.MEMBER}")
    try:
        problems = _finish(restored, manifest)
    finally:
        restored.close()
    aside = sqlite.set_aside(place, f"{now:%Y%m%dT%H%M%S}") if occupied else None
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(folder / sqlite.MEMBER, place)
    return problems, aside


def _restore_postgres(database: Database, folder: Path, manifest: Manifest) -> list[Problem]:
    if not postgres.is_empty(database):
        raise ConfigError("数据库不是空的；请建一个新的空数据库，并用 SHOUSHI_DATABASE_URL 指向它")
    upgrade(database, manifest.revision)
    try:
        postgres.load(database, folder, dict(manifest.columns))
        return _finish(database, manifest)
    except (psycopg.Error, ConfigError) as error:
        downgrade(database, "base")  # empty again, so that it can be repeated
        raise ConfigError(f"未能恢复，数据库仍是空的：{str(error).splitlines()[0]}") from None


def _finish(database: Database, manifest: Manifest) -> list[Problem]:
    """Compare the rows with the manifest, bring the schema up to date, check the audit chain."""
    found = _count(database, manifest)
    wrong = [t for t, n in manifest.rows.items() if found[t] != n]
    if wrong:
        table = wrong[0]
        raise ConfigError(f"恢复后表 {table} 有 {found[table]} 行，备份时有 {manifest.rows[table]} 行")
    upgrade(database)
    return list(verify(database))


def _count(database: Database, manifest: Manifest) -> dict[str, int]:
    with database.read() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table(name))) or 0 for name in manifest.rows
        }
