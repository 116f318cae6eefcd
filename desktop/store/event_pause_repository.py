"""Pauses of event sources: what is paused waits, whoever delivers."""

import sqlite3
from dataclasses import dataclass

from desktop.store import audit_row
from desktop.store.database_call import database_call
from desktop.store.event_proof import is_paused_sql
from desktop.store.repository import Repository

_WAITING_SQL = f"""
SELECT s.id, s.name, s.paused_at, s.paused_by, (SELECT count(*) FROM event e
  WHERE e.source = s.id AND e.state IN ('waiting', 'open')) AS waiting
FROM event_source s WHERE {is_paused_sql("s")} AND s.account = (SELECT id FROM current_account)
ORDER BY s.id DESC
"""  # noqa: S608 - our own words
_OWN_SQL = (
    "SELECT * FROM event_source WHERE (id = ?1 OR named = ?2)"
    " AND account = (SELECT id FROM current_account)"
)


@dataclass(frozen=True)
class PausedSource:
    """A source of events that somebody has paused; `waiting` events are still to be sent."""

    id: int
    name: str
    waiting: int
    paused_at: float
    paused_by: str


class EventPauseRepository(Repository):
    """The pauses in the table `event_source`, of the connected account."""

    @database_call
    def pause(self, source_id: int, actor: str, at: float) -> None:
        """Pause an event source; a delivery under way ends after its round."""
        self._set(source_id, None, actor, at, on=True)

    @database_call
    def resume(self, source_id: int, actor: str, at: float) -> None:
        """Let a source's events be delivered again; this sends nothing by itself."""
        self._set(source_id, None, actor, at, on=False)

    @database_call
    def pause_named(self, named_source: int, actor: str, at: float) -> None:
        """Pause all intakes of a named event source."""
        self._set(None, named_source, actor, at, on=True)

    @database_call
    def resume_named(self, named_source: int, actor: str, at: float) -> None:
        """Let the events of all intakes of a named source be delivered again."""
        self._set(None, named_source, actor, at, on=False)

    def _set(
        self, source_id: int | None, named: int | None, actor: str, at: float, *, on: bool
    ) -> None:
        """Update whether sources are paused, and tell it in the audit, by which it counts."""

        def act(connection: sqlite3.Connection) -> None:
            for row in connection.execute(_OWN_SQL, (source_id, named)).fetchall():
                connection.execute(
                    "UPDATE event_source SET paused_at = ?, paused_by = ? WHERE id = ?",
                    (at if on else 0, actor if on else "", row["id"]),
                )
                audit_row.append_event_pause(connection, row, actor, at, on=on)

        self._database.write(act)

    @database_call
    def list_paused(self) -> tuple[PausedSource, ...]:
        """Select the paused sources that have events waiting, the newest first."""

        def look(connection: sqlite3.Connection) -> tuple[PausedSource, ...]:
            found = connection.execute(_WAITING_SQL)
            return tuple(
                PausedSource(
                    row["id"], row["name"], row["waiting"], row["paused_at"], row["paused_by"]
                )
                for row in found
                if row["waiting"]
            )

        return self._database.read(look)
