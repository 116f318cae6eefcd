"""What a workspace's services tell of its data sources, and do for them."""

from typing import TYPE_CHECKING

from desktop.app.background.retention import clear_old_events
from desktop.connect.data_source_service import DataSourceParts
from desktop.model.data_source import DataSourceKind

if TYPE_CHECKING:
    from desktop.app.container import WorkspaceServices


def build_data_source_parts(services: "WorkspaceServices") -> DataSourceParts:
    """Bind the parts of data sources that lie in other layers to one workspace's services."""

    async def get_connected() -> frozenset[DataSourceKind]:
        clients = services.session.clients
        found = {
            kind
            for kind, client in (
                (DataSourceKind.SUPPORT, clients.zendesk),
                (DataSourceKind.SAILTHRU, clients.sailthru),
                (DataSourceKind.SELL, clients.sell),
            )
            if client is not None
        }
        if await services.event_sources.list_sources():
            found.add(DataSourceKind.EVENTS)
        return frozenset(found)

    async def stop_events() -> None:
        now = services.context.clock.now()
        for source in await services.event_sources.list_sources():
            await services.event_sources.set_unattended(source.name, None)
            await services.store.event_pauses.pause_named(
                source.id, services.session.actor.signature, now
            )

    async def resume_events() -> None:
        for source in await services.event_sources.list_sources():
            await services.store.event_pauses.resume_named(
                source.id, services.session.actor.signature, services.context.clock.now()
            )

    async def count_events() -> int:
        return (await services.store.events.count_kept(services.context.clock.now())).expired

    async def clear_events() -> int:
        return await clear_old_events(services, days=0)

    return DataSourceParts(
        get_connected,
        stop_events,
        resume_events,
        count_events,
        clear_events,
        lambda: services.data_store if services.has_everybody() else None,
        services.store.mirror_db,
        services.workspace.lock_path("data"),
    )
