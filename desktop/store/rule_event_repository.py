"""What happened to people in the data workspace that a rule waits for, and those people."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import msgspec

from desktop.kit.text import fold_text
from desktop.model.audience_condition import AudienceGroup
from desktop.model.rule_trigger import PhrasePlace, RuleEvent, RuleTrigger
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.audience_query import QueryMoment, compile_group, phrase_query
from desktop.store.data_source_repository import list_source_name
from desktop.store.database_call import database_call
from desktop.store.repository import Repository
from desktop.store.sqlite_database import Database

_TICKETS = (
    "SELECT t.id, t.requester, {time} AS at, coalesce(x.subject, '') AS subject FROM ticket t"
    " LEFT JOIN ticket_text x ON x.id = t.id WHERE {where}"
    " AND t.status <> 'deleted' ORDER BY at, t.id LIMIT ?"
)
# A ticket was changed when it was solved or closed, which its index finds.
_TICKET_TIMES = MappingProxyType(
    {
        RuleTrigger.TICKET_CREATED: ("t.created_at", "t.created_at > ?1"),
        RuleTrigger.TICKET_SOLVED: ("t.solved_at", "t.updated_at > ?1 AND t.solved_at > ?1"),
        RuleTrigger.TICKET_CLOSED: ("t.closed_at", "t.updated_at > ?1 AND t.closed_at > ?1"),
        RuleTrigger.PHRASE: ("t.created_at", "t.created_at > ?1"),
    }
)
_PHRASE_COLUMNS = MappingProxyType(
    {
        PhrasePlace.TEXT: "subject body",
        PhrasePlace.SUBJECT: "subject",
        PhrasePlace.MESSAGE: "body",
    }
)
_READINGS = MappingProxyType(
    {
        RuleTrigger.FRUSTRATED: ("health_reading", "health", "r.health = 'frustrated'"),
        RuleTrigger.VALUE_CHANGED: ("value_reading", "segment", "r.segment IS NOT NULL"),
    }
)


@dataclass(frozen=True)
class ProfileTurn:
    """A profile's health or value that was read as another one than before.

    `at` and `before_at` are when the two were read (Unix seconds); `before_at` None: the first.
    """

    sid: str
    at: float
    value: str | int
    before_at: float | None


class RuleEventRepository(Repository):
    """Selects the events that rules wait for since a moment (Unix seconds), oldest first."""

    def __init__(self, history: Database, data: Database) -> None:
        super().__init__(history)
        self._data = data

    @database_call
    def list_ticket_events(
        self,
        trigger: RuleTrigger,
        since: float,
        limit: int,
        phrase: str = "",
        place: PhrasePlace = PhrasePlace.TEXT,
    ) -> tuple[RuleEvent, ...]:
        """Select tickets that were created, solved or closed, or new ones that say a phrase."""
        time, where = _TICKET_TIMES[trigger]
        values: list[object] = [since]
        if trigger is RuleTrigger.PHRASE:
            wanted = phrase.strip()
            if place is PhrasePlace.TAG:
                where += (
                    " AND t.id IN (SELECT ticket_id FROM ticket_tag"
                    " WHERE tag_id = (SELECT id FROM tag WHERE name = ?))"
                )
                wanted = fold_text(wanted)
            else:
                where += (
                    " AND t.id IN (SELECT rowid FROM ticket_search WHERE ticket_search MATCH ?)"
                )
                wanted = phrase_query(wanted, _PHRASE_COLUMNS[place])
            if not wanted:
                return ()
            values.append(wanted)
        sql = _TICKETS.format(time=time, where=where)
        rows = self._data.read(lambda c: c.execute(sql, (*values, limit)).fetchall())
        return tuple(
            RuleEvent(
                f"{trigger.value} {row['id']}", row["requester"], row["at"], row["id"],
                row["subject"],
            )
            for row in rows
        )  # fmt: skip

    @database_call
    def list_bad_ratings(self, since: float, limit: int) -> tuple[RuleEvent, ...]:
        """Select the bad ratings; one that was changed to bad counts from then on."""
        rows = self._data.read(
            lambda c: c.execute(
                "SELECT r.id, r.requester, r.updated_at AS at, r.ticket_id,"
                " coalesce(x.subject, '') AS subject FROM rating r"
                " LEFT JOIN ticket_text x ON x.id = r.ticket_id"
                " WHERE r.updated_at > ? AND r.score = 'bad' ORDER BY at, r.id LIMIT ?",
                (since, limit),
            ).fetchall()
        )
        return tuple(
            RuleEvent(
                f"{RuleTrigger.BAD_RATING.value} {row['id']}", row["requester"], row["at"],
                row["ticket_id"], row["subject"],
            )
            for row in rows
        )  # fmt: skip

    @database_call
    def list_turns(self, trigger: RuleTrigger, since: float, limit: int) -> tuple[ProfileTurn, ...]:
        """Select the profiles that turned frustrated, or to another value segment.

        A profile's first reading is one where profiles were read before `since` at all: then it had
        no health, or no value, until now. Not so within the first reading of a list, which tells
        what has been so for long, be it newly named or read anew after `data.db` was lost.
        """
        table, column, test = _READINGS[trigger]
        sql = (
            f"SELECT r.sid, r.at, r.{column} AS value, p.at AS before_at, p.{column} AS before"  # noqa: S608 - names of ours
            f" FROM {table} r LEFT JOIN {table} p ON p.sid = r.sid AND p.at ="
            f" (SELECT max(q.at) FROM {table} q WHERE q.sid = r.sid AND q.at < r.at)"
            f" WHERE r.at > ? AND {test} AND (p.at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM"
            " json_each(?) w WHERE r.at BETWEEN json_extract(w.value, '$[0]')"
            " AND json_extract(w.value, '$[1]'))) ORDER BY r.at, r.sid LIMIT ?"
        )
        first_readings = self._data.read(
            lambda c: [
                (row[0], row[1])
                for row in c.execute(
                    "SELECT coalesce(first_from, begun_at), coalesce(first_whole_at, 1e300)"
                    " FROM data_source WHERE name LIKE ? AND begun_at IS NOT NULL",
                    (f"{list_source_name('')}%",),
                )
            ]
        )
        windows = msgspec.json.encode(first_readings).decode()

        def look(connection: sqlite3.Connection) -> tuple[ProfileTurn, ...]:
            first = connection.execute(
                "SELECT min(at) FROM (SELECT min(at) AS at FROM health_reading"
                " UNION ALL SELECT min(at) FROM value_reading)"
            ).fetchone()[0]
            was_read = first is not None and first <= since
            return tuple(
                ProfileTurn(row["sid"], row["at"], row["value"], row["before_at"])
                for row in connection.execute(sql, (since, windows, limit))
                if row["value"] != row["before"] and (row["before_at"] is not None or was_read)
            )

        return self._database.read(look)

    @database_call
    def filter_people(
        self, group: AudienceGroup, moment: QueryMoment, people: Sequence[int]
    ) -> frozenset[int]:
        """Select which of these people conditions pick; who is no listed customer is left out."""
        sql = compile_group(group, moment)
        rows = self._data.read(
            lambda c: c.execute(
                "SELECT p.id FROM person p WHERE p.id IN (SELECT value FROM json_each(?))"  # noqa: S608 - compiled
                f" AND p.listed = 1 AND ({sql.text})",
                (msgspec.json.encode(list(people)).decode(), *sql.values),
            ).fetchall()
        )
        return frozenset(row["id"] for row in rows)

    @database_call
    def find_sids(self, people: Sequence[int]) -> Mapping[int, str]:
        """Select the sids of people's profiles by their Zendesk id, as far as they are known."""
        rows = self._data.read(
            lambda c: c.execute(
                "SELECT id, sid FROM person WHERE sid IS NOT NULL AND id IN"
                " (SELECT value FROM json_each(?))",
                (msgspec.json.encode(list(people)).decode(),),
            ).fetchall()
        )
        return {row["id"]: row["sid"] for row in rows}

    @database_call
    def get_users(self, people: Sequence[int]) -> Mapping[int, ZendeskUser]:
        """Select people as Zendesk told them last, by their id; who is not kept is left out."""
        rows = self._data.read(
            lambda c: c.execute(
                "SELECT id, body FROM person_body WHERE id IN (SELECT value FROM json_each(?))",
                (msgspec.json.encode(list(people)).decode(),),
            ).fetchall()
        )
        return {row["id"]: msgspec.json.decode(row["body"], type=ZendeskUser) for row in rows}

    @database_call
    def filter_without_open_ticket(self, people: Sequence[int]) -> frozenset[int]:
        """Select which of these people have no open ticket, as far as tickets were read."""
        rows = self._data.read(
            lambda c: c.execute(
                "SELECT id FROM person WHERE open_count = 0 AND id IN"
                " (SELECT value FROM json_each(?))",
                (msgspec.json.encode(list(people)).decode(),),
            ).fetchall()
        )
        return frozenset(row["id"] for row in rows)
