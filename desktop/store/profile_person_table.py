"""Rows of `person` for who is known to Sailthru alone: on an exported list, and no Zendesk user.

Their ids lie below 0, where no Zendesk id is, so that people are listed, picked and exported
together. A profile that a user of Zendesk may have, by its address or external id, is no person of
its own: also where two profiles speak for that user.
"""

import hashlib
import sqlite3
from collections.abc import Iterable

import msgspec

from desktop.kit.text import fold_text
from desktop.model.email_address import normalize_email
from desktop.model.exported_profile import ExportedProfile
from desktop.model.name_splitting import full_name_of_vars

# Bytes of a hash of the sid: 48 bits, which every reader of JSON takes for a whole number.
_ID_BYTES = 6
_IS_CLAIMED_SQL = (
    "SELECT 1 FROM person WHERE sid = ?1 AND id > 0"
    " UNION ALL SELECT 1 FROM person_address WHERE email_hash = ?2 AND ?2 <> x''"
    # What the index of external ids leaves out is asked of the column, or it is not used.
    " UNION ALL SELECT 1 FROM person WHERE external_id = ?3 AND external_id <> '' AND id > 0"
    # Who was paired, and is not kept here, would be in no list at all.
    " UNION ALL SELECT 1 FROM remembered_pair r JOIN person x ON x.id = r.person_id"
    " WHERE r.sid = ?1 LIMIT 1"
)
_SAVE_SQL = (
    "INSERT INTO person (id, name, sort_name, email, phone, external_id, role, suspended, locale,"
    " time_zone, listed, sid, engagement, health, value_segment, value_amount, last_open_at,"
    " last_click_at, profile_read_at)"
    " SELECT ?1, ?2, ?3, ?4, '', extid, 'end-user', 0, '', '', 1, sid, engagement, health,"
    " value_segment, value_amount, last_open_at, last_click_at, read_at FROM profile WHERE sid = ?5"
    " ON CONFLICT (id) DO UPDATE SET name = excluded.name, sort_name = excluded.sort_name,"
    " email = excluded.email, external_id = excluded.external_id,"
    " engagement = excluded.engagement, health = excluded.health,"
    " value_segment = excluded.value_segment, value_amount = excluded.value_amount,"
    " last_open_at = excluded.last_open_at, last_click_at = excluded.last_click_at,"
    " profile_read_at = excluded.profile_read_at"
)


def profile_person_id(sid: str) -> int:
    """Return the id below 0 of who is known by a Sailthru profile alone; the same each time."""
    return -1 - int.from_bytes(hashlib.sha256(sid.encode()).digest()[:_ID_BYTES])


def refresh_profile_people(connection: sqlite3.Connection, sids: Iterable[str]) -> None:
    """Save or delete the people of these profiles, as they are known to Sailthru alone or not."""
    for sid in sorted(set(sids)):
        kept = connection.execute(
            "SELECT email_hash, extid, body FROM profile WHERE sid = ?", (sid,)
        ).fetchone()
        # Without a list it was read from, nothing says that it is still there.
        is_listed = (
            kept is not None
            and connection.execute("SELECT 1 FROM list_member WHERE sid = ?", (sid,)).fetchone()
        )
        if not is_listed or _is_claimed(connection, sid, kept):
            delete_profile_person(connection, profile_person_id(sid))
        else:
            _save(connection, sid, msgspec.json.decode(kept["body"], type=ExportedProfile))


def delete_profile_person(connection: sqlite3.Connection, person_id: int) -> int:
    """Delete the row of somebody who was known to Sailthru alone, and its words; 0: none."""
    kept = connection.execute(
        "SELECT id, sort_name, email FROM person WHERE id = ? AND id < 0", (person_id,)
    ).fetchone()
    if kept is None:
        return 0
    _unindex(connection, kept)
    return connection.execute("DELETE FROM person WHERE id = ?", (person_id,)).rowcount


def delete_profile_people(connection: sqlite3.Connection) -> None:
    """Delete the rows of everybody who was known to Sailthru alone, and their words."""
    connection.execute(
        "INSERT INTO person_search (person_search, rowid, sort_name, email)"
        " SELECT 'delete', id, sort_name, email FROM person WHERE id < 0"
    )
    connection.execute("DELETE FROM person WHERE id < 0")


def _is_claimed(connection: sqlite3.Connection, sid: str, kept: sqlite3.Row) -> bool:
    values = (sid, kept["email_hash"], kept["extid"])
    return connection.execute(_IS_CLAIMED_SQL, values).fetchone() is not None


def _save(connection: sqlite3.Connection, sid: str, profile: ExportedProfile) -> None:
    name, email = full_name_of_vars(profile.vars), normalize_email(profile.email or "")
    person_id = profile_person_id(sid)
    before = connection.execute(
        "SELECT id, sort_name, email FROM person WHERE id = ?", (person_id,)
    ).fetchone()
    if before is not None:
        _unindex(connection, before)
    connection.execute(_SAVE_SQL, (person_id, name, fold_text(name), email, sid))
    connection.execute(
        "INSERT INTO person_search (rowid, sort_name, email) VALUES (?, ?, ?)",
        (person_id, fold_text(name), email),
    )


def _unindex(connection: sqlite3.Connection, kept: sqlite3.Row) -> None:
    # An index over another table is told what it held (sqlite.org/fts5.html, 4.4.3).
    connection.execute(
        "INSERT INTO person_search (person_search, rowid, sort_name, email)"
        " VALUES ('delete', ?, ?, ?)",
        (kept["id"], kept["sort_name"], kept["email"]),
    )
