"""Keeps the order of a view's rows while somebody works on them: no click moves the next."""

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

T = TypeVar("T")


class FrozenRowOrder:
    """The order in which a view first showed its rows, until `owner` (a customer) changes."""

    def __init__(self) -> None:
        self._owner: Hashable = None
        self._places: dict[Hashable, int] = {}

    def arrange(
        self, owner: Hashable, rows: Iterable[T], key: Callable[[T], Hashable]
    ) -> tuple[T, ...]:
        """Arrange a view's rows as they stood before; new rows follow, in the order given."""
        if owner != self._owner:
            self._owner, self._places = owner, {}
        given = list(rows)
        for row in given:
            self._places.setdefault(key(row), len(self._places))
        return tuple(sorted(given, key=lambda row: self._places[key(row)]))
