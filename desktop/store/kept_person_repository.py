"""People and organisations of Zendesk in `data.db`, with their tags, fields, addresses and search.

Whoever is deleted in Zendesk is archived here: they stay, are listed no more, and what they were
goes into `history.db` too.
"""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from desktop.kit.text import fold_text
from desktop.model.customer_matching import match_customer
from desktop.model.email_address import email_spellings, normalize_email
from desktop.model.erased_people import NOBODY_ERASED, ErasedPeople, person_keys
from desktop.model.field_value import parse_number
from desktop.model.json_value import Json
from desktop.model.kept_ticket import KeptOrganization
from desktop.model.match_keys import hash_email
from desktop.model.sync import MatchIdentifier
from desktop.model.zendesk_ticket import UNSOLVED_STATUSES
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.data_source_repository import ORGANIZATIONS_SOURCE, USERS_SOURCE, save_page
from desktop.store.data_tags import save_tags
from desktop.store.database_call import database_call
from desktop.store.profile_person_table import refresh_profile_people
from desktop.store.repository import Repository
from desktop.store.sqlite_database import Database
from desktop.store.ticket_rollup_repository import ArchivedPerson, TicketRollupRepository

# What Zendesk leaves of a user who was deleted for good (developer.zendesk.com, Deleted Users).
_DELETED_FOR_GOOD = "Permanently Deleted User"
_PERSON_COLUMNS = (
    "id", "name", "sort_name", "email", "phone", "external_id", "organization_id",
    "organization_sort", "role", "suspended", "locale", "time_zone", "created_at", "updated_at",
    "archived_at", "listed",
)  # fmt: skip
_SAVE_PERSON = (
    f"INSERT INTO person ({', '.join(_PERSON_COLUMNS)})"  # noqa: S608 - names of ours
    f" VALUES ({', '.join('?' for _ in _PERSON_COLUMNS)}) ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _PERSON_COLUMNS[1:])
)
_UNSOLVED = ", ".join(f"'{status}'" for status in UNSOLVED_STATUSES)
_REFRESH_TICKETS = (
    "UPDATE person SET ticket_count = t.all_of_them, open_count = t.unsolved,"  # noqa: S608
    " last_ticket_id = (SELECT id FROM ticket WHERE requester = ?1 AND status <> 'deleted'"
    " ORDER BY updated_at DESC, id DESC LIMIT 1), last_ticket_at = t.last FROM"
    " (SELECT count(*) AS all_of_them, max(updated_at) AS last,"
    f" count(*) FILTER (WHERE status IN ({_UNSOLVED})) AS unsolved"
    " FROM ticket WHERE requester = ?1 AND status <> 'deleted') t WHERE person.id = ?1"
)
_REFRESH_LAST = (
    "UPDATE person SET last_ticket_status = (SELECT status FROM ticket WHERE id = last_ticket_id)"
    " WHERE id = ?"
)
_REFRESH_RATING = (
    "UPDATE person SET (last_rating, last_rating_at) = (SELECT score, updated_at FROM rating"
    " WHERE requester = ?1 AND score IN ('good', 'bad') ORDER BY updated_at DESC, id DESC LIMIT 1)"
    " WHERE id = ?1"
)
_PROFILE_COLUMNS = (
    "engagement", "health", "value_segment", "value_amount", "last_open_at", "last_click_at",
)  # fmt: skip
_TAKE_PROFILE = (
    "UPDATE person SET sid = ?2, is_ambiguous = 0, profile_read_at = p.read_at,"  # noqa: S608
    # Looked up, and in no export: of this profile it stays, of another one it goes.
    " optout = CASE WHEN person.sid = ?2 THEN optout END, "
    + ", ".join(f"{name} = p.{name}" for name in _PROFILE_COLUMNS)
    + " FROM profile p WHERE p.sid = ?2 AND person.id = ?1"
)
_DROP_PROFILE = (
    "UPDATE person SET sid = NULL, is_ambiguous = ?2, profile_read_at = NULL, optout = NULL, "  # noqa: S608
    + ", ".join(f"{name} = NULL" for name in _PROFILE_COLUMNS)
    + " WHERE id = ?1"
)


