"""The table `sync_lease`: which desk runs a sync, and the number that its newest run wrote by.

All times are the database's own: the desks' clocks may differ.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from desktop.kit.errors import ConflictError
from desktop.model.team import SyncLease
from desktop.store.database_call import database_call
from desktop.store.process_identity import is_owner_alive
from desktop.store.team.team_repository import TeamRepository

if TYPE_CHECKING:
    from desktop.store.team.team_database import TeamDatabaseConnection

# A run looks before each batch, which renews it; the longest batch waits for a job of minutes.
LEASE_S = 900
_SELECT_SQL = (
    "SELECT sync, lease.desk, epoch, owner, last_due, desk.name AS desk_name, memory_desk,"
    " held_until > now() AND owner <> '' AS is_held,"
    " desk.revoked_at IS NOT NULL AS is_desk_revoked,"
    " is_queue_worker(desk.works_queue_at) AS is_desk_worker"
    " FROM sync_lease AS lease JOIN desk ON desk.id = lease.desk"
)


class SyncRunsElsewhere(ConflictError):
    """The error for a sync that another desk runs, or that another process runs at this moment."""

    code = "runs_elsewhere"


class LeaseRepository(TeamRepository):
    """The table `sync_lease`."""

    # Replaced in tests of what happens without.
    is_owner_alive: Callable[[str], bool] = staticmethod(is_owner_alive)

    @database_call
    def claim_due(self, sync: str, due: float, actor: str) -> bool:
        """Claim a scheduled time of a sync for one run; False: another desk's, or claimed before.

        Whoever claims the first one has the sync pinned to their desk.
        """
        row = self._database.run(
            lambda c: c.execute(
                "INSERT INTO sync_lease AS lease (sync, desk, epoch, last_due, pinned_by)"
                " VALUES (%s, %s, 0, %s, %s) ON CONFLICT (sync) DO UPDATE"
                " SET last_due = excluded.last_due WHERE lease.desk = excluded.desk"
                " AND coalesce(lease.last_due, '-infinity') < excluded.last_due RETURNING 1",
                (sync, self._desk_id, due, actor),
            ).fetchone()
        )
        return row is not None

    @database_call
    def queue_due(self, sync: str, due: float, counted: float) -> float | None:
        """Queue a scheduled time of a sync for the team's workers, once whichever desk looks.

        `counted`: from which time the desk's schedule counts. Returns from which one it counts now;
        None: no worker has the sync, or its memory is not in the team store. All are Unix seconds.
        """
        row = self._database.run(
            lambda c: c.execute(
                "SELECT queue_due_run(%s, %s, %s) AS counted", (sync, due, counted)
            ).fetchone()
        )
        return None if row is None or row["counted"] is None else float(row["counted"])

    @database_call
    def take_queued(self, sync: str, due: float, actor: str) -> bool:
        """Pin a sync to this desk, whose worker has taken its queued time.

        False: a newer time is queued, or the sync belongs to no worker any more. Raises
        SyncRunsElsewhere while another desk's run holds it.
        """

        def act(connection: "TeamDatabaseConnection") -> bool:
            before = self._select(connection, sync, for_update=True)
            if before is None or before.last_due != due or not before.has_memory:
                return False
            if before.desk == self._desk_id:
                return True
            if not before.is_desk_worker:
                return False
            if before.is_held:
                raise _running_elsewhere(before)
            self._pin(connection, sync, actor)
            return True

        return self._database.run(act)

    @database_call
    def acquire(self, sync: str, owner: str, actor: str) -> SyncLease:
        """Begin a run's lease under the next epoch; every run before may write nothing more.

        Raises SyncRunsElsewhere where another desk has the sync, or a live process runs it.
        """

        def act(connection: "TeamDatabaseConnection") -> SyncLease:
            connection.execute(
                "INSERT INTO sync_lease (sync, desk, epoch, pinned_by) VALUES (%s, %s, 0, %s)"
                " ON CONFLICT DO NOTHING",
                (sync, self._desk_id, actor),
            )
            before = self._select(connection, sync, for_update=True)
            assert before is not None  # noqa: S101 - inserted above, and nobody may delete it
            if before.desk != self._desk_id:
                raise _pinned_elsewhere(before)
            if before.is_held and before.owner != owner and self.is_owner_alive(before.owner):
                raise SyncRunsElsewhere(
                    f"“{sync}” is running already.",
                    "One run of a sync at a time: nothing was started.",
                    "Wait for it, or cancel it.",
                )
            connection.execute(
                "UPDATE sync_lease SET epoch = epoch + 1, owner = %s,"
                " held_until = now() + make_interval(secs => %s) WHERE sync = %s",
                (owner, LEASE_S, sync),
            )
            found = self._select(connection, sync)
            assert found is not None  # noqa: S101 - locked above
            return found

        return self._database.run(act)

    @database_call
    def renew(self, sync: str, epoch: int) -> bool:
        """Renew a run's lease if its epoch is still the newest, and the sync this desk's.

        Comparing and renewing are one statement.
        """
        row = self._database.run(
            lambda c: c.execute(
                "UPDATE sync_lease SET held_until = now() + make_interval(secs => %s)"
                " WHERE sync = %s AND desk = %s AND epoch = %s RETURNING 1",
                (LEASE_S, sync, self._desk_id, epoch),
            ).fetchone()
        )
        return row is not None

    @database_call
    def release(self, sync: str, epoch: int) -> None:
        """End a run's lease, unless a newer run has it."""
        self._database.run(
            lambda c: c.execute(
                "UPDATE sync_lease SET owner = '', held_until = now()"
                " WHERE sync = %s AND epoch = %s",
                (sync, epoch),
            )
        )

    @database_call
    def take_over(self, sync: str, actor: str) -> SyncLease:
        """Pin a sync to this desk; a run that another desk still has writes nothing more.

        Raises SyncRunsElsewhere where a run holds it at this moment.
        """

        def act(connection: "TeamDatabaseConnection") -> SyncLease:
            connection.execute(
                "INSERT INTO sync_lease (sync, desk, epoch, pinned_by) VALUES (%s, %s, 0, %s)"
                " ON CONFLICT DO NOTHING",
                (sync, self._desk_id, actor),
            )
            before = self._select(connection, sync, for_update=True)
            assert before is not None  # noqa: S101 - inserted above
            if before.is_held and before.desk != self._desk_id:
                raise _running_elsewhere(before)
            self._pin(connection, sync, actor)
            found = self._select(connection, sync)
            assert found is not None  # noqa: S101 - locked above
            return found

        return self._database.run(act)

    @database_call
    def forget_memory(self) -> None:
        """Note that what this desk's syncs remember has to be handed in as a whole again."""
        self._database.run(
            lambda c: c.execute(
                "UPDATE sync_lease SET memory_desk = NULL WHERE desk = %s AND memory_desk = %s",
                (self._desk_id, self._desk_id),
            )
        )

    @database_call
    def list_all(self) -> tuple[SyncLease, ...]:
        """Select which desk runs which sync."""
        return self._database.run(
            lambda c: tuple(map(_to_lease, c.execute(f"{_SELECT_SQL} ORDER BY sync").fetchall()))
        )

    def _pin(self, connection: "TeamDatabaseConnection", sync: str, actor: str) -> None:
        connection.execute(
            "UPDATE sync_lease SET desk = %s, epoch = epoch + 1, owner = '', held_until ="
            " now(), pinned_by = %s, pinned_at = now() WHERE sync = %s AND desk <> %s",
            (self._desk_id, actor, sync, self._desk_id),
        )

    def _select(
        self, connection: "TeamDatabaseConnection", sync: str, *, for_update: bool = False
    ) -> SyncLease | None:
        lock = " FOR UPDATE OF lease" if for_update else ""
        row = connection.execute(
            f"{_SELECT_SQL} WHERE sync = %s{lock}".encode(), (sync,)
        ).fetchone()
        return _to_lease(row) if row is not None else None


def _pinned_elsewhere(lease: SyncLease) -> SyncRunsElsewhere:
    where = "in the team store" if lease.has_memory else "on that computer alone"
    return SyncRunsElsewhere(
        f"“{lease.sync}” runs at {lease.desk_name}.",
        f"What the sync remembers of its records is {where}. Nothing was started.",
        f"Run it there, or move it here: `fairlead team take {lease.sync}`.",
    )


def _running_elsewhere(lease: SyncLease) -> SyncRunsElsewhere:
    return SyncRunsElsewhere(
        f"“{lease.sync}” is running at {lease.desk_name}.",
        "Nothing was changed.",
        "Cancel the run there, or wait: without a sign of life the run's claim ends"
        f" after {LEASE_S // 60} minutes.",
    )


def _to_lease(row: dict[str, object]) -> SyncLease:
    epoch, last_due = row["epoch"], row["last_due"]
    return SyncLease(
        str(row["sync"]),
        str(row["desk"]),
        str(row["desk_name"]),
        int(str(epoch)),
        str(row["owner"]),
        bool(row["is_held"]),
        None if last_due is None else float(str(last_due)),
        row["memory_desk"] is not None,
        bool(row["is_desk_revoked"]),
        bool(row["is_desk_worker"]),
    )
