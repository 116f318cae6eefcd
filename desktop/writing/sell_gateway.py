"""Reads and writes contacts and leads of Zendesk Sell for runs and edits, one by one.

`tags` in a record replaces the whole set: it is put together from what was read a moment before.
https://developer.zendesk.com/api-reference/sales-crm/resources/contacts/
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from desktop.clients.sell.client import SellClient
from desktop.kit.errors import NotFound, ValuesRejected
from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel
from desktop.model.sell_optout import (
    SellOptOutRule,
    field_value_for_optout,
    read_sell_optout,
    tags_for_optout,
)
from desktop.model.sell_record import (
    SellCustomField,
    SellPerson,
    SellRecordKind,
    parse_sell_record_id,
    with_field_ids,
)
from desktop.model.service import Service
from desktop.model.sync_plan import FieldChange, PlanRow
from desktop.model.target_record import (
    OPTOUT_FIELD,
    SELL_ADDRESSES,
    SELL_FIELD_PREFIX,
    TAG_PREFIX,
    TargetRecord,
    target_record_from_sell,
)
from desktop.writing.optout_door import find_optout_change
from desktop.writing.row_comparison import ReadResult


class SellGateway:
    """The write protocol's gateway to Sell's contacts and leads, by ids like `contact-2101`.

    `creates`: which kind a row without an id creates. `marks`: the records have an opt-out level,
    which these tags and values stand for, and a row without an id is of nobody who is either kind.
    """

    service = Service.SELL

    def __init__(
        self,
        client: SellClient,
        creates: SellRecordKind = SellRecordKind.CONTACT,
        marks: SellOptOutRule | None = None,
    ) -> None:
        self._client = client
        self.creates = creates
        self._marks = marks
        self._definitions: dict[SellRecordKind, tuple[SellCustomField, ...]] = {}
        self._lock = asyncio.Lock()

    async def definitions(self, kind: SellRecordKind) -> tuple[SellCustomField, ...]:
        """Read the custom fields of contacts or leads in Sell, once for this gateway."""
        async with self._lock:
            if kind not in self._definitions:
                self._definitions[kind] = await self._client.list_custom_fields(kind.value)
        return self._definitions[kind]

    async def read(self, record_ids: Iterable[str]) -> dict[str, TargetRecord]:
        """Read Sell's contacts and leads by id; those that are gone are left out."""
        found: dict[str, TargetRecord] = {}
        parsed = [one for each in record_ids if (one := parse_sell_record_id(each)) is not None]
        for kind in SellRecordKind:
            numbers = [number for its_kind, number in parsed if its_kind is kind]
            people = await self._client.show_people(kind, numbers) if numbers else {}
            found |= {one.record_id: await self._as_record(kind, one) for one in people.values()}
        return found

    async def find(self, address: str) -> tuple[TargetRecord, ...]:
        """Find those of Sell with an address, which is not unique, of the kind created; by id.

        Of opt-outs the leads too, after the contacts.
        """
        found: list[TargetRecord] = []
        for kind in SellRecordKind if self._marks is not None else (self.creates,):
            people: Sequence[SellPerson] = (
                await self._client.find_contacts(address)
                if kind is SellRecordKind.CONTACT
                else await self._client.find_leads(address)
            )
            found += [await self._as_record(kind, person) for person in people]
        return tuple(found)

    async def read_rows(self, rows: Sequence[PlanRow]) -> Mapping[int, ReadResult]:
        """Read each row's Sell record by id; of a create, who has its address already."""
        there = await self.read(row.target_id for row in rows if row.target_id)
        found: dict[int, ReadResult] = {}
        for row in rows:
            if row.target_id:
                found[row.row] = there.get(row.target_id) or NotFound(
                    "The record was deleted in Zendesk Sell.", "", "Open the customer again."
                )
            else:
                taken = await self.find(row.address)
                found[row.row] = taken[0] if taken else None
        return found

    async def send_row(self, row: PlanRow, now: TargetRecord | None) -> str:
        """Write one row's Sell record; returns its id. `now`: its other tags and lines are kept."""
        parsed = parse_sell_record_id(row.target_id)
        kind = parsed[0] if parsed is not None else self.creates
        if self._marks is not None:
            row = with_optout_marks(row, now, self._marks, await self.definitions(kind))
        values = build_sell_values(row, now, await self.definitions(kind))
        if parsed is not None:
            return (await self._client.update_person(kind, parsed[1], values)).record_id
        return (await self._client.create_person(kind, {**values, "email": row.address})).record_id

    async def _as_record(self, kind: SellRecordKind, person: SellPerson) -> TargetRecord:
        fields = await self.definitions(kind) if person.custom_fields else ()
        person = with_field_ids(person, fields)
        record = target_record_from_sell(person)
        if self._marks is None:
            return record
        level = read_sell_optout(person, self._marks) or OptOutLevel.NONE
        return replace(record, fields={**record.fields, OPTOUT_FIELD: level.value})


