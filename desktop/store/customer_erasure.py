"""Erases what both database files keep of one customer, and the rows of plans, for good.

What keeps syncs from writing twice, too often or to whom they leave out stays: bare ids and times,
no value and no name (`counted_event`, `unconfirmed_increment`, `superseded_increment`, `touch`,
`retry_source`, left-out people).
"""

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec

from desktop.kit.errors import InternalError
from desktop.model.email_address import email_spellings
from desktop.model.match_keys import hash_email
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.audit_row import append_erasure
from desktop.store.outbox_sql import STANDING_PAUSES_SQL
from desktop.store.person_event_erasure import (
    erase_events,
    find_delivered_events,
    find_event_ids,
    split_sending,
)
from desktop.store.segment_erasure import erase_segments_of
from desktop.store.sqlite_database import Database

_ENDED = "('done', 'conflict', 'failed', 'undone')"
# What a batch has sent, and nobody has read back yet, is still to be settled by its rows.
_SETTLED_PLAN = (
    "plan NOT IN (SELECT plan FROM write_batch WHERE state <> 'closed')"
    " AND plan NOT IN (SELECT id FROM plan WHERE state IN ('making', 'applying'))"
)
_ERASED_PLAN_ROW = (
    "source = '', target = '', label = '(erased)', name = '', name_folded = '', address = '',"
    " changes = '[]', why = '',"
    " cause = '', evidence = '', detail = '', events = '[]', fate = 'skipped'"
)
# Tables of the mirror, with the column that names a customer and which ids it holds.
MIRROR_ROWS = (
    ("cached_user", "id", "users"),
    ("user_address", "user_id", "users"),
    ("user_address", "address", "addresses"),
    ("user_tickets", "user_id", "users"),
    ("cached_ticket", "user_id", "users"),
    ("cached_profile", "sid", "sids"),
    ("profile_address", "sid", "sids"),
    ("profile_address", "address", "addresses"),
    ("opened_customer", "id", "ids"),
    ("feed_user", "id", "users"),
    ("feed_ticket", "requester", "users"),
    ("feed_profile", "sid", "sids"),
    ("feed_sell", "id", "sell_records"),
)
# A sync that remembers nobody as its member takes nobody off a list.
MEMORY_ROWS = (
    ("synced_value", "target"),
    ("accepted_value", "target"),
    ("written_hash", "target"),
    ("exchanged_profile", "target"),
    ("sync_member", "target"),
    ("sync_member", "source"),
    ("matched_pair", "user_id"),
    ("matched_pair", "sid"),
    ("sell_pair", "record"),
    ("sell_pair", "sid"),
    ("sell_choice", "record"),
    ("address_difference", "user_id"),
    ("address_difference", "sid"),
    ("bounce_repair", "sid"),
    ("profile_link", "user_id"),
    ("profile_link", "sid"),
)


