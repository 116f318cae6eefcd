"""Repository of the Sell sandbox: changed records over seed records, and their order."""

import copy
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.oauth_tokens import expire_access_tokens
from desktop.sandbox.record_table import RecordTable
from desktop.sandbox.sell.record_kinds import KINDS
from desktop.sandbox.sell.seed_data import (
    FIRST_GENERATED_IDS,
    SellSeedData,
    custom_field_definitions,
    empty_record,
)
from desktop.sandbox.state import SandboxState
from desktop.sandbox.timestamps import format_iso_utc

FIRST_NEW_ID = 8_000_000_000
_DELETED = "_deleted"


def visible_record(record: JsonObject) -> JsonObject:
    """Return what the sandbox's Sell shows of a record: not the keys of its own."""
    return {name: value for name, value in record.items() if not name.startswith("_")}


class SellRepository:
    """The tables of the sandbox's Sell by kind; a deleted record leaves its revision behind."""

    def __init__(self, state: SandboxState) -> None:
        self.state = state
        self.seed_data = SellSeedData(state.generated_people)
        self.tables = {kind: self._table(kind) for kind in KINDS}
        self.tokens: RecordTable[str] = RecordTable(
            "sell.token", state.store, lambda _key: None, state.now, str
        )
        self.tokens.restore()
        # Device → "Contact-1234" → the revision it has acknowledged.
        self.acknowledged: dict[str, dict[str, int]] = defaultdict(dict)
        self._ids_by_email: dict[str, dict[str, set[int]]] = {"contact": {}, "lead": {}}
        self._sorted_ids: dict[tuple[str, str], tuple[int, list[int]]] = {}
        self._changes: dict[str, int] = defaultdict(int)
        for kind in self._ids_by_email:
            for record in self.seed_data.fixtures[kind].values():
                self._index(kind, record)
        for kind, table in self.tables.items():
            table.on_change = self._listener(kind)
            table.restore()
        for key, revision in state.store.items("sell.acknowledged"):
            device, _, name = key.partition(" ")
            self.acknowledged[device][name] = revision

    def _table(self, kind: str) -> RecordTable[int]:
        def seed(record_id: int) -> JsonObject | None:
            return self.seed_data.record(kind, record_id)

        return RecordTable(f"sell.{kind}", self.state.store, seed, self.state.now, int)

    def _listener(self, kind: str) -> Callable[[int, JsonObject | None, JsonObject | None], None]:
        def changed(_key: int, _before: JsonObject | None, after: JsonObject | None) -> None:
            self._changes[kind] += 1
            if after is not None:
                self._index(kind, after)

        return changed

    def _index(self, kind: str, record: JsonObject) -> None:
        if kind in self._ids_by_email and record.get("email"):
            email = record["email"].casefold()
            self._ids_by_email[kind].setdefault(email, set()).add(record["id"])

    # OAuth tokens

    def expire_tokens(self) -> int:
        """Let the access tokens of the sandbox's Sell expire now; returns how many."""
        return expire_access_tokens(self.tokens, self.state.now())

    # Reading

    def existing(self, kind: str, record_id: int) -> JsonObject | None:
        """Return a record of the sandbox's Sell that was not deleted."""
        record = self.tables[kind].get(record_id)
        return None if record is None or record.get(_DELETED) else record

    def with_deleted(self, kind: str, record_id: int) -> JsonObject | None:
        """Return a record of the sandbox's Sell, also a deleted one."""
        return self.tables[kind].get(record_id)

    def ids(self, kind: str, field: str = "id") -> list[int]:
        """Return the ids of the existing records of a kind in the sandbox, by a field's order."""
        change, ids = self._sorted_ids.get((kind, field), (-1, []))
        if change != self._changes[kind]:
            overrides = self.tables[kind].overrides
            ids = [found for found in self.seed_data.ids(kind) if found not in overrides]
            ids += [found for found in overrides if self.existing(kind, found) is not None]
            ids.sort(key=lambda found: (self._sort_value(kind, found, field), found))
            self._sorted_ids[kind, field] = self._changes[kind], ids
        return ids

    def _sort_value(self, kind: str, record_id: int, field: str) -> Any:
        if field == "id":
            return record_id
        is_unchanged = record_id not in self.tables[kind].overrides
        if field == "updated_at" and is_unchanged and kind in FIRST_GENERATED_IDS:
            return int(self.seed_data.changed_at(kind, record_id))
        record = self.existing(kind, record_id) or {}
        if field == "updated_at":
            return int(record["_at"])
        value = record.get(field)
        if field.startswith("custom_fields:"):
            value = record["custom_fields"].get(field.partition(":")[2])
        if field == "last_name" and not value:
            value = record.get("name")
        return "" if value is None else str(value).casefold()

    def by_email(self, kind: str, email: str) -> Iterator[JsonObject]:
        """Find the contacts or leads of an address in the sandbox's Sell, by id."""
        wanted = email.casefold()
        ids = set(self._ids_by_email[kind].get(wanted, ()))
        index = self.state.generated_people.index_by_email(wanted)
        if index is not None:
            ids.add(FIRST_GENERATED_IDS[kind] + index)
        for record_id in sorted(ids):
            record = self.existing(kind, record_id)
            if record is not None and (record["email"] or "").casefold() == wanted:
                yield record

    def custom_fields(self, resource: str) -> list[JsonObject]:
        """Return the custom field definitions of a resource in the sandbox's Sell."""
        return custom_field_definitions(resource, self.state.calendar.reference_time)

    # Writing

    def next_id(self) -> int:
        """Return a fresh id in the sandbox's Sell, not reused after a restart."""
        number: int = self.state.store.get("sell", "next_id", FIRST_NEW_ID)
        number = max(number, getattr(self, "_next_id", FIRST_NEW_ID))
        self._next_id = number + 1
        self.state.store.put("sell", "next_id", number + 1)
        return number

    def draft(self, kind: str) -> JsonObject:
        """Make an empty record of a kind for the sandbox's Sell, not stored yet."""
        now = self.state.now()
        return empty_record(KINDS[kind], self.next_id(), now, now) | {"_version": 0}

    def draft_of(self, kind: str, record_id: int) -> JsonObject | None:
        """Return a copy of an existing record of the sandbox's Sell, to change and `save`."""
        return copy.deepcopy(self.existing(kind, record_id))

    def save(self, kind: str, record: JsonObject) -> JsonObject:
        """Store a record of the sandbox's Sell as changed now, with the next revision."""
        now = self.state.now()
        record["_at"], record["updated_at"] = now, format_iso_utc(now)
        record["_version"] += 1
        self.tables[kind].put(record["id"], record)
        return record

    def delete(self, kind: str, record_id: int) -> None:
        """Delete a record of the sandbox's Sell; the Sync API tells of it."""
        record = self.draft_of(kind, record_id)
        if record is not None:
            self.save(kind, record | {_DELETED: True})

    def acknowledge(self, device: str, name: str, revision: int) -> None:
        """Remember in the sandbox that a device has a record in a revision."""
        self.acknowledged[device][name] = revision
        self.state.store.put("sell.acknowledged", f"{device} {name}", revision)
