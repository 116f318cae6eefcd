"""Records by key: what was changed lies over what is generated.

Unchanged records are made on demand, so a million customers cost nothing until somebody asks.
"""

import copy
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from desktop.sandbox.call import Record
from desktop.sandbox.shelf import Shelf

Key = TypeVar("Key", int, str)
Watcher = Callable[[Key, Record | None, Record | None], None]

# How many earlier versions stay readable for the fault `stale`.
EARLIER_KEPT = 2000


class Table(Generic[Key]):
    """The records of one kind."""

    def __init__(
        self,
        kind: str,
        shelf: Shelf,
        generated: Callable[[Key], Record | None],
        now: Callable[[], float],
    ) -> None:
        self.kind = kind
        self.changed: dict[Key, Record | None] = {}
        self.stale_s = 0.0
        self.on_change: Watcher[Key] | None = None
        self._shelf = shelf
        self._generated: Callable[[Key], Record | None] = generated
        self._now = now
        self._earlier: dict[Key, tuple[float, Record | None]] = {}

    def restore(self, read_key: Callable[[str], Key]) -> None:
        """Read back what an earlier process changed."""
        for text, record in self._shelf.all(self.kind):
            key = read_key(text)
            before = self._generated(key)
            self.changed[key] = record
            if self.on_change:
                self.on_change(key, before, record)

    def get(self, key: Key) -> Record | None:
        """Return a record to read, never to change."""
        if self.stale_s and key in self._earlier:
            at, record = self._earlier[key]
            if self._now() - at < self.stale_s:
                return record
        if key in self.changed:
            return self.changed[key]
        return self._generated(key)

    def draft(self, key: Key) -> Record | None:
        """Return a copy to change and `put` back."""
        record: Record | None = copy.deepcopy(self.get(key))
        return record

    def put(self, key: Key, record: Record | None) -> None:
        """Store a record; None removes it."""
        before = self.changed[key] if key in self.changed else self._generated(key)
        if len(self._earlier) > EARLIER_KEPT:
            self._earlier.clear()
        self._earlier[key] = (self._now(), before)
        self.changed[key] = record
        self._shelf.put(self.kind, key, record)
        if self.on_change:
            self.on_change(key, before, record)

    def remove(self, key: Key) -> None:
        """Forget a record."""
        self.put(key, None)

    def live_changes(self) -> Iterator[tuple[Key, Record]]:
        """Return the changed or added records that still exist."""
        for key, record in self.changed.items():
            if record is not None:
                yield key, record
