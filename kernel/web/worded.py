"""Sentences that the platform itself writes into a record: kept in Chinese, read in either language.

A record's text stays the Chinese sentence, because what was hashed is what was said. Beside it, in the data
that the same hash covers, stand the message and its values, so that a reader of English gets English. Words
count only while they say exactly what the text says: nobody can put another meaning beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kernel.web.i18n import DEFAULT, current_language, english, gettext

FIELD = "words"
"""Where the data of an entry keeps them."""
Value = Any
"""A string or number, several of them, or a sentence within the sentence."""


@dataclass(frozen=True, slots=True)
class Worded:
    """A sentence of the platform: its message, a Chinese source string, and what fills it in."""

    message: str
    values: Mapping[str, Value]

    @property
    def text(self) -> str:
        """The Chinese sentence, as a record keeps it."""
        return self._filled(self.message, {n: _in_chinese(v) for n, v in self.values.items()})

    @property
    def data(self) -> dict[str, Any]:
        """What a record keeps beside the text."""
        return {FIELD: self._kept()}

    def _kept(self) -> dict[str, Any]:
        kept = {n: v._kept() if isinstance(v, Worded) else v for n, v in self.values.items()}
        return {"key": self.message, "values": kept}

    def __str__(self) -> str:
        """Return the sentence in the reader's language."""
        return self._filled(gettext(self.message), {n: _spoken(v) for n, v in self.values.items()})

    @staticmethod
    def _filled(message: str, values: Mapping[str, Any]) -> str:
        return message % values if values else message


def worded(message: str, /, **values: Value) -> Worded:
    """Return a sentence for a record; `message` is a source string of the catalogues."""
    return Worded(message, values)


def constant(said: str) -> Worded | str:
    """Return what an error or a result says, for a record: a message without values needs no more."""
    return Worded(said, {}) if said in english() else said


def text_of(said: Worded | str | None) -> str | None:
    """Return the Chinese text of what somebody or the platform said."""
    return said.text if isinstance(said, Worded) else said


def data_of(said: Worded | str | None) -> dict[str, Any]:
    """Return what goes into the data beside it: nothing for what a person wrote."""
    return said.data if isinstance(said, Worded) else {}


def shown(text: str | None, data: Mapping[str, Any] | None, *, ours: bool = False) -> str | None:
    """Return the text of an entry in the reader's language; what a person wrote stays as it was written.

    `ours` says that the platform wrote the entry: without words beside it, as before there were any, its
    text is a message as it stands.
    """
    if text is None or current_language() == DEFAULT:
        return text
    found = _read((data or {}).get(FIELD))
    if found is not None and _says(found, text):
        return str(found)
    return gettext(text) if ours else text


def _says(found: Worded, text: str) -> bool:
    try:
        return found.text == text
    except (KeyError, TypeError, ValueError):  # values that don't fit the message
        return False


def _read(kept: Any, *, within: bool = False) -> Worded | None:
    """Return kept words; None for anything but a message of the catalogues with its values."""
    if not isinstance(kept, Mapping):
        return None
    key, values = kept.get("key"), kept.get("values")
    if not isinstance(key, str) or key not in english() or not isinstance(values, Mapping):
        return None
    return Worded(key, {n: v if within else _read(v, within=True) or v for n, v in values.items()})


def _in_chinese(value: Value) -> Any:
    if isinstance(value, Worded):
        return value.text
    return "、".join(map(str, value)) if isinstance(value, list | tuple) else value


def _spoken(value: Value) -> Any:
    if isinstance(value, Worded):
        return str(value)
    return gettext("、").join(map(str, value)) if isinstance(value, list | tuple) else value
