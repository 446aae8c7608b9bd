"""What no database can keep never reaches a handler: NUL, halves of surrogate pairs, numbers beyond 64 bits.

PostgreSQL refuses U+0000 in text and SQLite overflows above 2^63; both would surface as a 500 in the middle
of a transaction. So text is checked here, once for every route, and ids in addresses are bounded by type.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Form, Path, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from starlette.datastructures import FormData

from kernel.errors import Invalid, NotFound
from kernel.web.i18n import gettext as _


class Body(BaseModel):
    """A JSON body that refuses what it doesn't know."""

    model_config = ConfigDict(extra="forbid")


async def form_data(request: Request) -> FormData:
    """Read the form."""
    return await request.form()


FormFields = Annotated[FormData, Depends(form_data)]
"""A whole form, for pages whose fields depend on what is shown."""
BIGGEST = 2**63 - 1
RowId = Annotated[int, Path(ge=1, le=BIGGEST)]
"""A row's id in an address."""
RowIdField = Annotated[int, Form(ge=1, le=BIGGEST)]
"""A row's id in a form."""
OPEN = BeforeValidator(lambda value: value or None)
"""In a query: a filter that a form sent empty is no filter."""
T = TypeVar("T")


def demand_known(field: str, value: str | None, known: Collection[str]) -> None:
    """Raise 422 when a list is limited to what does not exist: empty, it would look as if all were well."""
    if value and value not in known:
        raise Invalid.field(field, _("应为：%(known)s", known=", ".join(known)))


class in_query(Generic[T]):  # noqa: N801 - reads as a word at the route
    """Dependency of pages: the query as this dataclass, of which every field has a default.

    FastAPI would take it apart into one parameter a field, and call the class in a thread.
    """

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind
        self._adapter = TypeAdapter(kind)

    async def __call__(self, request: Request) -> T:
        """Return what is asked for; 422 names a wrong parameter."""
        if not request.scope["query_string"]:
            return self._kind()
        try:
            return self._adapter.validate_python(dict(request.query_params))
        except ValidationError as error:
            found = error.errors(include_url=False)
            raise RequestValidationError([{**e, "loc": ("query", *e["loc"])} for e in found]) from None


FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_SUSPECT = re.compile(rb"\\u(0000|[dD][89a-fA-F])")
"""An escaped NUL or half of a pair in JSON; a whole pair too."""
_WORDS = "含有无法保存的字符（空字符或不完整的字符），请删除后重新提交。"
_NUMBER_WORDS = "应为有限的数字。"


async def check(request: Request) -> None:
    """Raise 404 or 422 when the address, the query or the body holds what cannot be kept."""
    if _UNSTORABLE.search(request.scope["path"]):
        raise NotFound("没有这个页面，可能地址有误，也可能已被移走。")
    _check_pairs(request.query_params.multi_items())
    if request.method not in ("POST", "PUT", "PATCH"):
        return
    kind = request.headers.get("content-type", "").lower()
    if kind.startswith(FORMS):
        await _check_form(request)
    elif not kind or "json" in kind:
        _check_json(await _json(request))


async def check_bytes(request: Request) -> None:
    """Like `check`, for JSON whose reader refuses infinite numbers itself: parsed twice only when suspect."""
    if _SUSPECT.search(await request.body()):
        await check(request)
    elif request.scope["query_string"]:
        _check_pairs(request.query_params.multi_items())


async def _check_form(request: Request) -> None:
    form: FormData = await request.form()
    try:
        _check_pairs((k, v if isinstance(v, str) else v.filename or "") for k, v in form.multi_items())
    except Invalid:
        await form.close()
        raise


def _check_pairs(pairs: Iterable[tuple[str, str]]) -> None:
    for name, value in pairs:
        if _UNSTORABLE.search(name) or _UNSTORABLE.search(value):
            raise Invalid.field(_UNSTORABLE.sub("�", name), _WORDS)


async def _json(request: Request) -> Any:
    try:
        return await request.json() if await request.body() else None
    except (ValueError, RecursionError):
        return None  # FastAPI will read it again and say what is wrong


def _check_json(body: Any) -> None:
    waiting = [("body", body)]
    while waiting:
        field, value = waiting.pop()
        if isinstance(value, str):
            if _UNSTORABLE.search(value):
                raise Invalid.field(field, _WORDS)
        elif isinstance(value, float):
            if not math.isfinite(value):
                raise Invalid.field(field, _NUMBER_WORDS)
        elif isinstance(value, dict):
            _check_pairs((key, "") for key in value)
            waiting += [(_below(field, key), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(_below(field, str(place)), inner) for place, inner in enumerate(value)]


def _below(field: str, name: str) -> str:
    return name if field == "body" else f"{field}.{name}"
