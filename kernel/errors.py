"""The one family of errors: each has an HTTP status, a machine code and words a person can act on.

Messages are Chinese source strings; the web shell translates them. Edges (API, pages, CLI) turn them
into problem documents (RFC 9457), error pages or exit codes; nothing else needs to know about HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, NamedTuple


class FieldError(NamedTuple):
    """One wrong input: the field's name as the caller sent it, and what would be right."""

    field: str
    message: str


class AppError(Exception):
    """Base of everything we refuse on purpose."""

    status: ClassVar[int] = 400
    code: str = "bad_request"
    title: ClassVar[str] = "请求有误"

    def __init__(self, detail: str, *, code: str | None = None, errors: Iterable[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors: list[FieldError] = list(errors)
        if code:
            self.code = code


class Unauthenticated(AppError):
    """Nobody is logged in, or the token is unknown, expired or revoked."""

    status = 401
    code = "unauthenticated"
    title = "请先登录"


class Forbidden(AppError):
    """The actor is known but has no right to this."""

    status = 403
    code = "forbidden"
    title = "没有权限"


class NotFound(AppError):
    """There is no such thing, or the actor may not know that there is."""

    status = 404
    code = "not_found"
    title = "没有找到"


class Conflict(AppError):
    """Impossible in the present state, or made against a stale version."""

    status = 409
    code = "conflict"
    title = "与当前状态冲突"


class Invalid(AppError):
    """The input breaks a rule; `errors` names each field."""

    status = 422
    code = "invalid"
    title = "输入有误"

    @classmethod
    def field(cls, field: str, message: str, *, code: str | None = None) -> Invalid:
        """Build the error for a single field."""
        return cls(message, code=code, errors=[FieldError(field, message)])


class TooMany(AppError):
    """The caller must slow down."""

    status = 429
    code = "too_many"
    title = "操作过于频繁"


class Unavailable(AppError):
    """We cannot do this now; try again later."""

    status = 503
    code = "unavailable"
    title = "暂时无法处理"


class ConfigError(Exception):
    """The installation is wrong and must not start; the text says where and what would be right."""