_IN_1, _IN_2 = "IN (SELECT value FROM json_each(?1))", "IN (SELECT value FROM json_each(?2))"
_USERS_BY_ADDRESS_SQL = (
    f"SELECT user_id FROM user_address WHERE address {_IN_1}"  # noqa: S608 - all these are ours
    f" UNION SELECT id FROM feed_user WHERE email_hash <> '' AND email_hash {_IN_2}"
    f" UNION SELECT user_id FROM feed_user_address WHERE email_hash {_IN_2}"
)
_SIDS_BY_ADDRESS_SQL = (
    f"SELECT sid FROM profile_address WHERE address {_IN_1}"  # noqa: S608
    f" UNION SELECT sid FROM feed_profile WHERE json_extract(body, '$.email_hash') {_IN_2}"
)
_SELL_RECORDS_BY_ADDRESS_SQL = (
    f"SELECT id FROM feed_sell WHERE email_hash <> '' AND email_hash {_IN_1}"  # noqa: S608
)
_SELL_RECORDS_BY_SID_SQL = f"SELECT record FROM sell_pair WHERE sid {_IN_1}"  # noqa: S608
_USERS_BY_SID_SQL = (
    f"SELECT user_id FROM matched_pair WHERE sid {_IN_1}"  # noqa: S608
    f" UNION SELECT user_id FROM profile_link WHERE sid {_IN_1}"
)
_SIDS_BY_USER_SQL = (
    f"SELECT sid FROM matched_pair WHERE CAST(user_id AS TEXT) {_IN_1}"  # noqa: S608
    f" UNION SELECT sid FROM profile_link WHERE CAST(user_id AS TEXT) {_IN_1}"
)
_USER_BODIES_SQL = (
    f"SELECT body FROM cached_user WHERE CAST(id AS TEXT) {_IN_1}"  # noqa: S608
    f" UNION ALL SELECT body FROM feed_user WHERE CAST(id AS TEXT) {_IN_1}"
)
_PROFILE_EMAILS_SQL = f"SELECT email FROM cached_profile WHERE sid {_IN_1}"  # noqa: S608
_IS_THEIRS = f"(target {_IN_1} OR lower(label) {_IN_2})"
_ERASE_AUDIT_SQL = (
    "UPDATE audit_value SET salt = NULL, target = NULL, label = NULL, old = NULL, new = NULL,"  # noqa: S608
    f" reason = NULL, ticket = NULL, detail = NULL WHERE {_IS_THEIRS}"
)
_ERASE_CORRECTIONS_SQL = f"DELETE FROM source_correction WHERE field <> '' AND source {_IN_1}"  # noqa: S608
# Whom a sync leaves out stays left out: by the ids, without a name and a reason.
_UNNAME_LEFT_OUT_SQL = (
    "UPDATE source_correction SET reason = '', value = json_array(json_extract(value, '$[0]'),"  # noqa: S608
    " json_extract(value, '$[1]'), '(erased)') WHERE field = '' AND json_type(value) = 'array'"
    f" AND (source {_IN_1} OR json_extract(value, '$[0]') {_IN_1} OR json_extract(value, '$[1]')"
    f" {_IN_1}) AND json_extract(value, '$[2]') <> '(erased)'"
)
# Their steps are rows of the outbox, of which those that wait need them.
_ERASE_EMAIL_CHANGES_SQL = (
    f"DELETE FROM email_change WHERE ended_at IS NOT NULL AND (CAST(user_id AS TEXT) {_IN_1}"  # noqa: S608
    f" OR sid {_IN_1} OR lower(label) {_IN_2} OR lower(old) {_IN_2} OR lower(new) {_IN_2})"
    " AND id NOT IN (SELECT email_change FROM outbox WHERE email_change IS NOT NULL)"
    " AND id NOT IN (SELECT undoes FROM email_change WHERE undoes IS NOT NULL AND ended_at IS NULL)"
)
# What a lead was asked for, answered or not.
_ERASE_LEAD_REQUESTS_SQL = f"DELETE FROM lead_request WHERE {_IS_THEIRS}"  # noqa: S608
# An undo that waits looks at the edit it undoes.
_ERASE_EDITS_SQL = (
    f"DELETE FROM outbox WHERE {_IS_THEIRS} AND state IN {_ENDED} AND id NOT IN"  # noqa: S608
    f" (SELECT undoes FROM outbox WHERE undoes IS NOT NULL AND state NOT IN {_ENDED})"
    f" AND (NOT ?3 OR id NOT IN ({STANDING_PAUSES_SQL}))"
)
_COUNT_PAUSES_SQL = (
    f"SELECT count(*) FROM outbox WHERE {_IS_THEIRS} AND id IN ({STANDING_PAUSES_SQL})"  # noqa: S608
)
_OF_PLAN_ROWS = (
    f"label <> '(erased)' AND (source {_IN_1} OR {_IS_THEIRS} OR lower(address) {_IN_2})"
)
_ERASE_PLAN_ROWS_SQL = (
    f"UPDATE plan_row SET {_ERASED_PLAN_ROW} WHERE {_SETTLED_PLAN} AND {_OF_PLAN_ROWS}"  # noqa: S608
)
_COUNT_PLAN_ROWS_SQL = f"SELECT count(*) FROM plan_row WHERE {_OF_PLAN_ROWS}"  # noqa: S608


