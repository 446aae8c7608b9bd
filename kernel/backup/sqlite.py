"""Copy a SQLite database while it is in use, and put a copy in its place."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from kernel.db import Database
from kernel.errors import ConfigError

MEMBER = "database.sqlite"


def dump(database: Database, folder: Path) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Copy the database by SQLite's online backup, writers go on; returns the rows of each table."""
    with (
        closing(sqlite3.connect(file_of(database), timeout=30)) as live,
        closing(sqlite3.connect(folder / MEMBER)) as copy,
    ):
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        if copy.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise ConfigError("数据库文件已损坏，未作备份")
        names = [
            n for (n,) in copy.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name")
        ]
        tables = [n for n in names if not n.startswith("sqlite_")]
        return {t: copy.execute(f'SELECT count(*) FROM "{t}"').fetchone()[0] for t in tables}, {}


def file_of(database: Database) -> Path:
    """Return the file the database is in."""
    return Path(str(database.url.database))


def set_aside(path: Path, stamp: str) -> Path | None:
    """Rename the present database file; refuses while somebody has it open. None when there is none."""
    if not path.exists():
        return None
    with closing(sqlite3.connect(path, timeout=1)) as old:
        try:
            (mode,) = old.execute(
                "PRAGMA journal_mode=DELETE"
            ).fetchone()  # needs to be alone, and ends the WAL
        except sqlite3.OperationalError:
            mode = "locked"
        except sqlite3.DatabaseError:
            mode = "delete"  # not a database at all: nobody uses it
    if mode != "delete":
        raise ConfigError("平台仍在使用这个数据库，请先停止再恢复")
    aside = path.with_name(f"{path.name}.before-{stamp}")
    path.rename(aside)
    return aside
