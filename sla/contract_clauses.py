"""The clauses and readings of a contract file, with the file's own numbers filled into their values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sla import contract as terms
from sla.contract_sections import Articles, clause_of
from sla.toml_reader import Table

_FIELD = re.compile(r"\{([a-z0-9_.]+)\}")


def clauses(root: Table, raw: Mapping[str, Any]) -> dict[str, terms.Clause]:
    """Return the clauses by key."""
    found = {}
    for table in root.tables("clause"):
        used_by = table.texts("used_by")
        for user in used_by:
            if user not in terms.USERS:
                raise table.error("used_by", f"未知的使用者 {user}")
        clause = terms.Clause(
            key=table.text("key"),
            article=table.text("article"),
            title=table.text("title"),
            text=table.text("text"),
            value=filled(table, raw),
            used_by=used_by,
        )
        table.done()
        found[clause.key] = clause
    return found


def readings(root: Table, raw: Mapping[str, Any], articles: Articles) -> dict[str, terms.Reading]:
    """Return the readings by key."""
    found = {}
    for table in root.tables("reading"):
        options = table.texts("options")
        for option in options:
            if option not in terms.OPTIONS:
                raise table.error("options", f"没有选项 {option}")
        reading = terms.Reading(
            key=table.text("key"),
            number=table.count("number"),
            clause=clause_of(table, articles)[1],
            title=table.text("title"),
            text=table.text("text"),
            value=filled(table, raw),
            options=options,
        )
        table.done()
        found[reading.key] = reading
    return found


def filled(table: Table, raw: Mapping[str, Any]) -> str:
    """Return the entry's value with every ``{path}`` replaced by the number the path names."""

    def number(match: re.Match[str]) -> str:
        found: Any = raw
        for part in match[1].split("."):
            if isinstance(found, list):
                found = {each.get("key"): each for each in found if isinstance(each, dict)}
            if not isinstance(found, dict) or part not in found:
                raise table.error("value", f"没有 {match[1]} 这一项")
            found = found[part]
        return str(found).lower() if isinstance(found, bool) else str(found)

    return _FIELD.sub(number, table.text("value"))
