"""The tests that a trigger's conditions become: closures over one field of an event.

What Segment's package measures of types is kept (docs/events.md 3): "5" is not 5, and `!= "5"`
holds for what is not there while `!= 5` does not.
"""

from collections.abc import Callable, Mapping

from desktop.model.json_value import Json

EventTest = Callable[[Mapping[str, Json]], bool]
FieldGetter = Callable[[Mapping[str, Json]], Json]


def get_in_one(root: str, key: str) -> FieldGetter:
    """Return the getter of a key right under an event's traits, properties or context."""

    def get(event: Mapping[str, Json]) -> Json:
        found = event.get(root)
        return found.get(key) if isinstance(found, dict) else None

    return get


def get_deeper(path: tuple[str, ...]) -> FieldGetter:
    """Return the getter of a path of several keys; lists are not walked, as in the original."""

    def get(event: Mapping[str, Json]) -> Json:
        found: Json = event
        for key in path:
            if not isinstance(found, dict):
                return None
            found = found.get(key)
        return found

    return get


def all_of(tests: list[EventTest]) -> EventTest:
    """Return the test that all of the tests hold."""
    first, *rest = tests
    # Most events fail the first one: no generator is made for the rest.
    return lambda event: first(event) and all(test(event) for test in rest)


def any_of(tests: list[EventTest]) -> EventTest:
    """Return the test that one of the tests holds."""
    return lambda event: any(test(event) for test in tests)


def equals(get: FieldGetter, value: Json) -> EventTest:
    """Return the test that a field is this value, type and all: "5" is not 5."""
    is_same = _same_as(value)
    return lambda event: is_same(get(event))


def differs(get: FieldGetter, value: Json) -> EventTest:
    """Return the test that a field is another value than this one."""
    is_same = _same_as(value)
    if _is_number(value):
        # The original compares numbers with numbers only; what is not there is none.
        return lambda event: _is_number(found := get(event)) and not is_same(found)
    return lambda event: not is_same(get(event))


def _same_as(value: Json) -> Callable[[Json], bool]:
    if _is_number(value):
        # `True == 1` in Python.
        return lambda found: found == value and not isinstance(found, bool)
    if isinstance(value, bool):
        return lambda found: found is value
    return lambda found: found == value


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def orders(get: FieldGetter, compare: Callable[[float, float], bool], value: float) -> EventTest:
    """Return the test that a field is a number and compares so with this one."""

    def test(event: Mapping[str, Json]) -> bool:
        found = get(event)
        return (
            isinstance(found, int | float) and not isinstance(found, bool) and compare(found, value)
        )

    return test


def exists(get: FieldGetter, *, is_wanted: bool) -> EventTest:
    """Return the test that a field is there and not null, or that it is not."""
    return lambda event: (get(event) is not None) is is_wanted


def has_text(get: FieldGetter, holds: Callable[[str], bool], *, is_negated: bool) -> EventTest:
    """Return the test that a field is a text which `holds` accepts, or refuses."""

    def test(event: Mapping[str, Json]) -> bool:
        found = get(event)
        # What is no text matches neither a function nor its negation.
        return isinstance(found, str) and holds(found) is not is_negated

    return test
