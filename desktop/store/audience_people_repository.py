"""Counts and lists the people of `data.db` whom conditions pick, page by page of a key."""

import sqlite3
from array import array
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from desktop.kit.text import fold_text
from desktop.model.audience_condition import AudienceCondition, AudienceFieldKind, AudienceGroup
from desktop.model.audience_person import (
    AudienceColumn,
    AudienceOrder,
    AudiencePerson,
    AudiencePosition,
    ConditionCount,
    ConditionEvidence,
)
from desktop.store.audience_query import (
    AudienceSql,
    QueryMoment,
    compile_condition,
    compile_group,
    not_read_sql,
    phrase_query,
)
from desktop.store.count_cache import CountCache
from desktop.store.database_call import database_call
from desktop.store.repository import Repository
from desktop.store.sqlite_database import Database

_SEPARATOR = "\x1f"
_SORT_COLUMNS = {
    AudienceColumn.NAME: "p.sort_name",
    AudienceColumn.EMAIL: "p.email",
    AudienceColumn.PHONE: "p.phone",
    AudienceColumn.EXTERNAL_ID: "p.external_id",
    AudienceColumn.ID: "p.id",
    AudienceColumn.ORGANIZATION: "p.organization_sort",
    AudienceColumn.LOCALE: "p.locale",
    AudienceColumn.CREATED: "p.created_at",
    AudienceColumn.TICKETS: "p.ticket_count",
    AudienceColumn.OPEN_TICKETS: "p.open_count",
    AudienceColumn.LAST_TICKET: "p.last_ticket_at",
    AudienceColumn.RATING: "p.last_rating",
    AudienceColumn.VALUE: "p.value_segment",
    AudienceColumn.PREDICTED: "p.value_amount",
    AudienceColumn.HEALTH: "p.health",
    AudienceColumn.OPTOUT: "p.optout",
    AudienceColumn.ENGAGEMENT: "p.engagement",
    AudienceColumn.LAST_OPEN: "p.last_open_at",
    AudienceColumn.LAST_CLICK: "p.last_click_at",
}
_PERSON_COLUMNS = (
    "p.id, p.name, p.email, p.phone, p.external_id,"
    " coalesce((SELECT name FROM organization WHERE id = p.organization_id), '') AS organization,"
    " p.locale, p.created_at, p.ticket_count, p.open_count, p.last_ticket_id, p.last_ticket_at,"
    " p.last_ticket_status, p.last_rating, p.last_rating_at, p.sid, p.is_ambiguous, p.engagement,"
    " p.health, p.value_segment, p.value_amount, p.optout, p.last_open_at, p.last_click_at,"
    " p.profile_read_at, (SELECT group_concat(l.name, char(31)) FROM list_member m"
    " JOIN mailing_list l ON l.id = m.list_id WHERE m.sid = p.sid) AS lists,"
    " (SELECT group_concat(t.name, char(31)) FROM person_tag x JOIN tag t ON t.id = x.tag_id"
    " WHERE x.person_id = p.id) AS tags,"
    " (SELECT json_extract(body, '$.user_fields') FROM person_body WHERE id = p.id) AS user_fields"
)
# Up to so many are sorted after they were found; more are found in the order of an index, for which
# the 200 of a page lie close enough: at a million people 100,000 are looked at for them.
_MAX_SORTED = 2_000
# From so many on a page is full soon, and what they fit is asked of them one by one.
_MANY = 20_000


