"""Gives the page “Sync” its room: the workspace, and runs as processes of their own."""

from collections.abc import Mapping

from desktop.app.container import WorkspaceServices
from desktop.app.detached_run_process import DetachedRunLauncher
from desktop.app.runner_factory import build_preset_names
from desktop.kit.change_bus import ChangeBus
from desktop.settings import settings_table
from desktop.sync.sync_service import SyncService
from desktop.viewmodels.syncs.sync_page_context import SyncPageContext


def build_sync_page_context(
    services: WorkspaceServices, extra_environment: Mapping[str, str]
) -> SyncPageContext:
    """The room of one open house; `lent` goes to the runs' environment."""
    live = services.session
    # Counting a million rows takes a while, and nobody else is to wait for it.
    store = services.store.open_second_connection()
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
    )
