"""Seed data of the Sell sandbox: fixture records from a data file, generated ones on demand."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from desktop.sandbox.data_files import read_data_file
from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.people.fixture_people import parse_age
from desktop.sandbox.people.generated_people import GeneratedPeople, GeneratedPerson
from desktop.sandbox.people.sample_texts import organization_name
from desktop.sandbox.sell.attribute_types import ADDRESS_KEYS, EMPTY_VALUES
from desktop.sandbox.sell.record_kinds import CUSTOMER_STATUSES, KINDS, PROSPECT_STATUSES, SellKind
from desktop.sandbox.timestamps import DAY, format_iso_utc

_FIXTURES = read_data_file("sell", "fixture_records.toml")
ACCOUNT: JsonObject = _FIXTURES["account"]
LEAD_STATUS_NAMES: list[str] = [status["name"] for status in _FIXTURES["lead_status"]]
# Beyond 32 bits from leads on: a client that keeps ids there fails here.
FIRST_GENERATED_IDS = {
    "contact": 1_000_000_000,
    "lead": 3_000_000_000,
    "deal": 5_000_000_000,
    "note": 6_000_000_000,
    "task": 7_000_000_000,
}
# Of the generated contacts every so many have a deal, a note, a task.
_EVERY = {"deal": 3, "note": 5, "task": 7}
_CONTACT_TAGS = ("vip", "wholesale", "press", "fair")
_CURRENCIES = ("USD", "EUR", "GBP")
_OWNER_IDS = (901, 902)


def empty_record(kind: SellKind, record_id: int, created_at: float, at: float) -> JsonObject:
    """Make a record of the sandbox's Sell with nothing in it but its id and times."""
    record: JsonObject = {"id": record_id, **kind.read_only}
    for name, attribute_type in kind.attributes.items():
        empty = EMPTY_VALUES.get(attribute_type)
        record[name] = empty.copy() if empty is not None else None
    record["created_at"], record["updated_at"] = format_iso_utc(created_at), format_iso_utc(at)
    record["_at"], record["_version"] = at, 1
    return record


def complete_names(record: JsonObject, kind: str) -> None:
    """Set what a record of the sandbox's Sell derives from its other attributes."""
    if kind == "contact":
        record["is_organization"] = bool(record["is_organization"])
        for name in ("customer_status", "prospect_status"):
            record[name] = record[name] or "none"
        if not record["is_organization"]:
            parts = (record["first_name"], record["last_name"])
            record["name"] = " ".join(part for part in parts if part)
    elif kind == "lead":
        record["status"] = record["status"] or "New"


