"""Write a migration from the difference between the newest revision and the models.

    .venv/bin/python tools/new_migration.py "roster and swaps"     the next revision
    .venv/bin/python tools/new_migration.py --initial              0001 anew, while nothing is deployed

Read what it wrote before committing: renamed columns, for one, look like a drop and an add.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

from kernel.db import Base, Database
from kernel.db.migrate import FOLDER, config_for, head, upgrade
from kernel.models import import_all

VERSIONS = FOLDER / "versions"
GUARDS = """
    for table in {tables}:
        for statement in append_only_ddl(table, op.get_bind().dialect.name):
            op.execute(statement)
"""
UNGUARD = """
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS shoushi_append_only()")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("words", nargs="?", default="initial")
    parser.add_argument("--initial", action="store_true", help="write 0001 anew")
    asked = parser.parse_args()
    if asked.initial:
        for old in VERSIONS.glob("0001_*.py"):
            old.unlink()
    path = write(asked.words, initial=asked.initial)
    subprocess.run(
        [sys.executable, "-m", "ruff", "format", "-q", "--line-length", "110", str(path)], check=True
    )
    print(path)


def write(words: str, *, initial: bool) -> Path:
    """Let alembic compare, then add the guards of append-only tables that are new."""
    import_all()
    number = f"{int(head() or 0) + 1:04}"
    slug = re.sub(r"\W+", "_", words.lower()).strip("_")
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/now.sqlite")
        if not initial:
            upgrade(database)
        config = config_for(database)
        config.attributes["batch"] = not initial
        command.revision(config, words, autogenerate=True, rev_id=number, version_path=str(VERSIONS))
        database.close()
    path = VERSIONS / f"{number}_{slug}.py"
    path.write_text(guarded(path.read_text(encoding="utf-8"), initial=initial), encoding="utf-8")
    return path


def guarded(source: str, *, initial: bool) -> str:
    """Add the triggers after the tables that `upgrade` creates."""
    marked = [t.name for t in Base.metadata.sorted_tables if t.info.get("append_only")]
    tables = tuple(
        name
        for name in marked
        if f"create_table(\n        '{name}'" in source or f"create_table('{name}'" in source
    )
    if not tables:
        return source
    source = re.sub(r",\s*info=\{'append_only': True\}", "", source)
    source = re.sub(r" *# ### .* ###\n", "", source)
    source = source.replace(
        "import sqlalchemy as sa\n",
        "import sqlalchemy as sa\n\nfrom kernel.db.appendonly import append_only_ddl\n",
        1,
    )
    up, down = source.split("\n\n\ndef downgrade() -> None:", 1)
    up = up.rstrip() + "\n" + GUARDS.format(tables=tables)
    down = down.rstrip() + ("\n" + UNGUARD if initial else "\n")
    return f"{up}\n\ndef downgrade() -> None:{down}"


if __name__ == "__main__":
    main()
