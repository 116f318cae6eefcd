"""Record table: changed records by key lie over seed records that are made on demand.

A million generated customers cost nothing until a request asks for one.
"""

import copy
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.key_value_store import KeyValueStore

Key = TypeVar("Key", int, str)
ChangeListener = Callable[[Key, JsonObject | None, JsonObject | None], None]

# How many earlier versions stay readable for the fault `stale`, which reads seconds back.
PREVIOUS_VERSIONS_KEPT = 2000


class RecordTable(Generic[Key]):
    """The sandbox's records of one kind, such as users; None as a record: it was removed."""

    def __init__(
        self,
        kind: str,
        store: KeyValueStore,
        generated: Callable[[Key], JsonObject | None],
        now: Callable[[], float],
        key_type: Callable[[str], Key],
    ) -> None:
        self.kind = kind
        self.overrides: dict[Key, JsonObject | None] = {}
        self.stale_read_seconds = 0.0
        self.on_change: ChangeListener[Key] | None = None
        self._store = store
        self._seed_record: Callable[[Key], JsonObject | None] = generated
        self._now = now
        self._key_type: Callable[[str], Key] = key_type
        self._previous_versions: dict[Key, tuple[float, JsonObject | None]] = {}

    def restore(self) -> None:
        """Load the sandbox's records that an earlier process changed."""
        for text, record in self._store.items(self.kind):
            key = self._key_type(text)
            before = self._seed_record(key)
            self.overrides[key] = record
            if self.on_change:
                self.on_change(key, before, record)

    def get(self, key: Key) -> JsonObject | None:
        """Return a sandbox record to read, never to change; None where there is none."""
        if self.stale_read_seconds and key in self._previous_versions:
            at, record = self._previous_versions[key]
            if self._now() - at < self.stale_read_seconds:
                return record
        if key in self.overrides:
            return self.overrides[key]
        return self._seed_record(key)

    def copy_for_update(self, key: Key) -> JsonObject | None:
        """Return a deep copy of a sandbox record, to change and `put` back."""
        record: JsonObject | None = copy.deepcopy(self.get(key))
        return record

    def put(self, key: Key, record: JsonObject | None) -> None:
        """Store a sandbox record over its seed record; None removes it."""
        before = self.overrides[key] if key in self.overrides else self._seed_record(key)
        if len(self._previous_versions) > PREVIOUS_VERSIONS_KEPT:
            self._previous_versions.clear()
        self._previous_versions[key] = (self._now(), before)
        self.overrides[key] = record
        self._store.put(self.kind, key, record)
        if self.on_change:
            self.on_change(key, before, record)

    def remove(self, key: Key) -> None:
        """Mark a sandbox record as removed, also where a seed record lies below."""
        self.put(key, None)

    def existing_overrides(self) -> Iterator[tuple[Key, JsonObject]]:
        """Return the sandbox's changed or added records that still exist."""
        for key, record in self.overrides.items():
            if record is not None:
                yield key, record
