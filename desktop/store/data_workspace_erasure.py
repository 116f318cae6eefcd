"""Erases people from `data.db` and `history.db`: one of them, or everybody."""

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from desktop.model.email_address import email_spellings
from desktop.model.match_keys import hash_email
from desktop.store.customer_erasure import CustomerIds
from desktop.store.data_source_repository import stop_readings
from desktop.store.health_value_move_table import remove_moves_of
from desktop.store.kept_person_repository import delete_person_rows
from desktop.store.kept_ticket_repository import delete_ticket_text
from desktop.store.profile_person_table import delete_profile_person, profile_person_id
from desktop.store.sqlite_database import Database
from desktop.store.ticket_rollup_repository import QUARTER_S

# Of history.db: what names or describes somebody. The counts name nobody and stay.
_PERSONAL_HISTORY = (
    "archived_person", "health_reading", "value_reading", "optout_reading", "segment_presence",
    # Whoever is read again would count twice.
    "state_move",
    # Without it whoever is read again would come into every segment.
    "segment_look",
)  # fmt: skip
_ARCHIVED_BY_EXTERNAL_ID = (
    "SELECT id FROM archived_person WHERE external_id <> '' AND lower(external_id) = lower(?)"
)
# `listed` is what the index by address asks for.
_SIDS_OF_ALONE_SQL = "SELECT sid FROM person WHERE email = ? AND listed = 1 AND id < 0"
_HISTORY_TABLES = (
    *_PERSONAL_HISTORY, "counted_ticket", "ticket_count", "counted_rating", "rating_count",
    "retention", "report_notice", "waiting_mail",
)  # fmt: skip
_DATA_TABLES = (
    "person", "person_body", "person_address", "person_tag", "person_field", "tag",
    "organization", "ticket", "ticket_tag", "ticket_text", "rating", "profile", "mailing_list",
    "list_member", "remembered_pair", "comment_due",
)  # fmt: skip


def erase_kept_people(
    data: Database, history: Database, user_ids: Iterable[int], sids: Iterable[str]
) -> int:
    """Delete what both files keep of people, with the texts of their tickets; how many records.

    The bare row of a ticket stays, as Zendesk keeps the ticket: number, state and times.
    """
    users, profiles = sorted(set(user_ids)), sorted(set(sids))
    people = _person_ids(users, profiles)

    def act(connection: sqlite3.Connection) -> int:
        erased = 0
        for user_id in users:
            delete_person_rows(connection, user_id)
            connection.execute("DELETE FROM remembered_pair WHERE person_id = ?", (user_id,))
            erased += connection.execute("DELETE FROM person WHERE id = ?", (user_id,)).rowcount
            tickets = connection.execute(
                "SELECT id FROM ticket WHERE requester = ?", (user_id,)
            ).fetchall()
            for (ticket_id,) in tickets:
                delete_ticket_text(connection, ticket_id)
                connection.execute("DELETE FROM ticket_tag WHERE ticket_id = ?", (ticket_id,))
            erased += connection.execute(
                "DELETE FROM rating WHERE requester = ?", (user_id,)
            ).rowcount
        for sid in profiles:
            erased += delete_profile_person(connection, profile_person_id(sid))
            for table in ("list_member", "remembered_pair"):
                connection.execute(f"DELETE FROM {table} WHERE sid = ?", (sid,))  # noqa: S608
            erased += connection.execute("DELETE FROM profile WHERE sid = ?", (sid,)).rowcount
        # A deleted word stays in the index until its parts are merged (sqlite.org/fts5.html).
        for table, erased_ids in (("person_search", people), ("ticket_search", users)):
            if erased_ids:
                connection.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")  # noqa: S608
        return erased

    def forget(connection: sqlite3.Connection) -> int:
        erased = connection.executemany(
            "DELETE FROM archived_person WHERE id = ?", [(one,) for one in users]
        ).rowcount
        connection.executemany(
            "DELETE FROM segment_presence WHERE person = ?", [(one,) for one in people]
        )
        for sid in profiles:
            remove_moves_of(connection, sid, QUARTER_S)
        for table in ("health_reading", "value_reading", "optout_reading"):
            connection.executemany(
                f"DELETE FROM {table} WHERE sid = ?",  # noqa: S608 - a name of ours
                [(one,) for one in profiles],
            )
        return max(erased, 0)

    return data.write(act) + history.write(forget)


def count_kept_people(
    data: Database, history: Database, user_ids: Iterable[int], sids: Iterable[str]
) -> int:
    """Count the records that `erase_kept_people` would delete."""
    users, profiles = set(user_ids), set(sids)
    people = _person_ids(users, profiles)

    def count(database: Database, sql: str, keys: Iterable[Any]) -> int:
        return database.read(
            lambda c: sum(int(c.execute(sql, (key,)).fetchone()[0]) for key in keys)
        )

    return (
        count(data, "SELECT count(*) FROM person WHERE id = ?", people)
        + count(data, "SELECT count(*) FROM rating WHERE requester = ?", users)
        + count(data, "SELECT count(*) FROM profile WHERE sid = ?", profiles)
        + count(history, "SELECT count(*) FROM archived_person WHERE id = ?", users)
    )


