"""Builds the runner of a sync, and what it works with, from the services of a workspace."""

from collections.abc import Callable

from desktop.app.container import WorkspaceServices
from desktop.model.permission import Actor, Permission
from desktop.model.sync_run import Run
from desktop.settings import settings_table, sync_settings
from desktop.settings.permission_rules import customer_value_source_from
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.due_syncs import DueSyncFinder
from desktop.sync.run_lease import RunLease
from desktop.sync.sync_context import SyncContext, make_sync_context
from desktop.sync.sync_presets import PresetNames
from desktop.sync.sync_runner import SyncRunner
from desktop.writing.optout_door import RowPermits
from desktop.writing.write_protocol import Checkpoint


def build_sync_context(
    services: WorkspaceServices,
    store: WorkspaceStore | None = None,
    get_actor: Callable[[], Actor | None] | None = None,
) -> SyncContext:
    """Build a run's context from the workspace's services; `store` may be another connection.

    `get_actor` tells by whose rights a rule looks people up; None: by those of who is at work.

    Raises UserDecisionNeeded where one of the two services is not connected.
    """
    values, clients = services.session.values, services.session.clients
    return make_sync_context(
        store or services.store,
        services.context.clock,
        values.get(settings_table.TIMEZONE),
        customer_value_source_from(values),
        (clients.sailthru, clients.zendesk),
        # The setting is in minutes, the context in seconds.
        values.get(sync_settings.JOB_TIMEOUT_MINUTES) * 60.0,
        sell=clients.sell,
        rule_source=services.build_rule_people(get_actor or (lambda: services.session.actor))
        if services.has_everybody()
        else None,
    )


def build_due_sync_finder(services: WorkspaceServices) -> DueSyncFinder:
    """Build the workspace's finder of due syncs; asks for the account's time zone each time."""
    return DueSyncFinder(
        services.store,
        services.context.clock,
        lambda: services.session.values.get(settings_table.TIMEZONE),
    )


def build_preset_names(services: WorkspaceServices) -> PresetNames:
    """Return the names of the account's field, list, var and tag, for building preset syncs."""
    names = services.session.account_names()
    return PresetNames(
        names.box_field,
        names.smart_list,
        names.mark_var,
        names.highvalue_tag,
        services.session.values.get(settings_table.HIGH_VALUE_FROM),
        has_sell=services.session.clients.sell is not None,
    )


def build_runner(
    services: WorkspaceServices,
    sync: str,
    on_progress: Callable[[Run], None] = lambda _run: None,
    checkpoint: Checkpoint = lambda _name: None,
    permits: RowPermits | None = None,
    lease: RunLease | None = None,
    get_actor: Callable[[], Actor | None] | None = None,
) -> SyncRunner:
    """Build the runner of the sync of this name. Raises UserDecisionNeeded without connection.

    `checkpoint` is called at named points; tests end the process there. `permits` are asked
    before each row is sent; without them the person at work needs the rights it takes. `lease` is
    compared with the team store before each batch. `get_actor` as in `build_sync_context`.
    """
    row_permits = permits or services.row_permits

    def find_refusal() -> str:
        return (
            (lease.find_refusal() if lease is not None else "")
            or services.current_settings.find_run_refusal()
            # Of whoever switched a schedule on, who need not be at work here.
            or row_permits.find_refusal(Permission.RUNS)
        )

    return SyncRunner(
        build_sync_context(services, get_actor=get_actor),
        # A file lock rather than a row: it is free the moment its process is gone.
        services.workspace.lock_path(f"sync-{sync}"),
        row_permits,
        on_progress,
        checkpoint,
        lambda: services.session.request_count,
        services.session.describe_rate_budget,
        find_refusal,
        services.current_settings.confirmed_over,
        lease.memory if lease is not None else None,
    )
