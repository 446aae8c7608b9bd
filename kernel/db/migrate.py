"""Alembic, driven from code: the migrations ship inside the package."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from kernel.db.engine import Database
from kernel.errors import ConfigError

FOLDER = Path(__file__).resolve().parent.parent / "migrations"


def config_for(database: Database) -> Config:
    """Return an Alembic configuration that uses this database's engine."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["database"] = database
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the schema up to `revision`."""
    command.upgrade(config_for(database), revision)


def downgrade(database: Database, revision: str) -> None:
    """Take the schema down to `revision` ("base" removes everything)."""
    command.downgrade(config_for(database), revision)


def current(database: Database) -> str | None:
    """Return the revision the database is at, None for an empty one."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """Return the newest revision that this version of the product knows."""
    return _scripts().get_current_head()


def knows(revision: str) -> bool:
    """Whether this version of the product has the revision."""
    return any(script.revision == revision for script in _scripts().walk_revisions())


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return ScriptDirectory.from_config(config)


def require_current(database: Database) -> None:
    """Raise ConfigError unless the schema is the one this version needs."""
    found, wanted = current(database), head()
    if found != wanted:
        what = "尚未初始化" if found is None else f"版本为 {found}，需要 {wanted}"
        raise ConfigError(f"数据库{what}。请先运行 shoushi init。")