class AudiencePeopleRepository(Repository):
    """Reads people by conditions, over a connection of its own: it holds up no one who writes."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._counts = CountCache()

    @database_call
    def count(self, group: AudienceGroup, moment: QueryMoment) -> int:
        """Count the rows of `person` whom audience conditions pick."""
        conditions = tuple(group.conditions())
        is_phrase = len(conditions) == 1 and _is_phrase(conditions[0])
        where = compile_group(group, moment, is_counted=True)
        return self._database.read(lambda c: self._count(c, where, is_phrase=is_phrase))

    @database_call
    def count_profiles(self) -> tuple[int, int, int]:
        """Count the people, the users of Zendesk among them, and those whose profile was read."""

        def look(connection: sqlite3.Connection) -> tuple[int, int, int]:
            row = connection.execute(
                "SELECT count(*), count(*) FILTER (WHERE id > 0), count(sid)"
                " FROM person WHERE listed = 1"
            ).fetchone()
            return int(row[0]), int(row[1]), int(row[2])

        return self._database.read(look)

    @database_call
    def count_condition(self, condition: AudienceCondition, moment: QueryMoment) -> ConditionCount:
        """Count the rows of `person` one condition picks alone, and those without its field."""

        def look(connection: sqlite3.Connection) -> ConditionCount:
            where = compile_condition(condition, moment)
            people = self._count(connection, where, is_phrase=_is_phrase(condition))
            not_read = not_read_sql(condition)
            if not_read is None:
                return ConditionCount(people)
            return ConditionCount(people, self._count(connection, AudienceSql(not_read)))

        return self._database.read(look)

    def _count(
        self, connection: sqlite3.Connection, where: AudienceSql, *, is_phrase: bool = False
    ) -> int:
        key = (where.text, where.values)
        return self._counts.get(
            connection, key, lambda: _count(connection, where, is_phrase=is_phrase)
        )

    @database_call
    def list_people(
        self,
        group: AudienceGroup,
        moment: QueryMoment,
        order: AudienceOrder,
        limit: int,
        *,
        after: AudiencePosition | None = None,
        total: int | None = None,
    ) -> tuple[AudiencePerson, ...]:
        """Select the people whom conditions pick, in an order, behind a position.

        `total` is how many they are, where known: few are found first and sorted then.
        """
        if total == 0:
            return ()
        is_many = total is not None and total >= _MANY
        where = compile_group(group, moment, is_page_of_many=is_many)
        is_few = total is not None and total <= _MAX_SORTED

        def look(connection: sqlite3.Connection) -> tuple[AudiencePerson, ...]:
            return tuple(_select_page(connection, where, order, limit, after, sorts_found=is_few))

        return self._database.read(look)

    @database_call
    def list_ids(
        self, group: AudienceGroup, moment: QueryMoment, order: AudienceOrder
    ) -> Sequence[int]:
        """Select the ids of everybody whom conditions pick, in an order; eight bytes each."""
        where = compile_group(group, moment)
        column = _SORT_COLUMNS[order.column]
        way = "DESC" if order.is_descending else "ASC"
        picked = f"p.listed = 1 AND ({where.text})"
        # Everybody stands in the index in order; some are found and sorted faster than read by it.
        sort = column if group.is_everybody else f"+{column}"

        def look(connection: sqlite3.Connection) -> Sequence[int]:
            ids = array("q")
            for test in ("IS NOT NULL", "IS NULL"):
                rows = connection.execute(
                    f"SELECT p.id FROM person p WHERE {picked} AND {column} {test}"  # noqa: S608
                    f" ORDER BY {sort} {way}, p.id {way}",
                    where.values,
                )
                ids.extend(row[0] for row in rows)
            return ids

        return self._database.read(look)

    @database_call
    def get_people(self, ids: Sequence[int]) -> Mapping[int, AudiencePerson]:
        """Select people by their ids; who is not there any more is left out."""

        def look(connection: sqlite3.Connection) -> dict[int, AudiencePerson]:
            rows = connection.execute(
                f"SELECT {_PERSON_COLUMNS} FROM person p WHERE p.id IN"  # noqa: S608 - ours
                " (SELECT value FROM json_each(?))",
                (msgspec.json.encode(list(ids)).decode(),),
            )
            return {person.id: person for person in map(_to_person, rows)}

        return self._database.read(look)

    @database_call
    def evaluate(
        self, person_id: int, conditions: Sequence[AudienceCondition], moment: QueryMoment
    ) -> tuple[ConditionEvidence, ...]:
        """Say of each condition whether it picks one person, and what text a phrase matched."""

        def look(connection: sqlite3.Connection) -> tuple[ConditionEvidence, ...]:
            found = []
            for condition in conditions:
                sql = compile_condition(condition, moment)
                row = connection.execute(
                    f"SELECT {sql.text} FROM person p WHERE p.id = ?",  # noqa: S608 - compiled
                    (*sql.values, person_id),
                ).fetchone()
                is_phrase = _is_phrase(condition)
                excerpt = _find_excerpt(connection, person_id, condition) if is_phrase else ""
                found.append(ConditionEvidence(condition, bool(row and row[0]), excerpt))
            return tuple(found)

        return self._database.read(look)

    @database_call
    def list_field_keys(self) -> tuple[str, ...]:
        """Select the keys of the account's user fields that somebody has a value of."""
        # A loose scan of the key's beginning: one seek for each field, not a row for each person.
        sql = (
            "WITH RECURSIVE key (field) AS (SELECT min(field) FROM person_field UNION ALL"
            " SELECT (SELECT min(field) FROM person_field WHERE field > key.field) FROM key"
            " WHERE key.field IS NOT NULL) SELECT field FROM key WHERE field IS NOT NULL"
        )
        return self._database.read(lambda c: tuple(row[0] for row in c.execute(sql)))

    @database_call
    def list_values(self, field: str, limit: int = 200) -> tuple[str, ...]:
        """Select the values to choose from of a SET field: tags, lists, channels, agents."""
        sql = {
            "tag": "SELECT name FROM tag ORDER BY name LIMIT ?",
            "ticket_tag": "SELECT name FROM tag ORDER BY name LIMIT ?",
            "list": "SELECT name FROM mailing_list ORDER BY name LIMIT ?",
            "assignee": "SELECT name FROM person WHERE role <> 'end-user' ORDER BY name LIMIT ?",
        }.get(field)
        if sql is None:
            return ()
        return self._database.read(lambda c: tuple(row[0] for row in c.execute(sql, (limit,))))