# What waits of a batch stays in the outbox.
_ERASE_BATCH_ROWS_SQL = (
    f"DELETE FROM edit_batch_row WHERE CAST(user_id AS TEXT) {_IN_1} OR sid {_IN_1}"  # noqa: S608
    f" OR address {_IN_2}"
)


@dataclass(frozen=True)
class CustomerIds:
    """Ids by which both SQLite files know one customer: Zendesk user ids, sids, addresses.

    `external_ids` are those of the Zendesk users, by which events know them; by their `names` and
    `phones` saved segments do. `sell_records`: contacts and leads of Sell (`contact-2101`).
    """

    users: frozenset[str] = frozenset()
    sids: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    external_ids: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    sell_records: frozenset[str] = frozenset()

    def select(self, which: str) -> str:
        """Return a customer's ids of one kind, or all (`ids`), as a JSON array for SQL."""
        if which == "users":
            return msgspec.json.encode(sorted(map(int, self.users))).decode()
        own = {"sids": self.sids, "addresses": self.addresses, "sell_records": self.sell_records}
        every = self.users | self.sids | self.addresses | self.sell_records
        return _to_json(own.get(which, every))


@dataclass(frozen=True)
class ErasedCounts:
    """How many rows of each table an erasure deleted, and how many it left.

    `waiting_edits` go out first, `standing_pauses` end first, and `waiting_rows` are of plans that
    a run is writing, and events that one is sending.
    """

    cached: int = 0
    feed_records: int = 0
    audit_entries: int = 0
    edits: int = 0
    plan_rows: int = 0
    remembered: int = 0
    events: int = 0
    everybody_records: int = 0
    waiting_edits: int = 0
    standing_pauses: int = 0
    waiting_rows: int = 0

    @property
    def is_nothing(self) -> bool:
        """Whether the database files kept nothing of the erased customer."""
        return not self.erased_rows

    @property
    def is_complete(self) -> bool:
        """Whether the erasure left nothing of the customer for later."""
        return not (self.waiting_edits or self.standing_pauses or self.waiting_rows)

    @property
    def erased_rows(self) -> dict[str, int]:
        """The rows that the erasure deleted, by what they were; without what there was none of."""
        left = ("waiting_edits", "standing_pauses", "waiting_rows")
        counts: dict[str, int] = msgspec.to_builtins(self)
        return {name: n for name, n in counts.items() if n and name not in left}


NoteErased = Callable[[sqlite3.Connection, ErasedCounts], None]


class _Rehearsed(Exception):
    """Takes an erasure that was only to be counted back; holds its counts."""

    def __init__(self, counts: ErasedCounts) -> None:
        super().__init__()
        self.counts = counts


