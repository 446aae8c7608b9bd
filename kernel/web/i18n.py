"""Languages: source strings are Chinese, every package ships its English catalogue as a .po file.

The language of a request lives in a context variable, so `_("…")` works in templates, services and threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from markupsafe import Markup

DEFAULT = "zh"
LANGUAGES = {"zh": "中文", "en": "English"}
HTML_TAGS = {"zh": "zh-CN", "en": "en"}
PACKAGES = ("kernel", "sla", "incidents", "dashboards", "oa", "drills", "playbooks", "app")
KERNEL_CATALOGUE = Path(__file__).parent / "locale" / "en" / "LC_MESSAGES" / "messages.po"

_language: ContextVar[str] = ContextVar("language", default=DEFAULT)


def catalogue_files(packages: Iterable[str] = PACKAGES) -> list[Path]:
    """Return the English catalogues that exist."""
    files = [KERNEL_CATALOGUE]
    for package in packages:
        spec = find_spec(package)
        folders = list((spec and spec.submodule_search_locations) or ())
        files += [Path(folder) / "locale" / "en.po" for folder in folders]
    return [file for file in files if file.exists()]


@cache
def english() -> Mapping[str, tuple[str, ...]]:
    """Return every translation there is: Chinese source → English (singular, plural)."""
    merged: dict[str, tuple[str, ...]] = {}
    for file in catalogue_files():
        with file.open("rb") as stream:
            for message in read_po(stream, locale="en"):
                source = message.id if isinstance(message.id, str) else message.id[0]
                target = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
                if source and target and target[0]:
                    merged[source] = target
    return merged


def current_language() -> str:
    """Return the language of the running request."""
    return _language.get()


def use_language(code: str) -> None:
    """Speak `code` from here on in this context; an unknown one means the default."""
    _language.set(code if code in LANGUAGES else DEFAULT)


def gettext(message: str, /, **values: Any) -> str:
    """Return `message` in the reader's language, with `%(name)s` filled in when values are given."""
    found = english().get(message) if current_language() == "en" else None
    return _fill(found[0] if found else message, values)


def ngettext(singular: str, plural: str, number: int, /, **values: Any) -> str:
    """Like gettext, choosing the English plural by `number`, which is also the value `n`."""
    found = english().get(singular) if current_language() == "en" else None
    text = found[0 if number == 1 or len(found) == 1 else 1] if found else singular if number == 1 else plural
    return _fill(text, {"n": number, **values})


def _fill(text: str, values: Mapping[str, Any]) -> str:
    if not values:
        return text
    if any(hasattr(value, "__html__") for value in values.values()):
        return Markup(text) % values  # noqa: S704 - the text is ours, the values are escaped
    return text % values


_ = gettext


class lazy:  # noqa: N801 - reads as a function at the place of use
    """A message translated when it is shown, its values filled in; for constants and for the banner."""

    __slots__ = ("_message", "_values")

    def __init__(self, message: str, /, **values: Any) -> None:
        self._message = message
        self._values = values

    def __str__(self) -> str:
        return gettext(self._message, **self._values)

    def __html__(self) -> str:
        return str(Markup.escape(str(self)))

    def __repr__(self) -> str:
        return f"lazy({self._message!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, lazy) and (other._message, other._values) == (self._message, self._values)

    def __hash__(self) -> int:
        return hash(self._message)


def negotiate(asked: str | None, cookie: str | None, chosen: str | None, accept: str) -> str:
    """Choose a language: the address, then the cookie, then the person's own, then the browser's."""
    for code in (asked, cookie, chosen):
        if code in LANGUAGES:
            return str(code)
    return _accepted(accept) or DEFAULT


def _accepted(header: str) -> str | None:
    ranked: list[tuple[float, int, str]] = []
    for position, part in enumerate(header.split(",")[:20]):
        tag, _sep, weight = part.strip().partition(";")
        code = tag.strip().lower().split("-")[0]
        if code in LANGUAGES:
            ranked.append((-_weight(weight), position, code))
    return min(ranked)[2] if ranked and min(ranked)[0] < 0 else None


def _weight(text: str) -> float:
    name, _sep, value = text.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