@dataclass(frozen=True)
class KeptCounts:
    """How many people, archived people and tickets the data workspace keeps."""

    people: int
    archived: int
    tickets: int


class KeptPersonRepository(Repository):
    """Saves pages of Zendesk's users and organisations, each with its cursor, in `data.db`."""

    def __init__(self, database: Database, history: TicketRollupRepository) -> None:
        super().__init__(database)
        self._history = history

    @database_call
    def save_users(
        self,
        users: Sequence[ZendeskUser],
        cursor: str,
        now: float,
        erased: ErasedPeople = NOBODY_ERASED,
    ) -> int:
        """Save a page of exported users and its cursor; returns how many records changed.

        Erased people are left out, whom Zendesk tells of until it deletes them for good.
        """
        wanted = [user for user in users if not erased.is_erased(_keys_of(user))]
        known = self._database.read(lambda c: _select_known(c, [user.id for user in wanted]))
        changed = [user for user in wanted if not _is_older(user, known.get(user.id))]
        # Before the page: cut short in between, it is read again, and archives nobody twice.
        self._history.archive_people.blocking(
            [
                _to_archived(user, known[user.id], now)
                for user in changed
                if _is_leaving(user, known)
            ]
        )
        gone_for_good = [u.id for u in changed if not u.active and u.name == _DELETED_FOR_GOOD]
        self._history.erase_archived.blocking(gone_for_good)

        def act(connection: sqlite3.Connection) -> int:
            for user in changed:
                _save_user(connection, user, known.get(user.id), now)
            save_page(connection, USERS_SOURCE, cursor, len(users), now)
            return len(changed)

        return self._database.write(act)

    @database_call
    def has_unknown(self, user_ids: Collection[int]) -> bool:
        """Whether one of these Zendesk users was not read yet."""
        wanted = msgspec.json.encode(sorted(user_ids)).decode()
        sql = "SELECT 1 FROM json_each(?) WHERE value NOT IN (SELECT id FROM person) LIMIT 1"
        return self._database.read(lambda c: c.execute(sql, (wanted,)).fetchone() is not None)

    @database_call
    def remember_pairs(self, pairs: Mapping[int, str]) -> None:
        """Take over who is who by an earlier match or by hand, and match those people anew."""

        def act(connection: sqlite3.Connection) -> None:
            rows = connection.execute("SELECT person_id, sid FROM remembered_pair")
            before = {row[0]: row[1] for row in rows}
            changed = {one for one in {*before, *pairs} if before.get(one) != pairs.get(one)}
            connection.executemany(
                "DELETE FROM remembered_pair WHERE person_id = ?", [(one,) for one in changed]
            )
            connection.executemany(
                "INSERT INTO remembered_pair (person_id, sid) VALUES (?, ?)",
                [(one, pairs[one]) for one in changed if one in pairs],
            )
            match_profiles(connection, changed)

        self._database.write(act)

    @database_call
    def count_kept(self) -> KeptCounts:
        """Count the people who are listed, those who are archived, and the tickets."""
        return self._database.read(
            lambda c: KeptCounts(
                *(
                    int(c.execute(sql).fetchone()[0])
                    for sql in (
                        "SELECT count(*) FROM person WHERE listed = 1 AND id > 0",
                        "SELECT count(*) FROM person WHERE archived_at IS NOT NULL",
                        "SELECT count(*) FROM ticket WHERE status <> 'deleted'",
                    )
                )
            )
        )

    @database_call
    def save_organizations(
        self, organizations: Sequence[KeptOrganization], cursor: str, now: float
    ) -> None:
        """Save a page of exported organisations and the time that the next one begins at."""

        def act(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "INSERT INTO organization (id, name, sort_name, external_id, domains, tags,"
                " created_at, updated_at, archived_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET name = excluded.name,"
                " sort_name = excluded.sort_name, external_id = excluded.external_id,"
                " domains = excluded.domains, tags = excluded.tags,"
                " updated_at = excluded.updated_at, archived_at = excluded.archived_at"
                # The border of two pages comes twice; the newer one counts.
                " WHERE coalesce(excluded.updated_at, 0) >= coalesce(updated_at, 0)",
                [
                    (
                        one.id,
                        one.name,
                        fold_text(one.name),
                        one.external_id,
                        " ".join(one.domain_names),
                        " ".join(one.tags),
                        one.created_at,
                        one.updated_at,
                        one.deleted_at,
                    )
                    for one in organizations
                ],
            )
            # Nearly always none: an organisation is seldom renamed.
            connection.executemany(
                "UPDATE person SET organization_sort = ?2 WHERE organization_id = ?1"
                " AND organization_sort IS NOT ?2",
                [(one.id, fold_text(one.name)) for one in organizations],
            )
            save_page(connection, ORGANIZATIONS_SOURCE, cursor, len(organizations), now)

        self._database.write(act)


