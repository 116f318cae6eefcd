"""Finds and erases the stored events of one person: texts, requests and keys; the rows stay.

A row without its text keeps the same file from storing the event once more, by its message id.
"""

import re
import sqlite3
from collections.abc import Iterable
from contextlib import suppress

import msgspec

from desktop.model.erased_people import SKIPPED_TEXT
from desktop.model.event_delivery import GROUP_KEY_PREFIX
from desktop.store.process_identity import is_owner_alive

_ENDED = "('done', 'unchanged', 'kept', 'skipped')"
_NAMING_AN_ADDRESS_SQL = (
    "SELECT id, user_key, text FROM event WHERE text <> ''"
    " AND EXISTS (SELECT 1 FROM json_each(?) a WHERE instr(lower(text), a.value))"
)
_BY_USER_SQL = (
    "SELECT id, user_key FROM event WHERE text <> '' AND id IN (SELECT event FROM event_delivery"
    " WHERE CAST(user_id AS TEXT) IN (SELECT value FROM json_each(?)))"
)
_BY_USER_KEY_SQL = (
    "SELECT id FROM event WHERE text <> '' AND lower(user_key) IN (SELECT value FROM json_each(?))"
)
_DELIVERED_SQL = (
    "SELECT id FROM event WHERE text <> '' AND state = 'closed'"
    " AND id NOT IN (SELECT event FROM event_delivery WHERE state = 'parked')"
)
_ESCAPED_SPACE = re.compile(r"\\[nrt]")
# What an event without any id of a user is kept under.
_NO_USER_KEYS = {"", "anonymous", "anonymous "}


def find_event_ids(
    connection: sqlite3.Connection,
    addresses: Iterable[str],
    external_ids: Iterable[str],
    user_ids: Iterable[str],
) -> list[int]:
    """Select the events that name one of the addresses (lower case), or are of the same user.

    A user is known by external id, by the Zendesk id that an event was delivered to, or by other
    events with their address.
    """
    spelled = sorted(addresses)
    keys = {one.strip().lower() for one in external_ids}
    found: set[int] = set()
    for row in connection.execute(_BY_USER_SQL, (_to_json(sorted(user_ids)),)).fetchall():
        found.add(row["id"])
        keys.add(str(row["user_key"]).lower())
    if spelled:
        named = "|".join(map(re.escape, spelled))
        # A shorter address may end a longer one: ria@lopez.example, maria@lopez.example.
        pattern = re.compile(rf"(?<![\w.+%-])(?:{named})(?![\w-]|\.\w)", re.IGNORECASE)
        for row in connection.execute(_NAMING_AN_ADDRESS_SQL, (_to_json(spelled),)).fetchall():
            if pattern.search(_ESCAPED_SPACE.sub(" ", row["text"])):
                found.add(row["id"])
                if _own_address(row["text"]) in spelled:
                    keys.add(str(row["user_key"]).lower())
    # The events of an organisation are not all about whom one of them names.
    keys = {one for one in keys - _NO_USER_KEYS if not one.startswith(GROUP_KEY_PREFIX)}
    rows = connection.execute(_BY_USER_KEY_SQL, (_to_json(sorted(keys)),))
    return sorted(found | {row["id"] for row in rows.fetchall()})


def find_delivered_events(
    connection: sqlite3.Connection, before: float | None = None, limit: int = -1
) -> list[int]:
    """Select the events that wait for nothing any more, of whomever; taken in `before` a time."""
    query = f"{_DELIVERED_SQL} AND (?1 IS NULL OR received_at < ?1) ORDER BY id LIMIT ?2"
    return [row["id"] for row in connection.execute(query, (before, limit)).fetchall()]


def erase_events(connection: sqlite3.Connection, event_ids: Iterable[int]) -> int:
    """Update events to hold nothing of a person any more, and send none; returns how many."""
    wanted = _to_json(list(event_ids))
    connection.execute(
        "UPDATE event_delivery SET request = '', user_id = NULL,"  # noqa: S608 - our own words
        f" detail = CASE WHEN state IN {_ENDED} THEN '' ELSE ? END,"
        f" state = CASE WHEN state IN {_ENDED} THEN state ELSE 'skipped' END"
        " WHERE event IN (SELECT value FROM json_each(?))",
        (SKIPPED_TEXT, wanted),
    )
    connection.execute(
        "DELETE FROM event_write WHERE event IN (SELECT value FROM json_each(?))", (wanted,)
    )
    return connection.execute(
        "UPDATE event SET text = '', user_key = '', reason = '', state = 'closed', owner = '',"
        " proof = '',"
        " message_id = CASE WHEN instr(message_id, '@') THEN 'erased-' || id ELSE message_id END"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (wanted,),
    ).rowcount


def split_sending(
    connection: sqlite3.Connection, event_ids: Iterable[int]
) -> tuple[list[int], list[int]]:
    """Split events: those that may be erased, and those that a living process is sending."""
    rows = connection.execute(
        "SELECT id, owner FROM event WHERE id IN (SELECT value FROM json_each(?))",
        (_to_json(list(event_ids)),),
    ).fetchall()
    sending = [row["id"] for row in rows if row["owner"] and is_owner_alive(row["owner"])]
    return [row["id"] for row in rows if row["id"] not in sending], sending


def _own_address(text: str) -> str:
    """Return the address of whom a stored event is about, lower case; "" where it tells none."""
    with suppress(ValueError):
        body = msgspec.json.decode(text)
        for part in (body, body.get("context") or {}):
            address = (part.get("traits") or {}).get("email")
            if isinstance(address, str):
                return address.strip().lower()
    return ""


def _to_json(values: list[str] | list[int]) -> str:
    return msgspec.json.encode(values).decode()
