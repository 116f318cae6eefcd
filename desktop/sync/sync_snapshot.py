"""Read the state of every sync in one piece: runs, plans, what waits and is missing."""

from dataclasses import dataclass

from desktop.model.sync import Sync, SyncProblem, SyncStatus
from desktop.model.sync_plan import Plan, PlannedOutcome, PlanState
from desktop.model.sync_run import Run, RunState
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.sync_presets import PresetNames, build_preset, offered_presets
from desktop.sync.sync_service import SyncService

_SHOWN_PLAN_STATES = (PlanState.READY, PlanState.STOPPED, PlanState.APPLYING, PlanState.APPLIED)


@dataclass(frozen=True)
class SyncSnapshot:
    """State of one sync; `plan` is the newest complete one, `preview_run` one in the making."""

    sync_state: SyncStatus
    missing_requirements: tuple[SyncProblem, ...]
    last_run: Run | None
    preview_run: Run | None
    plan: Plan | None
    exchanged_count: int

    @property
    def sync(self) -> Sync:
        """The sync whose state the snapshot holds."""
        return self.sync_state.sync

    @property
    def active_run(self) -> Run | None:
        """The snapshot's run or preview under way."""
        for run in (self.last_run, self.preview_run):
            if run is not None and run.state is RunState.RUNNING:
                return run
        return None

    @property
    def open_plan(self) -> Plan | None:
        """The snapshot's plan that may still be ticked and written."""
        plan = self.plan
        return plan if plan and plan.state in (PlanState.READY, PlanState.STOPPED) else None

    @property
    def waiting_row_count(self) -> int:
        """How many of the sync's rows wait for a person: refused, parked, in conflict."""
        parked = (
            self.plan.count_rows(PlannedOutcome.CORRECTION, PlannedOutcome.CONFLICT)
            if self.plan
            else 0
        )
        return max(self.sync_state.waiting_count - int(self.is_stopped_by_limit), parked)

    @property
    def needs_person(self) -> bool:
        """Whether anything of the sync waits for a person."""
        return self.is_stopped_by_limit or self.waiting_row_count > 0

    @property
    def is_stopped_by_limit(self) -> bool:
        """Whether a limit stops the sync's newest plan."""
        return self.plan is not None and self.plan.state is PlanState.STOPPED


@dataclass(frozen=True)
class AllSyncsSnapshot:
    """The snapshots of all syncs, favourites first, and the presets not added yet."""

    syncs: tuple[SyncSnapshot, ...]
    missing_presets: tuple[Sync, ...]

    def find(self, sync_name: str) -> SyncSnapshot | None:
        """Return one sync's snapshot by name."""
        return next((sync for sync in self.syncs if sync.sync.name == sync_name), None)


def read_all_syncs(
    store: WorkspaceStore, service: SyncService, names: PresetNames, *, connected: bool
) -> AllSyncsSnapshot:
    """Read the snapshot of every sync; runs on the database's thread. Raises StorageError.

    `connected`: both services are signed in to, without which no sync can run.
    """
    syncs = tuple(
        SyncSnapshot(
            sync_state=state,
            missing_requirements=service.find_run_blockers(state.sync, connected=connected),
            last_run=next(iter(store.runs.list_runs.blocking(state.sync.name, 1)), None),
            preview_run=store.runs.find_preview.blocking(state.sync.name),
            plan=store.plans.find_latest.blocking(state.sync.name, *_SHOWN_PLAN_STATES),
            exchanged_count=store.sync_state.count_exchanged_profiles.blocking(state.sync.name),
        )
        for state in service.list_states()
    )
    added = {sync.sync.name for sync in syncs}
    missing = tuple(
        build_preset(name, names) for name in offered_presets(names) if name not in added
    )
    return AllSyncsSnapshot(syncs, missing)
