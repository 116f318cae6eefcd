"""The right to deliver is asked again before each request, also while a delivery is under way."""

import io
from typing import Any

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.event_services import build_deliverer, open_live_directory
from desktop.events.event_intake import read_events
from desktop.events.stored_events import stored_form
from desktop.kit.errors import NotPermitted
from desktop.settings import settings_table
from tests.support.event_cases import EventRecords, as_lines, track
from tests.support.sandbox_servers import SandboxServers


async def store_events(services: WorkspaceServices, *events: dict[str, Any]) -> None:
    source = await services.store.events.add_source("rights", 0.0)
    read = read_events(io.BytesIO(as_lines(*events).encode()))
    await services.store.events.add_events(source, [stored_form(item) for item in read], 0.0)


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
