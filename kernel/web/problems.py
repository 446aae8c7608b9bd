"""Errors in words: an RFC 9457 problem document for the API, a plain page for people."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kernel.errors import AppError, FieldError
from kernel.web import language
from kernel.web.i18n import gettext as _
from kernel.web.i18n import lazy
from kernel.web.validation import explain

log = logging.getLogger(__name__)

LOGIN = "/login"
ACCOUNT, MUST_CHANGE = "/account", "must_change_password"


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal, ready to be shown; texts are Chinese source strings or already translated."""

    status: int
    code: str
    title: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] | None = None

    def document(self, instance: str) -> dict[str, Any]:
        """Return the RFC 9457 document in the reader's language."""
        return {
            "type": "about:blank",
            "title": _(self.title),
            "status": self.status,
            "detail": _(self.detail),
            "code": self.code,
            "instance": instance,
            "errors": [{"field": error.field, "message": _(error.message)} for error in self.errors],
        }


HTTP_WORDS: dict[int, tuple[str, lazy, lazy]] = {
    400: ("bad_request", lazy("请求有误"), lazy("系统读不懂这个请求，请检查后重试。")),
    401: ("unauthenticated", lazy("请先登录"), lazy("请先登录后再操作。")),
    403: ("forbidden", lazy("没有权限"), lazy("您的岗位没有这项权限。")),
    404: ("not_found", lazy("没有找到"), lazy("没有这个页面，可能地址有误，也可能已被移走。")),
    405: ("method_not_allowed", lazy("不支持这种操作"), lazy("这个地址不支持这种请求方法。")),
    413: ("too_large", lazy("内容过大"), lazy("提交的内容超过了系统允许的大小，请减小附件后重试。")),
    415: ("unsupported_media_type", lazy("格式不支持"), lazy("请按接口说明的格式提交。")),
}


def problem_of(error: Exception) -> Problem:
    """Put any error that we expect into words."""
    if isinstance(error, AppError):
        headers = getattr(error, "headers", None)
        return Problem(error.status, error.code, error.title, error.detail, tuple(error.errors), headers)
    if isinstance(error, RequestValidationError):
        errors = tuple(explain(error.errors()))
        return Problem(422, "invalid", _("输入有误"), _("请按下面的说明改正后重新提交。"), errors)
    if isinstance(error, HTTPException):
        return _of_http(error)
    raise TypeError(f"not an expected error: {error!r}")


def _of_http(error: HTTPException) -> Problem:
    known = HTTP_WORDS.get(error.status_code)
    phrase = HTTPStatus(error.status_code).phrase
    if known is None:
        return Problem(error.status_code, "http_error", phrase, str(error.detail), headers=error.headers)
    code, title, detail = known
    own = "" if error.detail == phrase else str(error.detail)
    return Problem(error.status_code, code, str(title), own or str(detail), headers=error.headers)


def wants_page(request: Request) -> bool:
    """Whether a person in a browser asks, rather than a program."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def respond(request: Request, error: Exception) -> Response:
    """Answer an expected error in the form the caller understands."""
    language.settle(request)
    return show(request, problem_of(error))


def show(request: Request, problem: Problem, reference: str | None = None) -> Response:
    """Answer with a problem; who must log in, or change a first password, is sent to do so."""
    if not wants_page(request):
        body = problem.document(request.url.path) | ({"reference": reference} if reference else {})
        return JSONResponse(body, problem.status, problem.headers, "application/problem+json")
    if problem.status == 401 and request.method == "GET":
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"{LOGIN}?next={quote(target, safe='/')}", status_code=303)
    if problem.code == MUST_CHANGE and request.url.path != ACCOUNT:
        return RedirectResponse(ACCOUNT, status_code=303)
    from kernel.web.templating import render  # templating needs no problems; this breaks the circle

    return render(
        request, "error.html", problem.status, problem.headers, problem=problem, reference=reference
    )


async def _handle(request: Request, error: Exception) -> Response:
    return respond(request, error)


class CrashGuard:
    """Turns an unexpected exception into a page with a reference; the traceback goes to the log only."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; answer 500 when it breaks before it has answered."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("unexpected error, reference %s: %s %s", reference, scope["method"], scope["path"])
            if started:
                raise
            request = Request(scope, receive)
            language.settle(request)
            detail = _(
                "系统内部出错，没有保存任何内容。请稍后重试；如仍出错，请把编号 %(ref)s 告诉值班员。",
                ref=reference,
            )
            problem = Problem(500, "internal", _("系统出错"), detail)
            await show(request, problem, reference)(scope, receive, send)


def install_handlers(app: FastAPI) -> None:
    """Make `app` answer every error in words."""
    for kind in (AppError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _handle)
