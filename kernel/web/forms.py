"""The state of a form: what was typed and what is wrong with it, so that nothing typed is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kernel.errors import AppError
from kernel.web.i18n import gettext


@dataclass(frozen=True, slots=True)
class FormState:
    """Values by field name (a list for several choices) and messages by field name."""

    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    general: str | None = None
    """What is wrong with the whole rather than with one field."""

    @classmethod
    def refused(cls, values: Mapping[str, Any], error: AppError) -> FormState:
        """Return the state to show again after `error`."""
        errors: dict[str, str] = {}
        for item in error.errors:
            errors.setdefault(item.field, gettext(item.message))
        return cls(values, errors, None if errors else gettext(error.detail))

    @property
    def wrong(self) -> bool:
        """Whether there is anything to correct."""
        return bool(self.errors or self.general)

    def value(self, name: str, default: Any = "") -> Any:
        """Return what was typed."""
        found = self.values.get(name)
        return default if found is None else found

    def chosen(self, name: str, option: str) -> bool:
        """Whether `option` is (one of) the value(s) of a choice."""
        found = self.values.get(name)
        if isinstance(found, Sequence) and not isinstance(found, str):
            return option in [str(item) for item in found]
        return str(found) == str(option) if found is not None else False

    def error(self, name: str) -> str | None:
        """Return what is wrong with a field."""
        return self.errors.get(name)


EMPTY = FormState()
