"""Tables whose rows are written once: the database itself refuses UPDATE and DELETE."""

from __future__ import annotations

from sqlalchemy import DDL, Table, event

_SQLITE = (
    "CREATE TRIGGER {t}_no_{verb} BEFORE {VERB} ON {t} BEGIN SELECT RAISE(ABORT, '{t} is append-only'); END"
)
_PG_FUNCTION = (
    "CREATE OR REPLACE FUNCTION shoushi_append_only() RETURNS trigger AS $$ BEGIN "
    "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$ LANGUAGE plpgsql"
)
_PG = (
    "CREATE TRIGGER {t}_append_only BEFORE UPDATE OR DELETE ON {t} "
    "FOR EACH ROW EXECUTE FUNCTION shoushi_append_only()"
)


def append_only_ddl(table: str, dialect: str) -> list[str]:
    """Return the statements that make `table` append-only, for use in migrations too."""
    if dialect == "sqlite":
        return [_SQLITE.format(t=table, verb=v, VERB=v.upper()) for v in ("update", "delete")]
    if dialect == "postgresql":
        return [_PG_FUNCTION, _PG.format(t=table)]
    return []


def append_only(table: Table) -> None:
    """Make `create_all` add the guard to `table`."""
    table.info["append_only"] = True
    for dialect in ("sqlite", "postgresql"):
        for statement in append_only_ddl(table.name, dialect):
            ddl = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", ddl.execute_if(dialect=dialect))
