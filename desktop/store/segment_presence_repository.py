"""Who was in a saved segment at the last look, in `history.db`, to tell who has come into it."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from desktop.store.database_call import database_call
from desktop.store.repository import Repository


@dataclass(frozen=True)
class SegmentEntry:
    """Somebody who came into a segment between two looks at it (Unix seconds)."""

    person_id: int
    at: float
    before_at: float


class SegmentPresenceRepository(Repository):
    """Keeps who is in a segment, and since which look."""

    @database_call
    def note_look(
        self,
        segment: str,
        expression: str,
        people: Sequence[int],
        now: float,
        *,
        known_since: float = 0.0,
    ) -> None:
        """Store who is in a segment now. The first look at its conditions brings nobody in.

        Nor does the first look after `known_since`, when something that its conditions ask was
        read for the first time (Unix seconds): who is new then may have been in it for long.
        """

        def act(connection: sqlite3.Connection) -> None:
            last = connection.execute(
                "SELECT expression, at FROM segment_look WHERE segment = ?", (segment,)
            ).fetchone()
            is_first = last is None or last["expression"] != expression
            if is_first:
                connection.execute("DELETE FROM segment_presence WHERE segment = ?", (segment,))
            rows = connection.execute(
                "SELECT person FROM segment_presence WHERE segment = ?", (segment,)
            )
            known, inside = {row[0] for row in rows}, set(people)
            connection.executemany(
                "DELETE FROM segment_presence WHERE segment = ? AND person = ?",
                [(segment, person) for person in known - inside],
            )
            was_there = is_first or known_since > last["at"]
            at, before_at = (0.0, 0.0) if was_there else (now, last["at"])
            connection.executemany(
                "INSERT INTO segment_presence (segment, person, at, before_at) VALUES (?, ?, ?, ?)",
                [(segment, person, at, before_at) for person in sorted(inside - known)],
            )
            connection.execute(
                "INSERT OR REPLACE INTO segment_look (segment, expression, at) VALUES (?, ?, ?)",
                (segment, expression, now),
            )

        self._database.write(act)

    @database_call
    def list_entries(self, segment: str, since: float, limit: int) -> tuple[SegmentEntry, ...]:
        """Select who came into a segment since a moment and is in it still, the oldest first."""
        rows = self._database.read(
            lambda c: c.execute(
                "SELECT person, at, before_at FROM segment_presence"
                " WHERE segment = ? AND at > ? ORDER BY at, person LIMIT ?",
                (segment, since, limit),
            ).fetchall()
        )
        return tuple(SegmentEntry(row["person"], row["at"], row["before_at"]) for row in rows)
