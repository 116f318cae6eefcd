"""Checks an imported sync's document for unknown keys and words, and suggests the nearest."""

import difflib
import types
import typing
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from desktop.kit.errors import InvalidInput

_NOTHING_IMPORTED = "Nothing was imported."


def check_schema(
    shape: Any,
    value: Any,
    path: str,
    *,
    without: Collection[str] = (),
    besides: Mapping[type, Sequence[str]] = types.MappingProxyType({}),
) -> None:
    """Refuse keys of an imported sync's document that `shape`, a dataclass, has no field for.

    `without` are fields of the outermost that do not count; `besides` are further keys of a
    class. Raises InvalidInput with the path and the nearest known word. Types are not looked at.
    """
    if is_dataclass(shape) and isinstance(shape, type) and isinstance(value, Mapping):
        hints = typing.get_type_hints(shape)
        names = [part.name for part in fields(shape) if part.name not in without]
        known = (*names, *besides.get(shape, ()))
        for key, part in value.items():
            here = f"{path}.{key}" if path else str(key)
            if key not in known:
                raise unknown_word_error(here, str(key), known)
            if key in hints:
                check_schema(hints[key], part, here, besides=besides)
    elif isinstance(shape, type) and issubclass(shape, Enum) and isinstance(value, str):
        words = [str(member.value) for member in shape]
        if value not in words:
            raise unknown_word_error(path, value, words)
    elif isinstance(value, list) and typing.get_origin(shape) is tuple:
        for n, part in enumerate(value):
            check_schema(typing.get_args(shape)[0], part, f"{path}[{n}]", besides=besides)
    elif typing.get_origin(shape) in (types.UnionType, typing.Union):
        arms = [arm for arm in typing.get_args(shape) if is_dataclass(arm)]
        for arm in arms:
            check_schema(arm, value, path, besides=besides)


def unknown_word_error(path: str, word: str, known: Iterable[str]) -> InvalidInput:
    """Return the error for an imported sync's unknown word, with the nearest known one."""
    choices = sorted(known)
    near = difflib.get_close_matches(word, choices, n=1)
    hint = f"Did you mean “{near[0]}”?" if near else f"There are: {', '.join(choices)}."
    shown = word if len(word) <= 60 else f"{word[:60]}…"
    return InvalidInput(f"`{path}`: “{shown}” is not known.", _NOTHING_IMPORTED, hint)