def refresh_ticket_columns(connection: sqlite3.Connection, person_ids: Iterable[int]) -> None:
    """Compute people's columns of tickets and ratings anew from those that are kept."""
    ids = [(one,) for one in sorted(set(person_ids))]
    for sql in (_REFRESH_TICKETS, _REFRESH_LAST, _REFRESH_RATING):
        connection.executemany(sql, ids)


def match_profiles(connection: sqlite3.Connection, person_ids: Iterable[int]) -> None:
    """Match people with the profiles that are kept, by the one rule of who somebody is.

    Two profiles for one person are a conflict: neither is shown for them.
    """
    changed: set[str] = set()
    for person_id in sorted(set(person_ids)):
        before = connection.execute("SELECT sid FROM person WHERE id = ?", (person_id,)).fetchone()
        told = [
            (MatchIdentifier(row[0]), str(row[1]))
            for row in connection.execute(
                "SELECT ?4, sid FROM remembered_pair WHERE person_id = ?1"
                " UNION SELECT ?2, p.sid FROM person_address a JOIN profile p USING"
                " (email_hash) WHERE a.person_id = ?1"
                " UNION SELECT ?3, p.sid FROM person x JOIN profile p ON p.extid ="
                " x.external_id WHERE x.id = ?1 AND p.extid <> ''",
                (
                    person_id,
                    MatchIdentifier.EMAIL.value,
                    MatchIdentifier.EXTERNAL_ID.value,
                    MatchIdentifier.SID.value,
                ),
            )
        ]
        found = match_customer(told)
        changed.update(sid for _identifier, sid in told)
        changed.update(row for row in before or () if row is not None)
        # A remembered profile that no list told was not read.
        is_kept = found.id and connection.execute(_TAKE_PROFILE, (person_id, found.id)).rowcount
        if not is_kept:
            connection.execute(_DROP_PROFILE, (person_id, int(bool(found.candidates))))
    # Whose profile is a user's now is no person of their own, and the other way round.
    refresh_profile_people(connection, changed)


def delete_person_rows(connection: sqlite3.Connection, person_id: int) -> None:
    """Delete what is beside a person's own row: search, tags, fields, addresses, body."""
    kept = connection.execute("SELECT * FROM person WHERE id = ?", (person_id,)).fetchone()
    if kept is not None:
        _unindex(connection, kept)
    for table in ("person_tag", "person_field", "person_address"):
        connection.execute(f"DELETE FROM {table} WHERE person_id = ?", (person_id,))  # noqa: S608
    connection.execute("DELETE FROM person_body WHERE id = ?", (person_id,))


