"""Reads and replaces attributes of nested frozen dataclasses by a dotted path."""

from dataclasses import replace
from enum import Enum
from typing import Any, TypeVar

T = TypeVar("T")


def read_value(source: object, path: str) -> Any:
    """Read the attribute at a dotted path; an enum gives its value."""
    value: Any = source
    for name in path.split("."):
        value = getattr(value, name)
    return value.value if isinstance(value, Enum) else value


def replace_value(source: T, path: str, value: object) -> T:
    """Return a frozen dataclass with the attribute at a dotted path replaced.

    An attribute that holds an enum gets the member of that value. Raises AttributeError for a path
    that does not exist and ValueError for a value the enum does not have.
    """
    name, _, rest = path.partition(".")
    old = getattr(source, name)
    new: Any = value
    if rest:
        new = replace_value(old, rest, value)
    elif isinstance(old, Enum):
        new = type(old)(value)
    return replace(source, **{name: new})  # type: ignore[type-var]
