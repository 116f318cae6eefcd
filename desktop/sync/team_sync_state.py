"""What a sync remembers, kept in the team store while its run writes: so that it may move.

An increment is announced before it is sent, and a batch's memory is handed in as soon as its rows
are closed, both under the epoch of the run's lease. Whoever goes on with the sync finds all that
may have been done: what was closed is known, and what was announced is looked for at the target.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from desktop.kit.clock import Clock
from desktop.model.sync_plan import PlanRow
from desktop.model.team_shared_row import INCREMENT_KIND, SHARED_KINDS, SharedRow
from desktop.store.plan_row_table import to_json
from desktop.store.run_provenance import RunProvenance
from desktop.store.team.shared_row_repository import MemoryClaim
from desktop.store.unconfirmed_increment_repository import increment_values
from desktop.store.workspace_store import WorkspaceStore

if TYPE_CHECKING:
    from desktop.store.team.team_store import TeamStore

_ROWS = 1000
_INCREMENT_COLUMNS = (
    "sync", "source", "target", "run", "job_id", "sent_at", "changes", "events", "is_rollback",
)  # fmt: skip


class TeamSyncState:
    """A sync's memory during one run: here, and in the team store under the run's epoch."""

    def __init__(
        self, store: "TeamStore", local: WorkspaceStore, sync: str, epoch: int, clock: Clock
    ) -> None:
        self._shared = store.shared_rows
        self._desk_id = store.desk_id
        self._journal = local.shared_rows
        self._sync = sync
        self._claim = MemoryClaim(sync, epoch)
        self._clock = clock

    async def begin(self) -> None:
        """Have the same memory on both sides: that of the desk whose run was the last.

        Where nobody's is in the team store, this desk's becomes it. Raises RunOvertaken,
        TeamStoreAway; begun again it goes on.
        """
        holder = await self._shared.begin_memory(self._claim)
        if holder == self._desk_id:
            await self.hand_in()
            return
        if holder:
            rows = await self._shared.read_memory(self._sync)
            await self._journal.replace_memory(self._sync, rows)
        else:
            await self._shared.clear_memory(self._claim)
            await self._journal.note_memory(self._sync)
            await self.hand_in()
        await self._shared.own_memory(self._claim)

    async def hand_in(self) -> None:
        """Hand in what has changed of the memory. Raises RunOvertaken, TeamStoreAway.

        And of the whole team's rows: whom the run has matched with whom counts for whoever goes on.
        """
        await self._hand_in("", None)
        await self._hand_in(self._sync, self._claim)

    async def _hand_in(self, sync: str, claim: MemoryClaim | None) -> None:
        after = 0
        while True:
            rows, last = await self._journal.list_changes(sync, _ROWS, after)
            if last == after:
                return
            await self._shared.hand_in(rows, claim)
            await self._journal.forget(rows)
            after = last

    async def announce(self, provenance: RunProvenance, rows: Sequence[PlanRow]) -> None:
        """Hand in which increments are about to be sent; nothing of them is sent before.

        Raises RunOvertaken, TeamStoreAway.
        """
        now, found = self._clock.now(), []
        for row in rows:
            values = increment_values(provenance, row, "", now)
            if values is not None:
                named = dict(zip(_INCREMENT_COLUMNS, values, strict=True)) | {"resend_requested": 0}
                columns = SHARED_KINDS[INCREMENT_KIND].columns
                body = tuple(named[name] for name in columns)
                key = to_json([self._sync, row.source_id])
                found.append(SharedRow(INCREMENT_KIND, key, self._sync, body, now))
        if found:
            # First here: killed in between, the next handing-in takes them back.
            sources = [row.source_id for row in rows]
            await self._journal.note_increments(self._sync, sources)
            await self._shared.hand_in(found, self._claim)
