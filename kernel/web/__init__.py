"""The web shell: design system, rendering, languages, security headers, problems, live stream.

Pages import from the modules (`kernel.web.templating.render`, …); this file stays light because the
command line reads the manifest without starting the web.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernel.manifest import Manifest, Permission

if TYPE_CHECKING:
    from fastapi import FastAPI

    from kernel.platform import Platform

MANIFEST = Manifest(
    name="kernel.web",
    permissions=(Permission("shell.styleguide", "查看界面组件", frozenset({"sysadmin"})),),
    routers=("kernel.web.routes:router",),
)


def install(app: FastAPI, platform: Platform) -> None:
    """Give `app` the shell of this platform; call it after all routers are included."""
    from kernel.web.setup import install_platform

    install_platform(app, platform)