def find_customer_ids(fairlead: Database, mirror: Database, given: Iterable[str]) -> CustomerIds:
    """Select by what the files know a customer, from some of their ids: user id, sid, address."""
    known = set(given)
    addresses = {key for one in known if "@" in one for key in email_spellings(one)}
    users = {one for one in known if one.isdecimal()}
    sids = known - users - {one for one in known if "@" in one}
    sell_records: set[str] = set()
    hashes = _to_json([hash_email(one) for one in addresses])
    spelled = _to_json(sorted(addresses))

    def look(connection: sqlite3.Connection) -> None:
        users.update(_column(connection, _USERS_BY_ADDRESS_SQL, spelled, hashes))
        sids.update(_column(connection, _SIDS_BY_ADDRESS_SQL, spelled, hashes))
        sell_records.update(_column(connection, _SELL_RECORDS_BY_ADDRESS_SQL, hashes))

    mirror.read(look)
    users.update(fairlead.read(lambda c: _column(c, _USERS_BY_SID_SQL, _to_json(sorted(sids)))))
    sids.update(fairlead.read(lambda c: _column(c, _SIDS_BY_USER_SQL, _to_json(sorted(users)))))

    sell_records.update(
        fairlead.read(lambda c: _column(c, _SELL_RECORDS_BY_SID_SQL, _to_json(sorted(sids))))
    )

    external_ids: set[str] = set()
    names: set[str] = set()
    phones: set[str] = set()

    def look_again(connection: sqlite3.Connection) -> None:
        for body in _column(connection, _USER_BODIES_SQL, _to_json(sorted(users))):
            user = msgspec.json.decode(body, type=ZendeskUser)
            external_ids.add(user.external_id or "")
            names.add(user.name)
            phones.add(user.phone or "")
            addresses.update(key for one in user.emails for key in email_spellings(one))
        for email in _column(connection, _PROFILE_EMAILS_SQL, _to_json(sorted(sids))):
            addresses.update(email_spellings(email))

    mirror.read(look_again)
    found = (users, sids, addresses, external_ids, names, phones, sell_records)
    return CustomerIds(*(frozenset(one - {""}) for one in found))


def erase_customer(
    fairlead: Database,
    mirror: Database,
    ids: CustomerIds,
    actor: str,
    now: float,
    *,
    note_erased: NoteErased | None = None,
    everybody_records: int = 0,
) -> ErasedCounts:
    """Delete a customer's rows in both files, and append to the audit that it was done.

    Of the audit the values and their salts go: its chain still verifies. What waits in the outbox
    stays until it has ended, and the rows of a plan under way until they are settled. A pause of
    marketing that stands stays as well, or nothing would end it at Sailthru. `note_erased` is
    called with the counts, in the transaction that erases; with it the customer is erased at the
    services too, and no pause stays. `everybody_records` are those of the data workspace, which
    the caller deletes afterwards.
    """
    keeps_pauses = note_erased is None

    def act(connection: sqlite3.Connection, cached: int, feed_records: int) -> ErasedCounts:
        every = ids.select("ids")
        by_name = (every, ids.select("addresses"))

        def count(sql: str) -> int:
            return int(connection.execute(sql, by_name).fetchone()[0])

        waiting = count(
            f"SELECT count(*) FROM outbox WHERE {_IS_THEIRS} AND state NOT IN {_ENDED}"  # noqa: S608
        )
        pauses = count(_COUNT_PAUSES_SQL) if keeps_pauses else 0
        events = find_event_ids(connection, ids.addresses, ids.external_ids, ids.users)
        unsent_events, sending = split_sending(connection, events)
        found = ErasedCounts(
            cached,
            feed_records,
            connection.execute(_ERASE_AUDIT_SQL, by_name).rowcount,
            connection.execute(_ERASE_EDITS_SQL, (*by_name, keeps_pauses)).rowcount
            + connection.execute(_ERASE_EMAIL_CHANGES_SQL, by_name).rowcount
            + connection.execute(_ERASE_LEAD_REQUESTS_SQL, by_name).rowcount
            + connection.execute(_ERASE_BATCH_ROWS_SQL, by_name).rowcount,
            connection.execute(_ERASE_PLAN_ROWS_SQL, by_name).rowcount,
            _erase_memory(connection, every)
            + erase_segments_of(connection, ids.addresses, ids.names, ids.phones, ids.external_ids),
            erase_events(connection, unsent_events),
            everybody_records,
            waiting,
            pauses,
            count(_COUNT_PLAN_ROWS_SQL) + len(sending),
        )
        if not found.is_nothing:
            append_erasure(connection, at=now, actor=actor, counts=found.erased_rows)
        if note_erased is not None:
            note_erased(connection, found)
        return found

    def act_in_both(connection: sqlite3.Connection) -> ErasedCounts:
        cached, feed_records = _erase_from_mirror(connection, ids)
        # Committed before the mirror: cut short, the mirror still tells under which ids to look.
        return fairlead.write(lambda c: act(c, cached, feed_records))

    return mirror.write(act_in_both)


