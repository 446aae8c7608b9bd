"""Objects of rows that no session has read: calling the model notes each attribute it sets."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import inspect
from sqlalchemy.orm import ClassManager, configure_mappers

from kernel.db.types import Base

M = TypeVar("M", bound=Base)


def object_of(model: type[M], values: Mapping[str, Any]) -> M:
    """Return an object that holds these values as if it had been read; no session keeps it in step.

    An attribute that is left out reads as None.
    """
    made: M = _manager(model).new_instance()
    vars(made).update(values)
    return made


@cache
def _manager(model: type[Base]) -> ClassManager[Any]:
    configure_mappers()  # before that its attributes cannot be read
    return inspect(model).class_manager
