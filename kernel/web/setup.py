"""Gives a FastAPI application the shell: templates, errors in words, guards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fastapi import FastAPI

from kernel.web.language import LanguageMiddleware
from kernel.web.problems import CrashGuard, install_handlers
from kernel.web.security import BodyLimit, SameOrigin, SecurityHeaders
from kernel.web.shell import Shell
from kernel.web.static import assets_of
from kernel.web.templating import environment_of

if TYPE_CHECKING:
    from kernel.platform import Platform


def install_platform(app: FastAPI, platform: Platform) -> None:
    """Install the shell of this platform; packages with templates are those whose manifest says so."""
    settings = platform.settings
    shell = Shell(
        clock=platform.clock,
        zone=platform.zone,
        nav=platform.nav,
        banner=platform.banner,
        base_url=settings.base_url,
    )
    packages = [manifest.name for manifest in platform.catalogue.manifests if manifest.templates]
    install_shell(app, shell, packages, secure=settings.secure_cookies, demo=platform.demo)


def install_shell(
    app: FastAPI, shell: Shell, packages: Iterable[str] = (), *, secure: bool = False, demo: bool = False
) -> None:
    """Install templates, error handlers and guards; `demo` also shows the style guide."""
    names = tuple(packages)
    app.state.shoushi = shell
    app.state.assets = assets_of(names)
    app.state.templates = environment_of(names)
    if demo:
        from kernel.web.styleguide import router

        app.include_router(router)
    install_handlers(app)
    app.add_middleware(CrashGuard)  # the last one added is the outermost
    app.add_middleware(SameOrigin, base_url=shell.base_url)
    app.add_middleware(BodyLimit)
    app.add_middleware(LanguageMiddleware, secure=secure)
    app.add_middleware(SecurityHeaders, https=secure)
