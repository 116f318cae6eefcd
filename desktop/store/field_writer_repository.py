"""Who has written each field on this computer: syncs and rules, and people by the audit."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from desktop.store.database_call import database_call
from desktop.store.repository import Repository


@dataclass(frozen=True)
class FieldWrite:
    """The last write of a field by a sync, or by a person (`actor`); `at` is in Unix seconds."""

    field: str
    at: float
    sync: str = ""
    actor: str = ""


class FieldWriterRepository(Repository):
    """Selects the last write of each field from `fairlead.db`."""

    @database_call
    def list_sync_writes(self) -> tuple[FieldWrite, ...]:
        """Select when each sync has last written each field."""

        def look(connection: sqlite3.Connection) -> tuple[FieldWrite, ...]:
            rows = connection.execute(
                "SELECT sync, field, max(at) AS at FROM (SELECT sync, field, at FROM synced_value"
                " UNION ALL SELECT sync, field, at FROM accepted_value) GROUP BY sync, field"
            )
            return tuple(FieldWrite(row["field"], row["at"], sync=row["sync"]) for row in rows)

        return self._database.read(look)

    @database_call
    def list_person_writes(self, health_var: str) -> tuple[FieldWrite, ...]:
        """Select who has last set each var and the health by hand; `health_var` holds the health.

        Of several people each is told.
        """

        def look(connection: sqlite3.Connection) -> Iterator[FieldWrite]:
            for row in connection.execute(
                "SELECT kind, name, actor, max(at) AS at FROM audit_entry"
                " WHERE kind IN ('var', 'health') AND result = 'done' AND actor IS NOT NULL"
                " GROUP BY kind, name, actor"
            ):
                name = health_var if row["kind"] == "health" else row["name"]
                yield FieldWrite(f"vars.{name}", row["at"], actor=row["actor"])

        return self._database.read(lambda connection: tuple(look(connection)))