def position_of(person: AudiencePerson, order: AudienceOrder) -> AudiencePosition:
    """Return a person's place in an order, behind which the next page begins."""
    return AudiencePosition(_sort_value(person, order.column), person.id)


def _sort_value(person: AudiencePerson, column: AudienceColumn) -> str | float | None:
    values: dict[AudienceColumn, str | float | None] = {
        AudienceColumn.NAME: fold_text(person.name),
        AudienceColumn.EMAIL: person.email,
        AudienceColumn.PHONE: person.phone,
        AudienceColumn.EXTERNAL_ID: person.external_id,
        AudienceColumn.ID: person.id,
        AudienceColumn.ORGANIZATION: fold_text(person.organization) or None,
        AudienceColumn.LOCALE: person.locale,
        AudienceColumn.CREATED: person.created_at,
        AudienceColumn.TICKETS: person.ticket_count,
        AudienceColumn.OPEN_TICKETS: person.open_count,
        AudienceColumn.LAST_TICKET: person.last_ticket_at,
        AudienceColumn.RATING: person.last_rating,
        AudienceColumn.VALUE: person.value_segment,
        AudienceColumn.PREDICTED: person.value_amount,
        AudienceColumn.HEALTH: person.health,
        AudienceColumn.OPTOUT: person.optout,
        AudienceColumn.ENGAGEMENT: person.engagement,
        AudienceColumn.LAST_OPEN: person.last_open_at,
        AudienceColumn.LAST_CLICK: person.last_click_at,
    }
    return values[column]


def _is_phrase(condition: AudienceCondition) -> bool:
    return condition.definition.kind is AudienceFieldKind.PHRASE


