"""The table of repairs of hard bounces, with the opt-out level that each keeps."""

import sqlite3

from desktop.model.bounce_repair import BounceRepair
from desktop.model.edit import EditTarget
from desktop.model.optout_level import OptOutLevel
from desktop.model.service import Service
from desktop.store import audit_row
from desktop.store.database_call import database_call
from desktop.store.repository import Repository
from desktop.store.sqlite_errors import DatabaseDamaged

# The kind of an audit row that tells of a repair, which keeps an opt-out level.
BOUNCE_REPAIR_KIND = "bounce_repair"
_OWN = "account = (SELECT id FROM current_account)"


class BounceRepairRepository(Repository):
    """The table `bounce_repair` of `fairlead.db`, of the account connected now."""

    @database_call
    def begin(self, sid: str, label: str, level: OptOutLevel, actor: str, now: float) -> None:
        """Insert a repair that keeps a customer's opt-out level; one that is open keeps its own.

        The level read later may be none: the address was set Valid meanwhile.
        """

        def act(connection: sqlite3.Connection) -> None:
            begun = connection.execute(
                "INSERT INTO bounce_repair (account, sid, label, level, actor, begun_at)"
                " SELECT id, ?, ?, ?, ?, ? FROM current_account WHERE true ON CONFLICT DO NOTHING",
                (sid, label, level.value, actor, now),
            ).rowcount
            if begun:
                repair = BounceRepair(0, sid, label, level, actor, now)
                _tell(connection, repair, actor, "Begun", now)

        self._database.write(act)

    @database_call
    def find_open(self, sid: str) -> BounceRepair | None:
        """Select the repair of a profile that has not ended, or None."""
        query = f"SELECT * FROM bounce_repair WHERE {_OWN} AND sid = ? AND ended_at IS NULL"  # noqa: S608
        row = self._database.read(lambda c: c.execute(query, (sid,)).fetchone())
        return _decode(row) if row is not None else None

    @database_call
    def list_open(self) -> tuple[BounceRepair, ...]:
        """Select the repairs that have not ended, the oldest first."""
        query = f"SELECT * FROM bounce_repair WHERE {_OWN} AND ended_at IS NULL ORDER BY id"  # noqa: S608
        return self._database.read(lambda c: tuple(map(_decode, c.execute(query))))

    @database_call
    def end(self, repair: BounceRepair, result: str, actor: str, now: float) -> None:
        """Update a repair as ended, with how in words and who was at work, and tell the audit."""

        def act(connection: sqlite3.Connection) -> None:
            ended = connection.execute(
                "UPDATE bounce_repair SET ended_at = ?, result = ? WHERE id = ?"
                " AND ended_at IS NULL",
                (now, result, repair.id),
            ).rowcount
            if ended:
                _tell(connection, repair, actor, result, now)

        self._database.write(act)


def _tell(
    connection: sqlite3.Connection, repair: BounceRepair, actor: str, state: str, at: float
) -> None:
    """Append to the audit that the repair of a hard bounce has begun, or how it ended."""
    audit_row.append_entry(
        connection,
        at=at,
        actor=actor,
        kind=BOUNCE_REPAIR_KIND,
        service=Service.SAILTHRU,
        target=EditTarget(Service.SAILTHRU, repair.sid, repair.label),
        name="",
        old=None,
        new={"level": repair.level.value, "state": state},
        reason="The opt-out that is kept over the repair of a hard bounce",
    )


def _decode(row: sqlite3.Row) -> BounceRepair:
    try:
        level = OptOutLevel(row["level"])
    except ValueError as error:
        raise DatabaseDamaged(f"row {row['id']} of bounce_repair makes no sense") from error
    return BounceRepair(
        row["id"],
        row["sid"],
        row["label"],
        level,
        row["actor"],
        row["begun_at"],
        row["ended_at"],
        row["result"],
    )