def count_customer(
    fairlead: Database, mirror: Database, ids: CustomerIds, everybody_records: int = 0
) -> ErasedCounts:
    """Count what an erasure would delete of a customer in both files; nothing is deleted."""

    def take_back(_connection: sqlite3.Connection, counts: ErasedCounts) -> None:
        raise _Rehearsed(counts)

    try:
        erase_customer(
            fairlead,
            mirror,
            ids,
            "",
            0.0,
            note_erased=take_back,
            everybody_records=everybody_records,
        )
    except _Rehearsed as rehearsed:
        return rehearsed.counts
    raise InternalError("An erasure was to be counted, and was not undone.")


def erase_plan_rows(fairlead: Database) -> int:
    """Delete the people in the rows of every plan and batch not under way; returns how many rows.

    What such a plan has written can't be undone as a whole afterwards.
    """

    def act(connection: sqlite3.Connection) -> int:
        connection.execute(
            "UPDATE plan SET state = 'discarded' WHERE state IN ('ready', 'stopped')"
        )
        erased = connection.execute(
            f"UPDATE plan_row SET {_ERASED_PLAN_ROW} WHERE label <> '(erased)' AND {_SETTLED_PLAN}"  # noqa: S608
        ).rowcount
        # The edits of a batch that was applied name it.
        connection.execute("DELETE FROM edit_batch WHERE applied_at IS NULL")
        return erased + connection.execute("DELETE FROM edit_batch_row").rowcount

    return fairlead.write(act)


def erase_delivered_events(fairlead: Database) -> int:
    """Delete what the events say that wait for nothing any more; returns how many."""
    return fairlead.write(lambda c: erase_events(c, find_delivered_events(c)))


def _erase_from_mirror(connection: sqlite3.Connection, ids: CustomerIds) -> tuple[int, int]:
    """Delete a customer's rows in the mirror; returns how many of the cache, of the feeds."""
    counts = {True: 0, False: 0}
    for table, column, which in MIRROR_ROWS:
        counts[table.startswith("feed_")] += connection.execute(
            f"DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))",  # noqa: S608
            (ids.select(which),),
        ).rowcount
    return counts[False], counts[True]


def _erase_memory(connection: sqlite3.Connection, every: str) -> int:
    noted = connection.execute("SELECT coalesce(max(seq), 0) FROM shared_change").fetchone()[0]
    count = connection.execute(
        "DELETE FROM draft WHERE substr(key, instr(key, ':') + 1)"
        " IN (SELECT value FROM json_each(?))",
        (every,),
    ).rowcount
    for sql in (_ERASE_CORRECTIONS_SQL, _UNNAME_LEFT_OUT_SQL):
        count += connection.execute(sql, (every,)).rowcount
    for table, column in MEMORY_ROWS:
        count += connection.execute(
            f"DELETE FROM {table} WHERE CAST({column} AS TEXT)"  # noqa: S608 - names of ours
            " IN (SELECT value FROM json_each(?))",
            (every,),
        ).rowcount
    # What a sync remembers of them goes at every desk of a team, whichever of them runs it.
    connection.execute("UPDATE shared_change SET sync = '' WHERE seq > ?", (noted,))
    return count


def _column(connection: sqlite3.Connection, sql: str, *values: str) -> list[str]:
    return [str(row[0]) for row in connection.execute(sql, values) if row[0] is not None]


def _to_json(values: Iterable[str]) -> str:
    return msgspec.json.encode(sorted(values)).decode()