def _count(connection: sqlite3.Connection, where: AudienceSql, *, is_phrase: bool = False) -> int:
    # Whom a phrase alone picks are many ids, of which nothing else is asked: the small index tells.
    hint, is_in_it = "", "p.listed = 1"
    if is_phrase and where.values:
        hint, is_in_it = "INDEXED BY person_listed", "p.listed = 1 AND p.role = 'end-user'"
    row = connection.execute(
        f"SELECT count(*) FROM person p {hint} WHERE {is_in_it} AND ({where.text})",  # noqa: S608
        where.values,
    ).fetchone()
    return int(row[0])


def _select_page(
    connection: sqlite3.Connection,
    where: AudienceSql,
    order: AudienceOrder,
    limit: int,
    after: AudiencePosition | None,
    *,
    sorts_found: bool,
) -> Iterator[AudiencePerson]:
    """Select a page: who has a value in its order, then who has none by their ids."""
    column = _SORT_COLUMNS[order.column]
    way, sign = ("DESC", "<") if order.is_descending else ("ASC", ">")
    # A plus keeps the sorting index out: few are found faster by what picks them.
    sort = f"+{column}" if sorts_found else column
    left = limit
    if after is None or after.value is not None:
        behind, place = f"{column} IS NOT NULL", tuple[object, ...]()
        if after is not None:
            behind, place = f"({sort}, p.id) {sign} (?, ?)", (after.value, after.id)
        page = _read_page(connection, where, f"{behind}", f"{sort} {way}, p.id {way}", place, left)
        left -= len(page)
        yield from page
        after = None
    if left > 0:
        first = _first_id(order) if after is None else after.id
        yield from _read_page(
            connection, where, f"{column} IS NULL AND p.id {sign} ?", f"p.id {way}", (first,), left
        )


def _read_page(
    connection: sqlite3.Connection,
    where: AudienceSql,
    behind: str,
    order: str,
    place: tuple[object, ...],
    limit: int,
) -> list[AudiencePerson]:
    """Select the ids of a page first: what is shown of everybody would be read to be sorted."""
    rows = connection.execute(
        f"SELECT {_PERSON_COLUMNS} FROM (SELECT p.id AS key FROM person p WHERE p.listed = 1"  # noqa: S608
        f" AND ({where.text}) AND {behind} ORDER BY {order} LIMIT ?) page"
        f" CROSS JOIN person p ON p.id = page.key ORDER BY {order}",
        (*where.values, *place, limit),
    )
    return list(map(_to_person, rows))


def _first_id(order: AudienceOrder) -> int:
    return 2**63 - 1 if order.is_descending else -(2**63)


def _find_excerpt(
    connection: sqlite3.Connection, person_id: int, condition: AudienceCondition
) -> str:
    """Select the words around what a phrase matched in the person's newest such ticket."""
    columns = {"subject": "subject", "body": "body"}.get(condition.field, "subject body tags")
    query = phrase_query(str(condition.value), columns)
    if not query:
        return ""
    row = connection.execute(
        "SELECT snippet(ticket_search, -1, '', '', '…', 12) FROM ticket_search"
        " WHERE ticket_search MATCH ? AND rowid IN"
        " (SELECT id FROM ticket WHERE requester = ?) ORDER BY rowid DESC LIMIT 1",
        (query, person_id),
    ).fetchone()
    return "" if row is None else str(row[0])


def _to_person(row: sqlite3.Row) -> AudiencePerson:
    values = {name: row[name] for name in row.keys()}  # noqa: SIM118 - of a Row
    values["is_ambiguous"] = bool(values["is_ambiguous"])
    for name in ("lists", "tags"):
        text = values[name]
        values[name] = tuple(sorted(text.split(_SEPARATOR))) if text else ()
    fields = values["user_fields"]
    values["user_fields"] = msgspec.json.decode(fields) if fields else {}
    return AudiencePerson(**values)
