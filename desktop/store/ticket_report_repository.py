"""Counts tickets and ratings for reports, from rollups and from the rows that are kept."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from desktop.store.audience_query import phrase_query
from desktop.store.database_call import database_call
from desktop.store.repository import Repository
from desktop.store.sqlite_database import Database
from desktop.store.ticket_rollup_repository import QUARTER_S, quarter_of

# From and to in Unix seconds, for each bucket of a report; the end does not belong to it.
Edges = Sequence[tuple[float, float]]
_TEXT_COLUMNS = "subject body tags"
# Of a time of which people are counted.
_SLICE_S = 86_400.0
_COUNT_TABLES = {"ticket_count": "measure", "rating_count": "score"}
# Edges as JSON, first joined: each is a range of the table's key. CROSS keeps the order.
_SUM_SQL = (
    "SELECT edge.key AS place, kept.agent, sum(kept.count) AS n FROM json_each(?1) edge"
    " CROSS JOIN {table} kept WHERE kept.{column} = ?2"
    " AND kept.quarter >= json_extract(edge.value, '$[0]')"
    " AND kept.quarter < json_extract(edge.value, '$[1]') GROUP BY 1, 2"
)


@dataclass(frozen=True)
class CountedPerson:
    """Somebody behind a number of a report, and when they were counted last (Unix seconds).

    `user_id` is 0 where only the Sailthru profile `sid` is known.
    """

    user_id: int
    name: str
    email: str
    at: float
    sid: str = ""


@dataclass(frozen=True)
class PhraseTickets:
    """Tickets with a phrase as three columns: ids, when created (Unix seconds), requesters' ids."""

    ids: Sequence[int] = ()
    times: Sequence[int] = ()
    requesters: Sequence[int] = ()


