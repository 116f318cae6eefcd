"""The Sell part of the sheet: by every address, on its own, and nobody waits for it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from desktop.app.container import WorkspaceServices
from desktop.clients.client_factory import ClientFactory
from desktop.clients.sell.credentials import AccessTokenCredentials
from desktop.clients.transport import HttpTransport
from desktop.customer.customer_lookup import CustomerLookup
from desktop.customer.person_export import PersonExportService
from desktop.customer.service_clients import ServiceClients
from desktop.kit.errors import AuthenticationError
from desktop.model.customer_sheet import CustomerSheet, SheetPartState
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers


@pytest_asyncio.fixture
async def clients(
    services: WorkspaceServices, sandbox: SandboxServers
) -> AsyncIterator[ServiceClients]:
    about = sandbox.connection_document["sell"]
    transport = HttpTransport("Zendesk Sell", about["base_url"])
    sell = ClientFactory(ManualClock()).sell(
        AccessTokenCredentials(about["access_token"]), transport
    )
    yield replace(services.session.clients, sell=sell)
    sandbox.control("POST", "account", {"sell_user": "on"})
    await transport.aclose()


@pytest.fixture
def lookup(services: WorkspaceServices, clients: ServiceClients) -> CustomerLookup:
    return CustomerLookup(lambda: clients, services.store, services.context.clock)


async def test_sheet_has_contact_owner_and_deals(lookup: CustomerLookup) -> None:
    sheet = await lookup.look_up("maria@lopez.example")
    assert sheet.sell.state is SheetPartState.READ
    records = sheet.sell.value
    assert records is not None
    (maria,) = records.contacts
    assert (maria.id, maria.customer_status) == (2101, "current")
    assert records.owners[maria.owner_id or 0] == "Ada Admin"
    assert [(deal.name, records.stages[deal.stage_id or 0]) for deal in records.deals] == [
        ("Restaurant chairs", "Quote"),
        ("Dining table", "Won"),
    ]


@pytest.mark.parametrize(
    ("query", "contacts", "leads"),
    [
        # Zendesk's other address leads to the lead.
        ("j.doe@corp.example", [], [2502]),
        ("#48177", [], [2502]),
        ("5b3de40177aa4c22007799ff", [], [2501]),
        ("dana@okafor.example", [2104, 2105, 2106], []),
        ("priya@nair.example", [2103], [2503]),
        # In Sell alone.
        ("plato@academy.example", [2111], []),
    ],
)
async def test_sell_records_are_found_by_every_address(
    lookup: CustomerLookup, query: str, contacts: list[int], leads: list[int]
) -> None:
    records = (await lookup.look_up(query)).sell.value
    assert records is not None
    assert [one.id for one in records.contacts] == contacts
    assert [one.id for one in records.leads] == leads


async def test_customer_unknown_in_sell_is_absent(lookup: CustomerLookup) -> None:
    sheet = await lookup.look_up("jo@lind")
    assert sheet.sell.state is SheetPartState.ABSENT


async def test_records_of_several_matches_are_not_mixed(lookup: CustomerLookup) -> None:
    sheet = await lookup.look_up("Alex Kim")
    assert sheet.matches
    assert sheet.sell.state is SheetPartState.ABSENT


async def test_failure_of_sell_is_its_own(lookup: CustomerLookup, sandbox: SandboxServers) -> None:
    sandbox.control("POST", "account", {"sell_user": "off"})
    sheet = await lookup.look_up("maria@lopez.example")
    assert sheet.sell.state is SheetPartState.FAILED
    assert isinstance(sheet.sell.error, AuthenticationError)
    assert sheet.user.state is sheet.profile.state is SheetPartState.READ
    assert sheet.is_complete


async def test_failure_of_sailthru_leaves_sell(
    lookup: CustomerLookup, sandbox: SandboxServers
) -> None:
    sandbox.add_fault("sailthru:GET /user:500", None)
    sheet = await lookup.look_up("maria@lopez.example")
    assert sheet.profile.state is SheetPartState.FAILED
    assert sheet.sell.state is SheetPartState.READ


async def test_sheet_is_complete_before_sell_answers(
    lookup: CustomerLookup, sandbox: SandboxServers
) -> None:
    sandbox.add_fault("sell:GET /v2/*:timeout=30", None)
    complete = asyncio.Event()
    states: list[SheetPartState] = []

    def show(sheet: CustomerSheet) -> None:
        states.append(sheet.sell.state)
        if sheet.is_complete:
            complete.set()

    asking = asyncio.ensure_future(lookup.look_up("maria@lopez.example", show))
    await asyncio.wait_for(complete.wait(), 10)
    assert set(states) == {SheetPartState.LOADING}
    assert not asking.done()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_deals_that_cannot_be_read_leave_the_contact(
    lookup: CustomerLookup, sandbox: SandboxServers
) -> None:
    sandbox.add_fault("sell:GET /v2/deals:403", None)
    records = (await lookup.look_up("maria@lopez.example")).sell.value
    assert records is not None
    assert [one.id for one in records.contacts] == [2101]
    assert not records.are_deals_read


async def test_names_are_read_once_for_several_customers(
    lookup: CustomerLookup, sandbox: SandboxServers
) -> None:
    await lookup.look_up("maria@lopez.example")
    before = len(sandbox.logged_requests())
    await lookup.look_up("tom@old.example")
    paths = [one["path"] for one in sandbox.logged_requests()[before:]]
    assert "/v2/users" not in paths
    assert "/v2/deals" in paths


async def test_sell_that_is_not_connected_is_off(services: WorkspaceServices) -> None:
    sheet = await services.lookup.look_up("maria@lopez.example")
    assert sheet.sell.state is SheetPartState.OFF


async def test_nothing_of_sell_is_kept(lookup: CustomerLookup, services: WorkspaceServices) -> None:
    sheet = await lookup.look_up("maria@lopez.example")
    cached: Any = services.lookup.cached_sheet(sheet.query)
    assert cached.sell.value is None
    folder = services.workspace.folder
    held = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    assert b"Restaurant chairs" not in held


async def test_privacy_export_holds_what_sell_has(
    lookup: CustomerLookup, services: WorkspaceServices, clients: ServiceClients
) -> None:
    sheet = await lookup.look_up("maria@lopez.example")
    export = PersonExportService(
        lambda: clients,
        services.store,
        services.context.clock,
        lambda: services.session.actor,
        lambda: services.session.rules,
        lambda: None,
    )
    found = await export.read(sheet)
    sell = found.document["sell"]
    assert [one["id"] for one in sell["contacts"]] == [2101]
    assert {one["id"] for one in sell["deals"]} == {5501, 5502}
    assert [one["id"] for one in sell["notes"]] == [5701]
    assert [one["id"] for one in sell["tasks"]] == [5801]
    assert found.counts["sell_records"] == 5
    assert "Restaurant chairs" in found.render_page()


async def test_privacy_export_holds_what_is_kept_of_everybody(services: WorkspaceServices) -> None:
    sheet = await services.lookup.look_up("maria@lopez.example")
    user = sheet.user.value
    assert user is not None
    before = await services.person_export.read(sheet)
    assert "data.db" not in before.document["this_computer"]
    other = replace(user, id=user.id + 1, email="other@people.example", identities=())
    await services.data_store.people.save_users([user, other], "", 1.0)
    after = await services.person_export.read(sheet)
    kept = after.document["this_computer"]["data.db"]
    assert [one["id"] for one in kept["person"]] == [user.id]
    assert after.counts["rows_here"] > before.counts["rows_here"]
    assert "This computer: everybody" in after.render_page()


async def test_privacy_export_without_sell_does_not_name_it(services: WorkspaceServices) -> None:
    sheet = await services.lookup.look_up("maria@lopez.example")
    found = await services.person_export.read(sheet)
    assert found.document["sell"] is None
    assert "sell_records" not in found.counts
