"""The variables of a run: the scenario's, the plan's, and those that only the running drill knows."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from kernel.errors import Invalid
from kernel.web.i18n import gettext as _

DEEPEST = 6
PORTS = 20
FIRST, LAST = 20_000, 55_000
_ENVIRONMENT = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


def filled(value: Any, known: Mapping[str, Any]) -> Any:
    """Return a value with every {{ name }} in it replaced; 422 names what cannot be.

    A variable may mention others, so it is read again until nothing changes.
    """
    if isinstance(value, dict):
        return {name: filled(inner, known) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [filled(inner, known) for inner in value]
    if not isinstance(value, str):
        return value
    text = value
    for _again in range(DEEPEST):
        if "{{" not in text:
            return text
        try:
            text = _ENVIRONMENT.from_string(text).render(known)
        except TemplateError as error:
            raise Invalid.field("vars", _("“%(text)s”无法填写：%(why)s", text=value, why=error)) from None
    return text


def free_ports(count: int = PORTS) -> int:
    """Return the first of so many neighbouring loopback ports that nobody listens on now."""
    for base in range(FIRST + _spread(), LAST, count):
        with ExitStack() as held:
            try:
                for port in range(base, base + count):
                    held.enter_context(_bound(port))
            except OSError:
                continue
            return base
    raise OSError("no free ports")


def _spread() -> int:
    """Return where this process begins to look, so that two don't meet."""
    import os

    return (os.getpid() * 37) % 20_000


def _bound(port: int) -> socket.socket:
    made = socket.socket()
    try:
        made.bind(("127.0.0.1", port))
    except OSError:
        made.close()
        raise
    return made
