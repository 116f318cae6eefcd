"""What pages ask of the stored events: which are known, when actions fired, what a file became."""

import sqlite3
from collections.abc import Mapping, Sequence

from desktop.model.event_delivery import DeliveryState
from desktop.model.json_value import canonical_json
from desktop.store.database_call import database_call
from desktop.store.event_proof import is_paused_sql
from desktop.store.repository import Repository

_UNSENT = ("waiting", "open")
# How the users that events have created were sent, of the newest deliveries.
_NEW_USERS_SQL = """
SELECT answer LIKE 'job %' AS is_job FROM (
  SELECT d.* FROM event_delivery d ORDER BY d.event DESC LIMIT 2000
) d JOIN event e ON e.id = d.event
WHERE e.account = (SELECT id FROM current_account) AND d.action = 'upsert_user'
AND d.state = 'done' AND d.request LIKE '{"method":"POST","path":"/api/v2/users"%'
"""
# A few are created one by one where the account may import users, too.
_MANY_SINGLY = 20


class EventQueryRepository(Repository):
    """Questions about the tables `event` and `event_delivery`, of the connected account."""

    @database_call
    def find_known(self, message_ids: Sequence[str]) -> Mapping[str, str]:
        """Return, of these message ids, those that are stored: `sent`, `waiting` or `parked`."""
        wanted = canonical_json(list(message_ids))

        def look(connection: sqlite3.Connection) -> Mapping[str, str]:
            rows = connection.execute(
                "SELECT e.message_id, e.state, EXISTS (SELECT 1 FROM event_delivery d WHERE"
                " d.event = e.id AND d.state = 'parked') AS is_parked FROM event e"
                " WHERE e.account = (SELECT id FROM current_account)"
                " AND e.message_id IN (SELECT value FROM json_each(?))",
                (wanted,),
            )
            return {row["message_id"]: _known_state(row) for row in rows}

        return self._database.read(look)

    @database_call
    def find_last_fired(self) -> Mapping[str, float]:
        """Return by action when one of its deliveries changed last, Unix seconds."""

        def look(connection: sqlite3.Connection) -> Mapping[str, float]:
            rows = connection.execute(
                "SELECT d.action, max(d.updated_at) AS at FROM event_delivery d JOIN event e"
                " ON e.id = d.event WHERE e.account = (SELECT id FROM current_account)"
                " GROUP BY d.action"
            )
            return {row["action"]: float(row["at"]) for row in rows}

        return self._database.read(look)

    @database_call
    def count_unsent(self) -> int:
        """Count the events of all sources that are to be sent, but those held for a person."""
        query = (
            "SELECT count(*) FROM event WHERE account = (SELECT id FROM current_account)"
            " AND state IN ('waiting', 'open') AND NOT is_held"
        )
        return self._database.read(lambda c: int(c.execute(query).fetchone()[0]))

    @database_call
    def count_unsent_users(self) -> int:
        """Count the users, or organisations, whose events of any source a delivery may send."""
        query = f"""
SELECT count(DISTINCT e.user_key) FROM event e JOIN event_source s ON s.id = e.source
WHERE e.account = (SELECT id FROM current_account) AND e.state IN ('waiting', 'open')
AND NOT e.is_held AND NOT {is_paused_sql("s")}
"""  # noqa: S608 - our own words
        return self._database.read(lambda c: int(c.execute(query).fetchone()[0]))

    @database_call
    def imports_users(self) -> bool | None:
        """Whether deliveries created new users by jobs, as an account must allow; None: unknown."""

        def look(connection: sqlite3.Connection) -> bool | None:
            by_job = [bool(row["is_job"]) for row in connection.execute(_NEW_USERS_SQL)]
            if any(by_job):
                return True
            return False if len(by_job) >= _MANY_SINGLY else None

        return self._database.read(look)

    @database_call
    def find_newest_source(self, name: str, since: float = 0.0) -> int | None:
        """Return the id of the newest source of this name added since a moment, or None."""

        def look(connection: sqlite3.Connection) -> int | None:
            row = connection.execute(
                "SELECT max(id) AS id FROM event_source WHERE name = ? AND added_at >= ?"
                " AND account = (SELECT id FROM current_account)",
                (name, since),
            ).fetchone()
            return None if row["id"] is None else int(row["id"])

        return self._database.read(look)

    @database_call
    def list_delivery_states(
        self, source_id: int, since: float
    ) -> Mapping[tuple[int, str], tuple[DeliveryState, float]]:
        """Return by line and action the state of a source's deliveries changed since a moment."""

        def look(
            connection: sqlite3.Connection,
        ) -> Mapping[tuple[int, str], tuple[DeliveryState, float]]:
            rows = connection.execute(
                "SELECT e.line, d.action, d.state, d.updated_at FROM event e JOIN event_delivery d"
                " ON d.event = e.id WHERE e.source = ? AND d.updated_at >= ?",
                (source_id, since),
            )
            return {
                (row["line"], row["action"]): (DeliveryState(row["state"]), row["updated_at"])
                for row in rows
            }

        return self._database.read(look)


def _known_state(row: sqlite3.Row) -> str:
    if row["is_parked"] or row["state"] == "invalid":
        return "parked"
    return "waiting" if row["state"] in _UNSENT else "sent"
