"""The backup file: a tar.gz whose first member, manifest.json, names every other one with its SM3."""

from __future__ import annotations

import json
import os
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from kernel.crypto import Sm3
from kernel.errors import ConfigError

PRODUCT, FORMAT = "shoushi", 1
MANIFEST = "manifest.json"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in a backup."""

    engine: str
    revision: str
    kind: str
    created_at: str
    rows: Mapping[str, int]
    """Rows of each table."""
    columns: Mapping[str, list[str]]
    """Column order of each table that was copied out; empty for SQLite."""
    digests: Mapping[str, str] = field(default_factory=dict)
    product: str = PRODUCT
    format: int = FORMAT


def digest_of(path: Path) -> str:
    """Return the SM3 of a file, reading it in pieces."""
    digest = Sm3()
    with path.open("rb") as source:
        for piece in _pieces(source):
            digest.update(piece)
    return digest.hexdigest()


def write(target: Path, manifest: Manifest, folder: Path) -> None:
    """Pack everything below `folder` into `target`, which appears only when it is whole."""
    part = target.with_name(target.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # it holds password hashes
    try:
        with os.fdopen(descriptor, "wb") as raw:
            with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=6) as tar:
                head = folder / MANIFEST
                head.write_text(json.dumps(asdict(manifest), ensure_ascii=False, indent=1), encoding="utf-8")
                for name in (MANIFEST, *manifest.digests):
                    tar.add(folder / name, arcname=name, recursive=False)
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def unpack(source: Path, folder: Path) -> Manifest:
    """Unpack into an empty folder and check every digest; raises ConfigError with one line on any fault."""
    try:
        with tarfile.open(source, "r:gz") as tar:
            return _unpack(tar, folder)
    except FileNotFoundError:
        raise ConfigError(f"没有备份文件 {source}") from None
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise ConfigError(f"{source} 不是完整的备份文件：{error}") from None


def _unpack(tar: tarfile.TarFile, folder: Path) -> Manifest:
    first = tar.next()
    if first is None or first.name != MANIFEST or not first.isreg():
        raise ConfigError("这不是守时的备份文件：缺少 manifest.json")
    manifest = _manifest(_opened(tar, first).read())
    left = dict(manifest.digests)
    for member in tar:
        if member.name == MANIFEST:
            continue
        expected = left.pop(member.name, None)
        if expected is None or not member.isreg() or not _inside(member.name):
            raise ConfigError(f"备份文件中有不该有的内容：{member.name}")
        if _extract(_opened(tar, member), folder / member.name) != expected:
            raise ConfigError(f"备份文件已损坏：{member.name} 与其摘要不符")
    if left:
        raise ConfigError(f"备份文件不完整：缺少 {next(iter(left))}")
    return manifest


def _manifest(raw: bytes) -> Manifest:
    try:
        values = json.loads(raw)
        manifest = Manifest(**values)
    except (ValueError, TypeError):
        raise ConfigError("这不是守时的备份文件：manifest.json 无法识别") from None
    if (manifest.product, manifest.format) != (PRODUCT, FORMAT):
        raise ConfigError(f"这不是守时的备份文件：{manifest.product} {manifest.format}")
    return manifest


def _inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name


def _opened(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    opened = tar.extractfile(member)
    assert opened is not None  # noqa: S101 - it is a regular file
    return opened


def _extract(source: IO[bytes], target: Path) -> str:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = Sm3()
    with target.open("wb") as copy:
        for piece in _pieces(source):
            digest.update(piece)
            copy.write(piece)
    return digest.hexdigest()


def _pieces(source: IO[bytes]) -> Iterator[Any]:
    while piece := source.read(_CHUNK):
        yield piece
