"""Keep the order of rows while somebody works on them: no click moves what is clicked next."""

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

T = TypeVar("T")


class FrozenOrder:
    """The order in which rows were first shown, until `owner` (a customer, a visit) is another."""

    def __init__(self) -> None:
        self._owner: Hashable = None
        self._places: dict[Hashable, int] = {}

    def arrange(
        self, owner: Hashable, rows: Iterable[T], key: Callable[[T], Hashable]
    ) -> tuple[T, ...]:
        """Return the rows as they stood before; rows that are new follow, as they were given."""
        if owner != self._owner:
            self._owner, self._places = owner, {}
        given = list(rows)
        for row in given:
            self._places.setdefault(key(row), len(self._places))
        return tuple(sorted(given, key=lambda row: self._places[key(row)]))