def erase_everybody(data: Database, history: Database, *, with_counts: bool) -> None:
    """Delete everybody from both files; `with_counts`: also what reports count, for a new account.

    Raises StorageError while another process still reads, as `Database.scrub` does.
    """

    def act(connection: sqlite3.Connection) -> None:
        for table in ("person_search", "ticket_search"):
            connection.execute(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")  # noqa: S608
        for table in _DATA_TABLES:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608
        stop_readings(connection)

    def forget(connection: sqlite3.Connection) -> None:
        for table in _HISTORY_TABLES if with_counts else _PERSONAL_HISTORY:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608

    data.write(act)
    history.write(forget)
    data.scrub()
    history.scrub()


def count_everybody(data: Database, history: Database) -> int:
    """Count the people in both files, those who are archived too."""
    people = data.read(lambda c: int(c.execute("SELECT count(*) FROM person").fetchone()[0]))
    archived = history.read(
        lambda c: int(c.execute("SELECT count(*) FROM archived_person").fetchone()[0])
    )
    # Who is archived keeps a row in data.db until that file is lost.
    return max(people, archived)


def find_kept_people(
    data: Database, history: Database, ids: Iterable[str]
) -> tuple[set[int], set[str]]:
    """Select by which user ids and sids both files know a customer: by user id, sid or address.

    Who is archived is known by the external id too.
    """
    known = set(ids)
    spelled = sorted({key for one in known if "@" in one for key in email_spellings(one)})
    hashes = [bytes.fromhex(hash_email(spelling)) for spelling in spelled]

    def look(connection: sqlite3.Connection) -> tuple[set[int], set[str]]:
        users = {int(one) for one in known if one.isdecimal() and len(one) < 20}
        sids = {one for one in known if "@" not in one and not one.isdecimal()}
        for email_hash in hashes:
            users |= _column(
                connection,
                "SELECT person_id FROM person_address WHERE email_hash = ?",
                email_hash,
            )
            sids |= _column(connection, "SELECT sid FROM profile WHERE email_hash = ?", email_hash)
        for email in spelled:
            # Some exports have the address and no hash of it.
            sids |= _column(connection, _SIDS_OF_ALONE_SQL, email.lower())
        for sid in sorted(sids):
            # Who is known to Sailthru alone has no user id.
            users |= _column(connection, "SELECT id FROM person WHERE sid = ? AND id > 0", sid)
        for user_id in sorted(users):
            sids |= _column(
                connection, "SELECT sid FROM person WHERE id = ? AND sid IS NOT NULL", user_id
            )
        return users, sids

    def look_in_archive(connection: sqlite3.Connection) -> set[int]:
        found: set[int] = set()
        for one in sorted(known):
            if "@" not in one:
                found |= _column(connection, _ARCHIVED_BY_EXTERNAL_ID, one)
        for email in spelled:
            found |= _column(
                connection, "SELECT id FROM archived_person WHERE lower(email) = ?", email.lower()
            )
        return found

    users, sids = data.read(look)
    return users | history.read(look_in_archive), sids


def add_kept_words(data: Database, history: Database, ids: CustomerIds) -> CustomerIds:
    """Add what both files call a customer: names, phone numbers, external ids, addresses."""
    names, phones = set(ids.names), set(ids.phones)
    external_ids, addresses = set(ids.external_ids), set(ids.addresses)
    for database, sql in (
        (data, "SELECT name, phone, external_id, email FROM person WHERE id = ?"),
        (history, "SELECT name, '', external_id, email FROM archived_person WHERE id = ?"),
    ):
        for person_id in _person_ids(map(int, ids.users), ids.sids):
            for name, phone, external_id, email in database.read(
                partial(_select, sql=sql, value=person_id)
            ):
                names.add(name)
                phones.add(phone)
                external_ids.add(external_id)
                addresses.update(email_spellings(email) if email else ())
    return replace(
        ids,
        names=frozenset(names - {""}),
        phones=frozenset(phones - {""}),
        external_ids=frozenset(external_ids - {""}),
        addresses=frozenset(addresses),
    )


def _person_ids(user_ids: Iterable[int], sids: Iterable[str]) -> list[int]:
    """Return the ids of the `person` rows of users, and of who is known to Sailthru alone."""
    return sorted({*user_ids, *map(profile_person_id, sids)})


def _select(connection: sqlite3.Connection, *, sql: str, value: object) -> list[Any]:
    return connection.execute(sql, (value,)).fetchall()


def _column(connection: sqlite3.Connection, sql: str, value: object) -> set[Any]:
    return {row[0] for row in connection.execute(sql, (value,))}
