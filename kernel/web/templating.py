"""Rendering: one Jinja2 environment for all packages, and `render`, which every page calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from kernel.web import flash, language
from kernel.web.charts import GLOBALS as CHARTS
from kernel.web.formats import FILTERS
from kernel.web.forms import EMPTY
from kernel.web.i18n import HTML_TAGS, LANGUAGES, current_language, gettext, ngettext
from kernel.web.marks import marks
from kernel.web.moment import Moment, moment, use_moment
from kernel.web.nav import navigation
from kernel.web.shell import NOBODY, Shell
from kernel.web.static import Assets, assets_of
from kernel.web.timing import GLOBALS as TIMING

NOW_HEADER = "X-Shoushi-Now"
FRAGMENT_HEADER = "x-fragment"


@lru_cache(maxsize=4)
def environment_of(packages: tuple[str, ...]) -> Environment:
    """Return the environment of these packages: templates are compiled once a process."""
    return build_environment(assets_of(packages), packages)


def build_environment(assets: Assets, packages: Iterable[str] = ()) -> Environment:
    """Make the environment: the shell's templates, then those of `packages` under their own names."""
    env = Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in ("kernel.web", *packages)]),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=1000,
    )
    env.filters.update({name: _unfolded(write) for name, write in FILTERS.items()})
    env.globals.update(
        _=gettext,
        gettext=gettext,
        ngettext=ngettext,
        static=assets.url,
        blank_form=EMPTY,
        csrf_field=csrf_field,
        query=query,
        right_now=lambda: moment().now,
        **marks(assets.url),
        **CHARTS,
        **TIMING,
    )
    return env


def _unfolded(write: Callable[..., str]) -> Callable[..., str]:
    """Make a filter that Jinja never computes ahead of time: its result depends on the reader."""

    @pass_context
    def filtered(_context: Context, *args: Any, **kwargs: Any) -> str:
        return write(*args, **kwargs)

    return filtered


def render(
    request: Request,
    name: str,
    /,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> HTMLResponse:
    """Return the page (or fragment) made from template `name` with `context`."""
    shell: Shell = request.app.state.shoushi
    now = begin(request)
    values = frame(request, shell) | context
    template = request.app.state.templates.get_template(name)
    response = HTMLResponse(template.render(values), status_code, headers)
    response.headers[NOW_HEADER] = now.now.isoformat(timespec="milliseconds")
    response.headers["Vary"] = "Cookie, Accept-Language"
    if values["flashes"] and FRAGMENT_HEADER not in request.headers:
        flash.clear(response)
    return response


def begin(request: Request) -> Moment:
    """Settle the reader's language and the page's time; views that format things call it before `render`."""
    language.settle(request)
    return enter(request)


def enter(request: Request) -> Moment:
    """Fix the time, zone and token that filters and macros use for the rest of this request."""
    shell: Shell = request.app.state.shoushi
    current = Moment(shell.clock.now(), shell.zone, getattr(request.state, "csrf", ""))
    use_moment(current)
    return current


def frame(request: Request, shell: Shell) -> dict[str, Any]:
    """Return what every page knows."""
    actor = getattr(request.state, "actor", NOBODY)
    return {
        "request": request,
        "path": request.url.path,
        "shell": shell,
        "actor": actor,
        "nav": navigation(shell.nav, actor, request.url.path),
        "now": moment().now,
        "lang": current_language(),
        "html_lang": HTML_TAGS[current_language()],
        "languages": [(code, LANGUAGES[code], url) for code, url in language.switch_urls(request).items()],
        "flashes": flash.read(request),
    }


def csrf_field() -> Markup:
    """Return the hidden field that every posting form carries."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(moment().csrf)


@pass_context
def query(context: Context, **changes: Any) -> str:
    """Return this page's address with some query parameters changed; None removes one."""
    request: Request = context["request"]
    kept = [
        (key, value) for key, value in request.query_params.multi_items() if key not in {*changes, "lang"}
    ]
    kept += [(key, str(value)) for key, value in changes.items() if value is not None]
    return f"{request.url.path}?{urlencode(kept)}" if kept else request.url.path