class TicketReportRepository(Repository):
    """Selects the counts that reports of tickets and ratings are made of."""

    def __init__(self, history: Database, data: Database) -> None:
        super().__init__(history)
        self._data = data

    @database_call
    def count_tickets(self, measure: str, edges: Edges) -> Mapping[int, Sequence[int]]:
        """Sum tickets `created`, `solved` or `closed` by present assignee, a number for each edge.

        The assignee is a Zendesk user id, 0 nobody.
        """
        return self._sum("ticket_count", measure, edges)

    @database_call
    def count_ratings(self, score: str, edges: Edges) -> Mapping[int, Sequence[int]]:
        """Sum ratings of a score (`good`, `bad`, `offered`) by assignee, a number for each edge."""
        return self._sum("rating_count", score, edges)

    @database_call
    def find_first_time(self, table: str, names: Sequence[str]) -> float | None:
        """Return when the first of what was counted began (Unix seconds); None: nothing was.

        `table` is `ticket_count` or `rating_count`, `names` are its measures or scores.
        """
        column = _COUNT_TABLES[table]

        def look(connection: sqlite3.Connection) -> float | None:
            firsts = [
                connection.execute(
                    f"SELECT min(quarter) FROM {table} WHERE {column} = ?",  # noqa: S608
                    (name,),
                ).fetchone()[0]
                for name in names
            ]
            known = [first for first in firsts if first is not None]
            return float(min(known) * QUARTER_S) if known else None

        return self._database.read(look)

    @database_call
    def count_kept_created(self, edges: Edges) -> Sequence[int]:
        """Count the tickets created within each edge whose rows are still kept."""
        return self._data.read(
            lambda c: [
                c.execute(
                    "SELECT count(*) FROM ticket WHERE created_at >= ? AND created_at < ?"
                    " AND status <> 'deleted'",
                    edge,
                ).fetchone()[0]
                for edge in edges
            ]
        )

    @database_call
    def count_kept(self, measure: str, begin: float, end: float) -> tuple[int, int]:
        """Count the kept tickets `created`, `solved` or `closed` then, and the people who asked."""
        column = {"created": "created_at", "solved": "solved_at", "closed": "closed_at"}[measure]
        sql = (
            f"SELECT count(*), group_concat(requester) FROM ticket WHERE {column} >= ?"  # noqa: S608
            f" AND {column} < ? AND status <> 'deleted'"
        )
        return self._data.read(lambda c: _count_requesters(c, sql, begin, end))

    @database_call
    def count_kept_ratings(self, begin: float, end: float) -> tuple[int, int]:
        """Count the kept ratings good or bad of that time, and the people who gave them."""
        sql = (
            "SELECT count(*), group_concat(requester) FROM rating WHERE updated_at >= ?"
            " AND updated_at < ? AND score IN ('good', 'bad')"
        )
        return self._data.read(lambda c: _count_requesters(c, sql, begin, end))

    @database_call
    def find_phrase_tickets(self, phrase: str, begin: float, end: float) -> PhraseTickets:
        """Select the tickets created then in whose subject, message or tags a phrase stands.

        None where it has no letter.
        """
        query = phrase_query(phrase, _TEXT_COLUMNS)
        if not query:
            return PhraseTickets()

        def look(connection: sqlite3.Connection) -> PhraseTickets:
            # Zendesk numbers tickets as they come: of all with the phrase few are looked at.
            first, last = connection.execute(
                "SELECT min(id), max(id) FROM ticket WHERE created_at >= ? AND created_at < ?"
                " AND status <> 'deleted'",
                (begin, end),
            ).fetchone()
            row = connection.execute(
                # Buckets begin and end at whole seconds.
                "SELECT group_concat(t.id), group_concat(CAST(t.created_at AS INTEGER)),"
                " group_concat(t.requester) FROM ticket_search s"
                " CROSS JOIN ticket t ON t.id = s.rowid WHERE ticket_search MATCH ?"
                " AND s.rowid BETWEEN ? AND ?"
                " AND t.created_at >= ? AND t.created_at < ? AND t.status <> 'deleted'",
                (query, first, last, begin, end),
            ).fetchone()
            return PhraseTickets(*map(_parse_numbers, row))

        return self._data.read(look)

    @database_call
    def list_requesters(
        self, measure: str, begin: float, end: float, agent: int | None
    ) -> Sequence[CountedPerson]:
        """Select whose tickets were `created`, `solved` or `closed` then.

        `agent`: of one assignee, 0 of none; None: of all. Who was erased is not among them.
        """
        column = {"created": "created_at", "solved": "solved_at", "closed": "closed_at"}[measure]
        return self._list_people(
            f"SELECT requester, max({column}) AS at FROM ticket WHERE {column} >= ?1"  # noqa: S608
            f" AND {column} < ?2 AND status <> 'deleted'"
            " AND (?3 IS NULL OR coalesce(assignee, 0) = ?3) GROUP BY requester",
            (begin, end, agent),
        )

    @database_call
    def list_raters(self, begin: float, end: float, agent: int | None) -> Sequence[CountedPerson]:
        """Select who rated a ticket good or bad then, of one assignee (0: none); None: of all."""
        return self._list_people(
            "SELECT requester, max(updated_at) AS at FROM rating WHERE updated_at >= ?1"
            " AND updated_at < ?2 AND score IN ('good', 'bad')"
            " AND (?3 IS NULL OR coalesce(assignee, 0) = ?3) GROUP BY requester",
            (begin, end, agent),
        )

    @database_call
    def list_people(self, times: Mapping[int, float]) -> Sequence[CountedPerson]:
        """Select people by user id, with the times at which they were counted."""
        return self._list_people(
            "SELECT CAST(key AS INTEGER) AS requester, value AS at FROM json_each(?1)",
            (msgspec.json.encode({str(user): at for user, at in times.items()}).decode(),),
        )

    def _list_people(self, sql: str, values: tuple[object, ...]) -> Sequence[CountedPerson]:
        return self._data.read(
            lambda c: [
                CountedPerson(row["id"], row["name"], row["email"], row["at"])
                for row in c.execute(
                    f"SELECT p.id, p.name, p.email, w.at FROM ({sql}) w"  # noqa: S608
                    " JOIN person p ON p.id = w.requester",
                    values,
                )
            ]
        )

    @database_call
    def find_names(self, user_ids: Sequence[int]) -> Mapping[int, str]:
        """Select the names of Zendesk users, agents or not, as far as they were read."""
        return self._data.read(
            lambda c: {
                row[0]: row[1]
                for row in c.execute(
                    "SELECT id, name FROM person WHERE id IN (SELECT value FROM json_each(?))",
                    (msgspec.json.encode(list(user_ids)).decode(),),
                )
            }
        )

    def _sum(self, table: str, name: str, edges: Edges) -> dict[int, list[int]]:
        quarters = [(quarter_of(begin), quarter_of(end)) for begin, end in edges]
        sql = _SUM_SQL.format(table=table, column=_COUNT_TABLES[table])

        def look(connection: sqlite3.Connection) -> dict[int, list[int]]:
            found: dict[int, list[int]] = {}
            for row in connection.execute(sql, (msgspec.json.encode(quarters).decode(), name)):
                found.setdefault(row["agent"], [0] * len(quarters))[row["place"]] = row["n"]
            return found

        return self._database.read(look)


def _count_requesters(
    connection: sqlite3.Connection, sql: str, begin: float, end: float
) -> tuple[int, int]:
    """Count rows and the different people in them, by slices of time that `sql` is asked for.

    Half a million people are told apart in an eighth of the time of SQLite's own DISTINCT; a slice
    is short, so that the window draws meanwhile.
    """
    rows, people = 0, set[int]()
    start = begin
    while start < end:
        until = min(start + _SLICE_S, end)
        count, told = connection.execute(sql, (start, until)).fetchone()
        rows += count
        people.update(_parse_numbers(told))
        start = until
    return rows, len(people)


def _parse_numbers(joined: str | None) -> list[int]:
    """Parse numbers with commas between, as group_concat joins them; None: there are none."""
    return msgspec.json.decode(f"[{joined}]", type=list[int]) if joined else []