@dataclass
class SellSeedData:
    """Makes seed records of the sandbox's Sell by kind and id; knows nothing of changes."""

    people: GeneratedPeople
    fixtures: dict[str, dict[int, JsonObject]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, kind in KINDS.items():
            tables = _FIXTURES.get(name, [])
            self.fixtures[name] = {table["id"]: self._fixture(kind, table) for table in tables}
        self._makers: dict[str, Callable[[GeneratedPerson], JsonObject]] = {
            "contact": self._contact,
            "lead": self._lead,
            "deal": self._deal,
            "note": self._note,
            "task": self._task,
        }

    def _fixture(self, kind: SellKind, table: JsonObject) -> JsonObject:
        values = dict(table)
        at = self.people.reference_time - parse_age(values.pop("age"))
        record = empty_record(kind, values["id"], at - 90 * DAY, at)
        record.update(values)
        for name, attribute_type in kind.attributes.items():
            if attribute_type == "address" and record[name] is not None:
                record[name] = {key: record[name].get(key) for key in sorted(ADDRESS_KEYS)}
        complete_names(record, kind.name)
        return record

    def record(self, kind: str, record_id: int) -> JsonObject | None:
        """Make a seed record of the sandbox's Sell, or None where the id means none."""
        if (fixture := self.fixtures[kind].get(record_id)) is not None:
            return fixture
        index = self.generated_index(kind, record_id)
        return None if index is None else self._makers[kind](self.people.person(index))

    def generated_index(self, kind: str, record_id: int) -> int | None:
        """Return the number of the generated person behind an id of the sandbox's Sell."""
        if kind not in FIRST_GENERATED_IDS:
            return None
        index = record_id - FIRST_GENERATED_IDS[kind]
        if not 0 <= index < self.people.total or not self._has(kind, index):
            return None
        return index

    def _has(self, kind: str, index: int) -> bool:
        role = self.people.sell_role(index)
        if kind in ("contact", "lead"):
            return role == kind
        return role == "contact" and index % _EVERY[kind] == 0

    def ids(self, kind: str) -> list[int]:
        """Return the ids of the sandbox's seed records of a kind."""
        found = sorted(self.fixtures[kind])
        if (first := FIRST_GENERATED_IDS.get(kind)) is not None:
            people = range(self.people.total)
            found += [first + index for index in people if self._has(kind, index)]
        return found

    def changed_at(self, kind: str, record_id: int) -> float:
        """Return when a seed record of the sandbox's Sell was changed, without making it."""
        if (fixture := self.fixtures[kind].get(record_id)) is not None:
            return float(fixture["_at"])
        return self.people.last_active_at(record_id - FIRST_GENERATED_IDS[kind])

    # Generated records

    def _start(self, kind: str, person: GeneratedPerson) -> JsonObject:
        at = person.last_active_at
        created = at - (20 + person.random_bytes[11] * 2) * DAY
        record_id = FIRST_GENERATED_IDS[kind] + person.index
        return empty_record(KINDS[kind], record_id, created, at)

    def _person(self, kind: str, person: GeneratedPerson) -> JsonObject:
        record = self._start(kind, person)
        draw = person.random_bytes
        record |= {
            "first_name": person.given,
            "last_name": person.family,
            "email": person.profile_email,
            "phone": person.phone,
            "owner_id": _OWNER_IDS[draw[24] % 2],
        }
        record["address"] = dict.fromkeys(sorted(ADDRESS_KEYS)) | {"city": person.region.city}
        return record

    def _contact(self, person: GeneratedPerson) -> JsonObject:
        record, draw = self._person("contact", person), person.random_bytes
        record["customer_status"] = CUSTOMER_STATUSES[draw[25] % 3]
        record["prospect_status"] = PROSPECT_STATUSES[draw[26] % 3]
        record["tags"] = [tag for place, tag in enumerate(_CONTACT_TAGS) if draw[27 + place] < 26]
        record["custom_fields"] = {"Loyalty points": str(draw[31] * 10)}
        complete_names(record, "contact")
        return record

    def _lead(self, person: GeneratedPerson) -> JsonObject:
        record, draw = self._person("lead", person), person.random_bytes
        record["status"] = LEAD_STATUS_NAMES[draw[25] % 4]
        if draw[26] < 60:
            record["organization_name"] = organization_name(draw[27] % 100)
        return record

    def _deal(self, person: GeneratedPerson) -> JsonObject:
        record, draw = self._start("deal", person), person.random_bytes
        record |= {
            "name": f"{person.family} {draw[32]}",
            "contact_id": FIRST_GENERATED_IDS["contact"] + person.index,
            "value": f"{draw[33] * 100 + draw[34]}.50",
            "currency": _CURRENCIES[draw[35] % 3],
            "stage_id": 5101 + draw[36] % 4,
            "owner_id": _OWNER_IDS[draw[24] % 2],
            "hot": draw[37] < 50,
        }
        return record

    def _note(self, person: GeneratedPerson) -> JsonObject:
        contact_id = FIRST_GENERATED_IDS["contact"] + person.index
        return self._start("note", person) | {
            "resource_type": "contact",
            "resource_id": contact_id,
            "content": f"Spoke with {person.given} about the next order.",
        }

    def _task(self, person: GeneratedPerson) -> JsonObject:
        contact_id = FIRST_GENERATED_IDS["contact"] + person.index
        return self._start("task", person) | {
            "resource_type": "contact",
            "resource_id": contact_id,
            "content": f"Call {person.name}",
            "owner_id": _OWNER_IDS[person.random_bytes[24] % 2],
            "completed": person.random_bytes[38] < 128,
        }


def custom_field_definitions(resource: str, reference_time: float) -> list[JsonObject]:
    """Return the custom field definitions of `lead`, `contact` or `deal` in the sandbox's Sell."""
    at = format_iso_utc(reference_time - 800 * DAY)
    return [_definition(table, resource, at) for table in _FIXTURES[f"{resource}_custom_field"]]


def _definition(table: JsonObject, resource: str, at: str) -> JsonObject:
    choices: list[Any] = table.get("choices", [])
    return {
        "id": table["id"],
        "name": table["name"],
        "type": table["type"],
        "for_organisation": resource == "contact",
        "for_contact": resource == "contact",
        "choices": [
            {"id": table["id"] * 10 + number, "name": name} for number, name in enumerate(choices)
        ]
        or None,
        "search_type": table["type"],
        "created_at": at,
        "updated_at": at,
        "_filterable": table.get("filterable", False),
    }
