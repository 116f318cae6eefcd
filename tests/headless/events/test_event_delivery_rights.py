"""The right to deliver is asked again before each request, also while a delivery is under way."""

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.event_services import build_deliverer, open_live_directory
from desktop.kit.errors import NotPermitted
from desktop.settings import settings_table
from tests.support.event_cases import EventRecords, store_events, track
from tests.support.sandbox_servers import SandboxServers


@pytest.mark.parametrize("point", ["claimed", "opened", "marked"])
async def test_changes_switched_off_meanwhile_stop_a_delivery(
    services: WorkspaceServices, records: EventRecords, sandbox: SandboxServers, point: str
) -> None:
    user, email = records.user()
    await store_events(services, track("Read", "u", email=email))

    def switch_off(name: str) -> None:
        if name == point:
            services.session.change_settings({settings_table.CHANGES_ENABLED.key: False})

    deliverer = await build_deliverer(
        services, await open_live_directory(services), checkpoint=switch_off
    )
    with pytest.raises(NotPermitted):
        await deliverer.deliver()
    assert records.user_events(user) == []
    (stored,) = await services.store.events.list_newest(10)
    assert not any(one.state.has_ended for one in stored.deliveries)
    services.session.change_settings({settings_table.CHANGES_ENABLED.key: True})
    await (await build_deliverer(services, await open_live_directory(services))).deliver()
    assert len(records.user_events(user)) == 1