def with_optout_marks(
    row: PlanRow,
    now: TargetRecord | None,
    marks: SellOptOutRule,
    definitions: Sequence[SellCustomField],
) -> PlanRow:
    """Return a row with the tags or the custom field of Sell that its opt-out level stands for.

    Raises ValuesRejected where there is neither.
    """
    optout = find_optout_change(row)
    if optout is None:
        return row
    level, changes = OptOutLevel(str(optout.new)), [c for c in row.changes if c is not optout]
    before = tuple(now.tags or ()) if now is not None else ()
    tags = tags_for_optout(before, level, marks)
    if tags != before:
        changes.append(FieldChange("tags", list(before), list(tags)))
    is_by_field = bool(marks.field) and (not marks.out_tags or level is OptOutLevel.NONE)
    if is_by_field and marks.out_values:
        known = (one for one in definitions if marks.field in (str(one.id), one.name))
        field = next(known, SellCustomField(0, marks.field))
        name = f"{SELL_FIELD_PREFIX}{field.id or field.name}"
        old = now.get_value(name) if now is not None else None
        new = field_value_for_optout(old, level, marks, field.type)
        if new != old:
            changes.append(FieldChange(name, old, new))
    if not marks.can_mark:
        raise ValuesRejected(
            "Nothing in Zendesk Sell means opted out.",
            "Nothing was changed.",
            "Say which tag or custom field does, in Mapping.",
        )
    return replace(row, changes=tuple(changes))


def build_sell_values(
    row: PlanRow, now: TargetRecord | None, definitions: Sequence[SellCustomField]
) -> dict[str, Json]:
    """Build the attributes of a Sell request that writes a row's changes.

    Raises ValuesRejected for a custom field that the account does not have any more.
    """
    names = {str(one.id): one.name for one in definitions}
    values: dict[str, Json] = {}
    custom: dict[str, Json] = {}
    nested: dict[str, dict[str, Json]] = {}
    tags = list(now.tags or ()) if now is not None else []
    for change in row.changes_to_send:
        kind, dot, key = change.field.partition(".")
        if change.field.startswith(TAG_PREFIX):
            tags = [tag for tag in tags if tag != key] + ([key] if change.new else [])
            values["tags"] = list(tags)
        elif change.field == "tags" and isinstance(change.new, Sequence):
            tags = [str(tag) for tag in change.new]
            values["tags"] = list(tags)
        elif change.field.startswith(SELL_FIELD_PREFIX):
            # Sell takes them by name: whatever the field is called by now.
            name = names.get(key, key)
            if name not in names.values():
                raise ValuesRejected(
                    f"Zendesk Sell has no field “{key[:80]}” any more.",
                    "Nothing was changed.",
                    "Choose another field in the mapping.",
                )
            custom[name] = change.new
        elif dot and kind in SELL_ADDRESSES:
            nested.setdefault(kind, _nested_values(kind, now))[key] = change.new
        else:
            values[change.field] = change.new
    if custom:
        values["custom_fields"] = custom
    return {**values, **nested}


def _nested_values(kind: str, now: TargetRecord | None) -> dict[str, Json]:
    """Return an address of a Sell record as it stands: a PUT replaces it whole."""
    fields = now.fields if now is not None else {}
    prefix = f"{kind}."
    return {
        name.removeprefix(prefix): value
        for name, value in fields.items()
        if name.startswith(prefix)
    }
