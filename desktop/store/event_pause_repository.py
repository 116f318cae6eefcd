"""Pauses of event sources: what is paused waits, whoever delivers."""

import sqlite3
from dataclasses import dataclass

from desktop.store.database_call import database_call
from desktop.store.repository import Repository

_WAITING_SQL = """
SELECT s.id, s.name, s.paused_at, s.paused_by, (SELECT count(*) FROM event e
  WHERE e.source = s.id AND e.state IN ('waiting', 'open')) AS waiting
FROM event_source s WHERE s.paused_at > 0 AND s.account = (SELECT id FROM current_account)
ORDER BY s.id DESC
"""


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
        """Hold back what is not sent of a source; a delivery under way ends after its round."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE event_source SET paused_at = ?, paused_by = ? WHERE id = ?"
                " AND account = (SELECT id FROM current_account)",
                (at, actor, source_id),
            )
        )

    @database_call
    def resume(self, source_id: int) -> None:
        """Let a source's events be delivered again; this sends nothing by itself."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE event_source SET paused_at = 0, paused_by = '' WHERE id = ?"
                " AND account = (SELECT id FROM current_account)",
                (source_id,),
            )
        )

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
