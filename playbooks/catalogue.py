"""The catalogue: every scenario and repair that ships, read and checked once, with its checksum.

A checksum covers all that a run of it could execute: the entry's own folder, the shared roles and the
configuration. One changed byte makes another checksum, and voids whatever was approved.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import ValidationError

from kernel.crypto import canonical_json, sm3_hex
from kernel.errors import ConfigError, NotFound
from kernel.web.i18n import gettext as _
from playbooks.runner.environment import CONTENT
from playbooks.schema import Repair, Scenario

Kind = TypeVar("Kind", Scenario, Repair)
SHARED = ("roles", "ansible.cfg")
LEFT_OUT = ("__pycache__",)


@dataclass(frozen=True, slots=True)
class Entry(Generic[Kind]):
    """A scenario or a repair, where it lies, and what its content hashes to."""

    what: Kind
    folder: Path
    checksum: str

    def playbook(self, name: str) -> Path:
        """Return where one of its playbooks is."""
        return self.folder / name

    def inventory(self, name: str = "local") -> str:
        """Return the text of one of its inventories, empty when it has none."""
        path = self.folder / f"inventory.{name}.yml"
        return path.read_text(encoding="utf-8") if path.is_file() else ""


def scenarios() -> dict[str, Entry[Scenario]]:
    """Return all scenarios by id, as they are on disk now; ConfigError names the file and what is wrong."""
    return _scenarios(fingerprint())


def repairs() -> dict[str, Entry[Repair]]:
    """Return all repairs by id, as they are on disk now."""
    return _repairs(fingerprint())


def scenario(key: str) -> Entry[Scenario]:
    """Return a scenario; 404 when the catalogue has none of that name."""
    found = scenarios().get(key)
    if found is None:
        raise NotFound(_("目录中没有场景“%(key)s”。", key=key))
    return found


def repair(key: str) -> Entry[Repair]:
    """Return a repair; 404 when the catalogue has none of that name."""
    found = repairs().get(key)
    if found is None:
        raise NotFound(_("目录中没有修复剧本“%(key)s”。", key=key))
    return found


Fingerprint = tuple[tuple[str, int, int], ...]


def fingerprint() -> Fingerprint:
    """Return name, size and time of every file of the content: cheap, and other after every change."""
    files = sorted(path for path in CONTENT.rglob("*") if path.is_file() and not _left_out(path))
    stats = [(path, path.stat()) for path in files]
    return tuple((str(path.relative_to(CONTENT)), stat.st_size, stat.st_mtime_ns) for path, stat in stats)


@lru_cache(maxsize=2)
def _scenarios(_at: Fingerprint) -> dict[str, Entry[Scenario]]:
    found = (_scenario(path) for path in sorted(CONTENT.glob("scenarios/*/scenario.yml")))
    return {entry.what.id: entry for entry in found}


@lru_cache(maxsize=2)
def _repairs(_at: Fingerprint) -> dict[str, Entry[Repair]]:
    found = (_repair(path) for path in sorted(CONTENT.glob("repairs/*/repair_entry.yml")))
    return {entry.what.id: entry for entry in found}


def _scenario(path: Path) -> Entry[Scenario]:
    what = _read(path, Scenario)
    missing = [name for name in what.playbooks() if not (path.parent / name).is_file()]
    if missing:
        raise ConfigError(f"{path.parent.name}: 缺少剧本 {', '.join(missing)}")
    return Entry(what, path.parent, checksum(path.parent))


def _repair(path: Path) -> Entry[Repair]:
    return Entry(_read(path, Repair), path.parent, checksum(path.parent))


def _read(path: Path, model: type[Kind]) -> Kind:
    name = f"{path.parent.name}/{path.name}"
    try:
        said: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = model.model_validate(said)
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{name}: {place}: {first['msg']}") from None
    if found.id != path.parent.name:
        raise ConfigError(f"{name}: id 应与文件夹同名")
    return found


def checksum(folder: Path) -> str:
    """Return the SM3 over every file that a run of this entry may execute."""
    roots = [folder, *(CONTENT / name for name in SHARED)]
    files = sorted({path for root in roots for path in _files(root)})
    listed = [[str(path.relative_to(CONTENT)), sm3_hex(path.read_bytes())] for path in files]
    return sm3_hex(canonical_json(listed))


def _files(root: Path) -> list[Path]:
    if root.is_file():
        return [root]
    return [path for path in root.rglob("*") if path.is_file() and not _left_out(path)]


def _left_out(path: Path) -> bool:
    return any(part in LEFT_OUT for part in path.parts)
