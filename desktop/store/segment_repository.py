"""Saved segments of the audience in `fairlead.db`: a name and its conditions."""

import sqlite3
from dataclasses import replace

from desktop.kit.errors import NotFound
from desktop.model.audience_segment import SavedSegment
from desktop.store.database_call import database_call
from desktop.store.repository import Repository


class SegmentRepository(Repository):
    """The table `segment` of saved audience segments."""

    @database_call
    def list_all(self) -> tuple[SavedSegment, ...]:
        """Select every saved segment, by name, with the titles of the syncs that use it."""

        def look(connection: sqlite3.Connection) -> tuple[SavedSegment, ...]:
            uses: dict[str, tuple[str, ...]] = {}
            for row in connection.execute(
                "SELECT json_extract(body, '$.title') AS title,"
                " json_extract(body, '$.source.segment') AS segment FROM sync ORDER BY position"
            ):
                uses[row["segment"]] = (*uses.get(row["segment"], ()), row["title"])
            rows = connection.execute("SELECT * FROM segment ORDER BY name COLLATE NOCASE, name")
            return tuple(
                replace(_to_segment(row), used_by=uses.get(row["name"], ())) for row in rows
            )

        return self._database.read(look)

    @database_call
    def get(self, name: str) -> SavedSegment:
        """Select a saved segment by its name. Raises NotFound."""
        row = self._database.read(
            lambda c: c.execute("SELECT * FROM segment WHERE name = ?", (name,)).fetchone()
        )
        if row is None:
            raise NotFound(
                f"There is no segment “{name}”.",
                "It was renamed or removed.",
                "`fairlead audience segment list` shows those that there are.",
            )
        return _to_segment(row)

    @database_call
    def save(self, segment: SavedSegment) -> None:
        """Insert a segment, or replace the one of its name."""
        self._database.write(
            lambda c: c.execute(
                "INSERT OR REPLACE INTO segment (name, expression, saved_at, saved_by)"
                " VALUES (?, ?, ?, ?)",
                (segment.name, segment.expression, segment.saved_at, segment.saved_by),
            )
        )

    @database_call
    def remove(self, name: str) -> bool:
        """Delete a saved segment; returns whether it was there. Nobody in it is touched."""
        return self._database.write(
            lambda c: c.execute("DELETE FROM segment WHERE name = ?", (name,)).rowcount > 0
        )


def _to_segment(row: sqlite3.Row) -> SavedSegment:
    return SavedSegment(row["name"], row["expression"], row["saved_at"], row["saved_by"])
