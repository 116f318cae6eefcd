"""A server signs in to Zendesk as a confidential OAuth client, from its environment alone."""

import json
from pathlib import Path

import pytest

from desktop.clients.zendesk.client_credentials import ClientCredentials
from desktop.connect.temporary_clients import TemporaryClients
from desktop.kit.errors import AuthenticationError
from tests.support.cli_command import FairleadCommand
from tests.support.clocks import ManualClock
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers


@pytest.fixture
def server(tmp_path: Path, sandbox: SandboxServers) -> FairleadCommand:
    """A home without a keyring, whose environment names the client and no API token."""
    command = FairleadCommand(tmp_path / "home", sandbox.connection_document, keyring=False)
    for name in ("EMAIL", "TOKEN"):
        command.environ.pop(f"FAIRLEAD_ZENDESK_{name}")
    zendesk = sandbox.connection_document["zendesk"]
    command.environ |= {
        "FAIRLEAD_ZENDESK_CLIENT_ID": zendesk["server_client_id"],
        "FAIRLEAD_ZENDESK_CLIENT_SECRET": zendesk["server_client_secret"],
    }
    return command


def setup_document(sandbox: SandboxServers, **zendesk: str) -> str:
    """The addresses alone: a server's secrets are in its environment."""
    sailthru = sandbox.connection_document["sailthru"]
    base_url = sandbox.connection_document["zendesk"]["base_url"]
    return json.dumps(
        {
            "sailthru": {"service_uri": sailthru["service_uri"]},
            "zendesk": {"base_url": base_url, **zendesk},
            "changes": True,
        }
    )


def test_server_sets_up_and_changes_a_customer_as_its_client(
    server: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    done = server("setup", "--from", "-", "--json", stdin=setup_document(sandbox))
    assert (done.exit_code, done.json["ok"], done.json["role"]) == (0, True, "admin")
    assert server("lookup", "maria@lopez.example", "--json").json["zendesk"]["id"] == 7701
    email = customers.new_customer("health").email
    edit = server("edit", email, "--health", "happy", "--reason", "Test", "--json")
    assert edit.json["edits"][0]["state"] == "done"
    secret = server.environ["FAIRLEAD_ZENDESK_CLIENT_SECRET"].encode()
    for path in server.home.rglob("*"):
        assert not path.is_file() or secret not in path.read_bytes(), path


def test_server_with_a_refused_client_stores_nothing(
    server: FairleadCommand, sandbox: SandboxServers
) -> None:
    server.environ["FAIRLEAD_ZENDESK_CLIENT_SECRET"] = "not-the-secret"
    done = server("setup", "--from", "-", "--json", stdin=setup_document(sandbox))
    assert (done.exit_code, done.json["stored"]) == (1, False)
    assert not list(server.home.rglob("settings.json"))


def test_server_secret_without_its_client_is_said(
    server: FairleadCommand, sandbox: SandboxServers
) -> None:
    del server.environ["FAIRLEAD_ZENDESK_CLIENT_ID"]
    done = server("setup", "--from", "-", "--json", stdin=setup_document(sandbox))
    assert done.exit_code == 2
    assert "FAIRLEAD_ZENDESK_CLIENT_ID" in json.dumps(done.json["error"])


def test_server_secret_is_not_sent_to_an_address_edited_in_the_file(
    server: FairleadCommand, sandbox: SandboxServers
) -> None:
    server("setup", "--from", "-", stdin=setup_document(sandbox))
    assert server("lookup", "maria@lopez.example").exit_code == 0
    (file,) = server.home.rglob("settings.json")
    content = json.loads(file.read_text())
    elsewhere = sandbox.connection_document["sailthru"]["service_uri"]
    content["settings"]["zendesk.base_url"] = elsewhere
    file.write_text(json.dumps(content))
    refused = server("lookup", "maria@lopez.example", "--json")
    assert refused.json["error"]["code"] == "secret_for_other_host"


async def test_client_asks_for_a_token_again_before_it_ends_and_after_a_401(
    sandbox: SandboxServers, clock: ManualClock
) -> None:
    zendesk = sandbox.connection_document["zendesk"]
    services = TemporaryClients(clock, "")
    async with services.transport("Zendesk", zendesk["base_url"]) as transport:
        client = ClientCredentials(
            transport, zendesk["server_client_id"], zendesk["server_client_secret"], clock
        )
        first = await client.authorization_header()
        assert await client.authorization_header() == first
        clock.advance(1_741)
        second = await client.authorization_header()
        assert second != first
        assert await client.refresh()
        assert await client.authorization_header() != second
        stranger = ClientCredentials(transport, zendesk["server_client_id"], "wrong", clock)
        assert not await stranger.refresh()
        with pytest.raises(AuthenticationError):
            await stranger.authorization_header()
