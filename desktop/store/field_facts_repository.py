"""How many of everybody's records have a value of each field, with a few of the values."""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from desktop.kit.clock import iso_timestamp
from desktop.model.field_facts import FieldCoverage
from desktop.model.json_value import Json
from desktop.store.database_call import database_call
from desktop.store.repository import Repository

SAMPLE_COUNT = 3
# Vars stand in the profiles' bodies: so many of them are looked at.
MAX_PROFILES = 5_000
_SAMPLE_LENGTH = 40
# By the field's name in a mapping: the column, and what it holds where nothing is set.
_USER_COLUMNS = MappingProxyType(
    {
        "id": "id",
        "name": "nullif(name, '')",
        "email": "nullif(email, '')",
        "phone": "nullif(phone, '')",
        "external_id": "nullif(external_id, '')",
        "organization": "(SELECT o.name FROM organization o WHERE o.id = organization_id)",
        "tags": "(SELECT t.name FROM person_tag x JOIN tag t ON t.id = x.tag_id"
        " WHERE x.person_id = person.id LIMIT 1)",
        "role": "role",
        "suspended": "suspended",
        "locale": "nullif(locale, '')",
        "time_zone": "nullif(time_zone, '')",
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
)
_ORGANIZATION_COLUMNS = MappingProxyType(
    {
        "name": "nullif(name, '')",
        "external_id": "nullif(external_id, '')",
        "domain_names": "nullif(domains, '')",
        "tags": "nullif(tags, '')",
    }
)
_TICKET_COLUMNS = MappingProxyType(
    {
        "ticket_id": "id",
        "status": "nullif(status, '')",
        "priority": "nullif(priority, '')",
        "channel": "nullif(channel, '')",
        "rating": "nullif(rating, '')",
        "created_at": "created_at",
        "solved_at": "solved_at",
        "closed_at": "closed_at",
    }
)
_PROFILE_COLUMNS = MappingProxyType(
    {
        "sid": "sid",
        "extid": "nullif(extid, '')",
        "engagement": "engagement",
        "value.segment": "value_segment",
        "value.amount": "value_amount",
        "open_time": "last_open_at",
        "click_time": "last_click_at",
    }
)
_TABLES = MappingProxyType(
    {
        "user": ("person", "listed = 1", _USER_COLUMNS),
        "organization": ("organization", "archived_at IS NULL", _ORGANIZATION_COLUMNS),
        "ticket": ("ticket", "status <> 'deleted'", _TICKET_COLUMNS),
        "profile": ("profile", "1", _PROFILE_COLUMNS),
    }
)

CoverageByField = Mapping[str, FieldCoverage]


class FieldFactsRepository(Repository):
    """Counts values in `data.db`; each method reads a table from end to end."""

    @database_call
    def count_columns(self, owner: str) -> CoverageByField:
        """Count a table's standard fields; `owner` is user, organization, ticket or profile."""
        table, where, columns = _TABLES[owner]

        def look(connection: sqlite3.Connection) -> dict[str, FieldCoverage]:
            counted = ", ".join(f"count({column})" for column in columns.values())
            total, *filled = connection.execute(
                f"SELECT count(*), {counted} FROM {table} WHERE {where}"  # noqa: S608 - names of ours
            ).fetchone()
            found = {}
            for (name, column), count in zip(columns.items(), filled, strict=True):
                rows = connection.execute(
                    f"SELECT DISTINCT value FROM (SELECT {column} AS value FROM {table}"  # noqa: S608 - names of ours
                    f" WHERE {where} AND {column} IS NOT NULL LIMIT 500) LIMIT ?",
                    (SAMPLE_COUNT,),
                )
                is_moment = name.endswith(("_at", "_time"))
                samples = (iso_timestamp(row[0]) if is_moment else _sample(row[0]) for row in rows)
                found[name] = FieldCoverage(count, total, tuple(samples))
            return found

        return self._database.read(look)

    @database_call
    def count_user_fields(self) -> CoverageByField:
        """Count the account's own user fields among customers, by their key."""

        def look(connection: sqlite3.Connection) -> dict[str, FieldCoverage]:
            total = connection.execute(
                "SELECT count(*) FROM person WHERE listed = 1 AND id > 0"
            ).fetchone()[0]
            counts = connection.execute(
                "SELECT f.field, count(*) FROM person_field f JOIN person p ON p.id = f.person_id"
                " WHERE p.listed = 1 GROUP BY f.field"
            ).fetchall()
            found = {}
            for field, count in counts:
                rows = connection.execute(
                    "SELECT DISTINCT text FROM (SELECT text FROM person_field WHERE field = ?"
                    " LIMIT 500) LIMIT ?",
                    (field, SAMPLE_COUNT),
                )
                found[field] = FieldCoverage(count, total, tuple(_sample(row[0]) for row in rows))
            return found

        return self._database.read(look)

    @database_call
    def count_vars(self) -> tuple[CoverageByField, Mapping[str, str]]:
        """Count the vars of exported profiles, of up to MAX_PROFILES; and the type of each."""

        def look(connection: sqlite3.Connection) -> list[str]:
            rows = connection.execute("SELECT body FROM profile LIMIT ?", (MAX_PROFILES,))
            return [row[0] for row in rows]

        bodies = self._database.read(look)
        counts: Counter[str] = Counter()
        samples: dict[str, dict[str, None]] = {}
        types: dict[str, Counter[str]] = {}
        for body in bodies:
            for name, value in msgspec.json.decode(body).get("vars", {}).items():
                counts[name] += 1
                types.setdefault(name, Counter())[_type_name(value)] += 1
                seen = samples.setdefault(name, {})
                if len(seen) < SAMPLE_COUNT:
                    seen[_sample(value)] = None
        coverage = {
            name: FieldCoverage(count, len(bodies), tuple(samples[name]))
            for name, count in counts.items()
        }
        return coverage, {name: found.most_common(1)[0][0] for name, found in types.items()}


def _sample(value: Json) -> str:
    text = str(value)
    return text if len(text) <= _SAMPLE_LENGTH else f"{text[: _SAMPLE_LENGTH - 1]}…"


def _type_name(value: Json) -> str:
    if isinstance(value, bool):
        return "yes or no"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, list):
        return "list"
    return "object" if isinstance(value, dict) else "text"
