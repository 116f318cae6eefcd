"""Build the context of the page Sync: its own store connection, and runs as processes."""

from collections.abc import Mapping

from desktop.app.container import WorkspaceServices
from desktop.app.detached_run_process import DetachedRunLauncher
from desktop.app.runner_factory import build_preset_names
from desktop.kit.change_bus import ChangeBus
from desktop.settings import settings_table
from desktop.settings.permission_rules import customer_value_source_from
from desktop.sync.sync_context import SyncContext, make_sync_context
from desktop.sync.sync_service import SyncService
from desktop.viewmodels.syncs.sync_page_context import SyncPageContext


def build_sync_page_context(
    services: WorkspaceServices, extra_environment: Mapping[str, str]
) -> SyncPageContext:
    """Build it for an open workspace; `extra_environment` goes to the runs' processes."""
    live = services.session
    # Counting a million rows takes a while, and nobody else is to wait for it.
    store = services.store.open_second_connection()

    def make_trial_context() -> SyncContext:
        clients, values = live.services, live.values
        zone, source = values.get(settings_table.TIMEZONE), customer_value_source_from(values)
        connected = (clients.sailthru, clients.zendesk)
        return make_sync_context(store, services.context.clock, zone, source, connected)

    return SyncPageContext(
        workspace=live,
        store=store,
        # Of its own: it is called on the database's thread, where no listener may be told.
        syncs=SyncService(
            store,
            services.context.clock,
            ChangeBus(),
            lambda: live.actor,
            lambda: live.rules,
            lambda: live.values.get(settings_table.TIMEZONE),
        ),
        bus=services.bus,
        clock=services.context.clock,
        sync_names=lambda: build_preset_names(services),
        start_process=DetachedRunLauncher(services, extra_environment).start,
        make_sync_context=make_trial_context,
    )
