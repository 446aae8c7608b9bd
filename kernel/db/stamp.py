"""What a database is for: live, demonstration or rehearsal. A start for another purpose is refused."""

from __future__ import annotations

from sqlalchemy import String, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db.engine import Database
from kernel.db.types import Base
from kernel.errors import ConfigError

LABELS = {"live": "正式", "demo": "演示", "rehearsal": "演练"}


class Stamp(Base):
    """One fact about the whole database."""

    __tablename__ = "database_stamp"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))


def require_kind(database: Database, kind: str) -> bool:
    """Stamp a new database; raise ConfigError when it was made for something else. True when it is new."""
    with database.write() as session:
        found = session.scalar(select(Stamp.value).where(Stamp.name == "kind"))
        if found is None:
            session.execute(insert(Stamp), {"name": "kind", "value": kind})
            return True
    if found != kind:
        raise ConfigError(
            f"这是{LABELS.get(found, found)}数据库，不能用于{LABELS[kind]}。"
            "请换一个 SHOUSHI_DATABASE_URL 或数据目录。"
        )
    return False