def _save_user(
    connection: sqlite3.Connection, user: ZendeskUser, kept: sqlite3.Row | None, now: float
) -> None:
    delete_person_rows(connection, user.id)
    email = normalize_email(user.email or "")
    is_listed = user.active and user.role == "end-user"
    archived_at = None if user.active else (kept and kept["archived_at"]) or user.updated_at or now
    values = (
        user.id, user.name, fold_text(user.name), email, user.phone or "", user.external_id or "",
        user.organization_id, _organization_sort(connection, user.organization_id), user.role,
        int(user.suspended), user.locale or "",
        user.time_zone or "", user.created_at, user.updated_at, archived_at, int(is_listed),
    )  # fmt: skip
    connection.execute(_SAVE_PERSON, values)
    connection.execute(
        "INSERT INTO person_search (rowid, sort_name, email) VALUES (?, ?, ?)",
        (user.id, fold_text(user.name), email),
    )
    connection.execute(
        "INSERT INTO person_body (id, body) VALUES (?, ?)",
        (user.id, msgspec.json.encode(user).decode()),
    )
    save_tags(connection, "person_tag", (user.id,), user.tags or ())
    connection.executemany(
        "INSERT INTO person_field (field, person_id, text, number) VALUES (?, ?, ?, ?)",
        [(key, user.id, *found) for key, found in _field_values(user.user_fields).items()],
    )
    hashes = {
        bytes.fromhex(hash_email(spelling))
        for address in user.emails
        for spelling in email_spellings(address)
    }
    connection.executemany(
        "INSERT INTO person_address (email_hash, person_id) VALUES (?, ?)",
        [(one, user.id) for one in hashes],
    )
    if kept is None:
        # Tickets may have come before.
        refresh_ticket_columns(connection, [user.id])
    match_profiles(connection, [user.id])


def _organization_sort(connection: sqlite3.Connection, organization_id: int | None) -> str | None:
    row = connection.execute(
        "SELECT sort_name FROM organization WHERE id = ?", (organization_id,)
    ).fetchone()
    return None if row is None else str(row[0])


def _field_values(fields: Mapping[str, Json]) -> dict[str, tuple[str, float | None]]:
    """Return the values of user fields as folded text and number; one not set has none."""
    found: dict[str, tuple[str, float | None]] = {}
    for key, value in fields.items():
        if isinstance(value, bool):
            found[key] = ("yes" if value else "no", float(value))
        elif isinstance(value, list):
            found[key] = (fold_text(" ".join(map(str, value))), None)
        elif value not in (None, ""):
            number = parse_number(value)
            found[key] = (fold_text(str(value)), None if number is None else float(number))
    return found


def _keys_of(user: ZendeskUser) -> frozenset[str]:
    return person_keys(
        addresses=user.emails, user_ids=[user.id], external_ids=[user.external_id or ""]
    )


def _select_known(connection: sqlite3.Connection, ids: Sequence[int]) -> dict[int, sqlite3.Row]:
    rows = connection.execute(
        "SELECT * FROM person WHERE id IN (SELECT value FROM json_each(?))",
        (msgspec.json.encode(ids).decode(),),
    )
    return {row["id"]: row for row in rows}


def _is_older(user: ZendeskUser, kept: sqlite3.Row | None) -> bool:
    if kept is None or kept["updated_at"] is None or user.updated_at is None:
        return False
    return bool(user.updated_at < kept["updated_at"])


def _is_leaving(user: ZendeskUser, known: Mapping[int, sqlite3.Row]) -> bool:
    kept = known.get(user.id)
    return not user.active and kept is not None and kept["archived_at"] is None


def _to_archived(user: ZendeskUser, kept: sqlite3.Row, now: float) -> ArchivedPerson:
    return ArchivedPerson(
        user.id,
        user.updated_at or now,
        kept["name"],
        kept["email"],
        kept["external_id"],
        kept["ticket_count"],
    )


def _unindex(connection: sqlite3.Connection, kept: sqlite3.Row) -> None:
    # An index over another table is told what it held (sqlite.org/fts5.html, 4.4.3).
    connection.execute(
        "INSERT INTO person_search (person_search, rowid, sort_name, email)"
        " VALUES ('delete', ?, ?, ?)",
        (kept["id"], kept["sort_name"], kept["email"]),
    )
