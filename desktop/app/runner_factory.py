"""Puts a runner together for this process, from an open house."""

from collections.abc import Callable

from desktop.app.container import WorkspaceServices, permit_optout
from desktop.model.sync_run import Run
from desktop.settings import settings_table, sync_settings
from desktop.settings.permission_rules import customer_value_source_from
from desktop.sync.due_syncs import DueSyncFinder
from desktop.sync.sync_context import SyncContext, make_sync_context
from desktop.sync.sync_presets import PresetNames
from desktop.sync.sync_runner import SyncRunner
from desktop.writing.write_protocol import Checkpoint


def build_sync_context(house: WorkspaceServices) -> SyncContext:
    """What a run works with. Raises NeedsPerson where a service is not connected."""
    values, services = house.session.values, house.session.services
    return make_sync_context(
        house.store,
        house.context.clock,
        values.get(settings_table.TIMEZONE),
        customer_value_source_from(values),
        (services.sailthru, services.zendesk),
        values.get(sync_settings.JOB_TIMEOUT_MINUTES) * 60.0,
    )


def build_due_sync_finder(services: WorkspaceServices) -> DueSyncFinder:
    """What says which goals are due."""
    return DueSyncFinder(
        services.store,
        services.context.clock,
        lambda: services.session.values.get(settings_table.TIMEZONE),
    )


def build_preset_names(services: WorkspaceServices) -> PresetNames:
    """How this account calls what the presets read and write."""
    names = services.session.account_names()
    return PresetNames(names.box_field, names.smart_list, names.mark_var, names.highvalue_tag)


def build_runner(
    services: WorkspaceServices,
    sync: str,
    on_progress: Callable[[Run], None] = lambda _run: None,
    checkpoint: Checkpoint = lambda _name: None,
) -> SyncRunner:
    """A runner for one goal."""
    return SyncRunner(
        build_sync_context(services),
        services.workspace.lock_path(f"sync-{sync}"),
        permit_optout,
        on_progress,
        checkpoint,
        lambda: services.session.request_count,
        services.session.describe_rate_budget,
    )
