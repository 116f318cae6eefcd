"""Links: those of the account and its brands are looked up, all others are refused by name."""

import pytest

from desktop.app.container import WorkspaceServices
from desktop.kit.errors import UserDecisionNeeded
from desktop.model.lookup_query import link_host, parse_lookup_query
from desktop.settings import settings_table
from tests.support.sandbox_servers import SandboxServers


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://acme.zendesk.com/agent/tickets/1", "acme.zendesk.com"),
        ("HTTPS://ACME.ZENDESK.COM:443/agent/tickets/1", "acme.zendesk.com"),
        ("https://acme.zendesk.com./agent/tickets/1", "acme.zendesk.com"),
        ("https://acme.zendesk.com@other.example/agent/tickets/1", "other.example"),
        ("https://acme.zendesk.com:8443/agent/tickets/1", "acme.zendesk.com:8443"),
        ("http://127.0.0.1:4711/agent/users/1", "127.0.0.1:4711"),
        ("https://acme.zendesk.com:x/agent/tickets/1", ""),
    ],
)
def test_link_host_is_lower_case_without_usual_port(address: str, host: str) -> None:
    assert link_host(address) == host


@pytest.mark.parametrize(
    "path", ["agent/tickets/48213", "agent/users/7701", "api/v2/users/7701.json", "requests/48213"]
)
async def test_link_of_another_account_is_refused_with_both_hosts(
    path: str, services: WorkspaceServices
) -> None:
    own = link_host(services.session.values.get(settings_table.ZENDESK_BASE_URL))
    for host in ("other-company.zendesk.com", "acme.zendesk.com.evil.example", "127.0.0.1:9"):
        with pytest.raises(UserDecisionNeeded) as told:
            await services.lookup.look_up(f"https://{host}/{path}")
        # As copied: without https, in brackets, with a full stop.
        with pytest.raises(UserDecisionNeeded):
            await services.lookup.look_up(f"({host}/{path}).")
        assert host in str(told.value)
        assert own in str(told.value)


@pytest.mark.parametrize(
    "host", ["acme.zendesk.com", "acme-outdoor.zendesk.com", "help.acme-outdoor.example"]
)
async def test_link_of_a_brand_is_looked_up(host: str, services: WorkspaceServices) -> None:
    sheet = await services.lookup.look_up(f"https://{host}/agent/tickets/48213")
    assert sheet.user.value is not None
    assert sheet.user.value.id == 7701


async def test_link_of_own_host_is_looked_up_without_asking_for_brands(
    services: WorkspaceServices, sandbox: SandboxServers
) -> None:
    base_url = services.session.values.get(settings_table.ZENDESK_BASE_URL)
    sheet = await services.lookup.look_up(f"{base_url}/agent/tickets/48213")
    assert sheet.user.value is not None
    assert sheet.user.value.id == 7701


async def test_link_of_another_account_is_refused_while_disconnected(
    services: WorkspaceServices,
) -> None:
    await services.session.disconnect()
    query = parse_lookup_query("https://other-company.zendesk.com/agent/tickets/48213")
    with pytest.raises(UserDecisionNeeded):
        await services.lookup.require_own_link(query)
