"""Liquid templates of mapping rows: `Hello {{ first_name | default: "you" }}`, with limits.

A template reads the fields of one source record and nothing else: no file, no other template. What
it may loop, hold and say is limited, since it is run for every person of a sync.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any

from desktop.kit.clock import iso_timestamp
from desktop.model.instant import FieldValue, Instant
from desktop.model.value_conversion import UnconvertibleValue

if TYPE_CHECKING:
    # Imported at first use: half a second that most syncs and windows do without.
    from liquid import BoundTemplate, Environment

MAX_TEMPLATE_LENGTH = 2000
MAX_OUTPUT_BYTES = 2000
MAX_LOOP_ROUNDS = 1000
# What is assigned, in bytes, and what one filter gives, in characters or items.
_MAX_HELD_BYTES = 100_000
_MAX_FILTERED_LENGTH = 10_000
_MAX_NUMBER = 10**30


def render_template(text: str, fields: Mapping[str, FieldValue]) -> str:
    """Render a mapping row's template over a source record's fields, by their names.

    A field that the record lacks is empty. Raises UnconvertibleValue with what went wrong.
    """
    parsed = _parse(text)
    from liquid.exceptions import LiquidError

    try:
        return parsed.render(**_nest(fields)).strip()
    except LiquidError as error:
        raise _template_error(error) from error


def template_problem(text: str) -> str:
    """Say why a text is no template that can be used, as a sentence; empty if it is."""
    if not text.strip():
        return "The template is empty."
    if len(text) > MAX_TEMPLATE_LENGTH:
        return f"The template is longer than {MAX_TEMPLATE_LENGTH:,} characters."
    try:
        _parse(text)
    except UnconvertibleValue as error:
        return str(error)
    return ""


def template_fields(text: str) -> tuple[str, ...]:
    """Return the source fields that a template reads, in their order; none of one in error."""
    try:
        found = _parse(text).analyze().globals
    except UnconvertibleValue:
        return ()
    names = (
        ".".join(str(segment) for segment in _field_segments(variable.segments))
        for variables in found.values()
        for variable in variables
    )
    return tuple(dict.fromkeys(names))


def _field_segments(segments: Sequence[object]) -> Sequence[object]:
    """Return the part of a path that names a field: `tags.first` reads the field `tags`."""
    return segments[:2] if segments[0] in _NESTED else segments[:1]


# What stands before the dot in the names of fields.
_NESTED = ("vars", "user_fields", "value", "custom_fields")


def _nest(fields: Mapping[str, FieldValue]) -> dict[str, Any]:
    """Return fields by the parts of their dotted names; moments as text, which filters read."""
    nested: dict[str, Any] = {}
    for name, value in fields.items():
        told = iso_timestamp(value.timestamp) if isinstance(value, Instant) else value
        first, dot, rest = name.partition(".")
        if dot:
            nested.setdefault(first, {})[rest] = told
        else:
            nested[first] = told
    return nested


@lru_cache(maxsize=256)
def _parse(text: str) -> "BoundTemplate":
    from liquid.exceptions import LiquidError

    try:
        parsed = _environment().from_string(text)
        # Liquid itself says so only where the filter is reached.
        unknown = [name for name in parsed.analyze().filters if name not in parsed.env.filters]
    except LiquidError as error:
        raise _template_error(error) from error
    if unknown:
        raise _template_error(LiquidError(f"unknown filter '{unknown[0]}'", token=None))
    return parsed


@lru_cache(maxsize=1)
def _environment() -> "Environment":
    from liquid import Environment
    from liquid.exceptions import ResourceLimitError

    class LimitedEnvironment(Environment):
        loop_iteration_limit = MAX_LOOP_ROUNDS
        output_stream_limit = MAX_OUTPUT_BYTES
        local_namespace_limit = _MAX_HELD_BYTES
        context_depth_limit = 10

    def limited(apply: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(apply)
        def filter_(*args: Any, **kwargs: Any) -> Any:
            result = apply(*args, **kwargs)
            # A few filters in a row could else make a text that fills the memory.
            if isinstance(result, str | list | tuple) and len(result) > _MAX_FILTERED_LENGTH:
                raise ResourceLimitError("a filter makes too long a value", token=None)
            if isinstance(result, int) and abs(result) > _MAX_NUMBER:
                raise ResourceLimitError("a filter makes too large a number", token=None)
            return result

        return filter_

    environment = LimitedEnvironment()
    environment.filters = {name: limited(each) for name, each in environment.filters.items()}
    # There is no other template to take in, and no file.
    for tag in ("include", "render", "extends", "block", "macro", "call"):
        environment.tags.pop(tag, None)
    return environment


def _template_error(error: Exception) -> UnconvertibleValue:
    from liquid.exceptions import LiquidError

    said = error.message if isinstance(error, LiquidError) else ""
    # The text of it belongs to the template and not to any person.
    return UnconvertibleValue(
        "The template cannot be used.",
        f"It says: {str(said)[:200]}.",
        "Correct it in the sync's mapping.",
    )
