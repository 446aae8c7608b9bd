"""`ETag` and `If-Match` on things that people edit: a number that rises with every change."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Header

from kernel.errors import Invalid

IfMatch = Annotated[str | None, Header(description="the ETag last seen; 409 when it is stale")]


def etag(version: int) -> str:
    """Return the ETag of a version."""
    return f'"{version}"'


def version_of(if_match: str | None) -> int | None:
    """Read an If-Match header; `*` matches everything."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = re.fullmatch(r'(?:W/)?"(\d{1,9})"', if_match.strip())
    if not found:
        raise Invalid.field("If-Match", '应为 "版本号" 或 *')
    return int(found[1])
