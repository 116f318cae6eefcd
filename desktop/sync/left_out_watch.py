"""Leaves people out of a plan that is being applied, from the moment somebody asks for it."""

from desktop.kit.clock import Clock
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.plan_row_decisions import PlanRowDecisions
from desktop.writing.plan_row_queue import PlanRevision


class LeftOutWatch(PlanRevision):
    """The revision of a run's plan by whom its sync leaves out by now.

    It is asked before each batch is claimed and again right before it is sent, so that nobody is
    written who was left out while the plan is applied, or before an interrupted run goes on.
    """

    def __init__(self, store: WorkspaceStore, clock: Clock, sync_name: str, plan_id: str) -> None:
        self._store = store
        self._decisions = PlanRowDecisions(store, clock)
        self._sync_name = sync_name
        self._plan_id = plan_id
        self._applied_keys: frozenset[str] = frozenset()
        self._counted_keys: frozenset[str] = frozenset()
        self.number = 0

    async def apply(self) -> None:
        """Take whom the sync leaves out by now out of the plan's rows that no batch holds."""
        people = await self._store.sync_state.list_left_out(self._sync_name)
        news = [person for person in people if person.key not in self._applied_keys]
        if news:
            await self._store.run(self._decisions.leave_out_of_applied, self._plan_id, news)
        keys = frozenset(person.key for person in people)
        # Whoever was applied once more is no news: else batches at once would go back for ever.
        self.number += not self._counted_keys.issuperset(keys)
        self._applied_keys = self._counted_keys = keys

    def start_anew(self) -> None:
        """Have the next `apply` look for everybody left out in all of the plan's rows."""
        self._applied_keys = frozenset()
