"""Sailthru profiles in `data.db`, as exports of lists tell them, and who is on which list."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from desktop.model.customer_health import parse_health
from desktop.model.customer_value import CustomerValueSource, read_customer_value
from desktop.model.exported_profile import ExportedProfile
from desktop.store.data_source_repository import list_source_name, save_page
from desktop.store.database_call import database_call
from desktop.store.kept_person_repository import match_profiles
from desktop.store.profile_person_table import refresh_profile_people
from desktop.store.repository import Repository
from desktop.store.sqlite_database import Database
from desktop.store.ticket_rollup_repository import ProfileReading, TicketRollupRepository

_PROFILE_COLUMNS = (
    "sid", "email_hash", "extid", "engagement", "health", "value_segment", "value_amount",
    "last_open_at", "last_click_at", "read_at", "body",
)  # fmt: skip
_SAVE_PROFILE = (
    f"INSERT OR REPLACE INTO profile ({', '.join(_PROFILE_COLUMNS)})"  # noqa: S608 - names of ours
    f" VALUES ({', '.join('?' for _ in _PROFILE_COLUMNS)})"
)


@dataclass(frozen=True)
class ProfileFields:
    """Which vars of a profile hold health and customer value in this account."""

    health_var: str
    value: CustomerValueSource

    @property
    def vars(self) -> tuple[str, ...]:
        """The vars that an export has to hold as columns, each once."""
        names = (
            self.health_var,
            self.value.segment_var,
            *(prediction.var for prediction in self.value.predictions),
        )
        return tuple(sorted({name for name in names if name}))


class KeptProfileRepository(Repository):
    """Saves rows of Sailthru's list exports in `data.db` and matches them with people."""

    def __init__(self, database: Database, history: TicketRollupRepository) -> None:
        super().__init__(database)
        self._history = history

    @database_call
    def save_profiles(
        self,
        list_name: str,
        profiles: Sequence[ExportedProfile],
        reading: str,
        fields: ProfileFields,
        now: float,
    ) -> None:
        """Save rows of a list's export, which `reading` names (the job's id), at `now`."""
        lists = frozenset((list_name,))
        told = [
            ProfileReading(one.sid, now, *_health_and_value(one, fields, lists | {*one.lists}))
            for one in profiles
        ]
        self._history.note_readings.blocking(told)

        def act(connection: sqlite3.Connection) -> None:
            list_id = _find_list_id(connection, list_name)
            people: set[int] = set()
            for profile, found in zip(profiles, told, strict=True):
                _save_profile(connection, profile, found, now)
                connection.execute(
                    "INSERT OR REPLACE INTO list_member (list_id, sid, reading) VALUES (?, ?, ?)",
                    (list_id, profile.sid, reading),
                )
                people |= _find_people(connection, profile)
            match_profiles(connection, people)
            refresh_profile_people(connection, [profile.sid for profile in profiles])
            # The file is read from its beginning again: the job tells where it lies.
            save_page(connection, list_source_name(list_name), reading, len(profiles), now)

        self._database.write(act)

    @database_call
    def end_list(self, list_name: str, reading: str) -> int:
        """Delete the memberships of a list that its last whole export did not tell; how many."""

        def act(connection: sqlite3.Connection) -> int:
            gone = connection.execute(
                "DELETE FROM list_member WHERE reading <> ? AND list_id ="
                " (SELECT id FROM mailing_list WHERE name = ?) RETURNING sid",
                (reading, list_name),
            ).fetchall()
            refresh_profile_people(connection, [row["sid"] for row in gone])
            return len(gone)

        return self._database.write(act)


def _health_and_value(
    profile: ExportedProfile, fields: ProfileFields, lists: frozenset[str]
) -> tuple[str | None, int | None, float | None]:
    health = parse_health(profile.vars.get(fields.health_var))
    value = read_customer_value(fields.value, profile.vars, lists)
    return (
        health.value if health else None,
        value.segment if value else None,
        value.amount if value else None,
    )


def _save_profile(
    connection: sqlite3.Connection, profile: ExportedProfile, told: ProfileReading, now: float
) -> None:
    connection.execute(
        _SAVE_PROFILE,
        (
            profile.sid,
            bytes.fromhex(profile.email_hash) if _is_hash(profile.email_hash) else b"",
            profile.extid or "",
            profile.engagement.strip().lower() if profile.engagement else None,
            told.health,
            told.segment,
            told.amount,
            profile.activity.get("open_time"),
            profile.activity.get("click_time"),
            now,
            msgspec.json.encode(profile).decode(),
        ),
    )


def _find_people(connection: sqlite3.Connection, profile: ExportedProfile) -> set[int]:
    """Select whom a profile may belong to, and whom it was matched with before."""
    email_hash = bytes.fromhex(profile.email_hash) if _is_hash(profile.email_hash) else b""
    rows = connection.execute(
        "SELECT person_id FROM person_address WHERE email_hash = ?1"
        " UNION SELECT person_id FROM remembered_pair WHERE sid = ?2"
        " UNION SELECT id FROM person WHERE sid = ?2 AND id > 0"
        " UNION SELECT id FROM person WHERE external_id = ?3 AND external_id <> '' AND id > 0",
        (email_hash, profile.sid, profile.extid or ""),
    )
    return {row[0] for row in rows}


def _find_list_id(connection: sqlite3.Connection, name: str) -> int:
    connection.execute("INSERT OR IGNORE INTO mailing_list (name) VALUES (?)", (name,))
    row = connection.execute("SELECT id FROM mailing_list WHERE name = ?", (name,)).fetchone()
    return int(row[0])


def _is_hash(text: str) -> bool:
    return len(text) == 32 and all(character in "0123456789abcdef" for character in text)
