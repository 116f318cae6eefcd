"""A service, or whoever answers in its place, that redirects to another host gets it nothing."""

import asyncio
import json

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.raw_http_server import RawConnection, serve_script
from tests.support.sandbox_servers import SandboxServers


@pytest.mark.parametrize("service", ["sailthru", "zendesk"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_to_another_host_is_not_followed(
    fairlead: FairleadCommand, sandbox: SandboxServers, service: str, status: int
) -> None:
    async def listen(connection: RawConnection) -> None:
        await connection.send_response(b"{}")

    async with serve_script(listen) as other:

        async def redirect(connection: RawConnection) -> None:
            path = connection.head.split()[1].decode()
            await connection.send_response(
                b"", f"{status} Moved", f"Location: {other.url}{path}", "Content-Type: text/html"
            )

        async with serve_script(redirect) as moved:
            document = json.loads(json.dumps(sandbox.connection_document))
            document[service]["service_uri" if service == "sailthru" else "base_url"] = moved.url
            if service == "sailthru":
                # The account is another workspace's already.
                del document["zendesk"]
            words = ("--workspace", "moved", "setup", "--from", "-", "--json")
            result = await asyncio.to_thread(fairlead, *words, stdin=json.dumps(document))
            assert result.exit_code != 0
            assert moved.received
    assert other.connections == 0
    assert "redirect" in result.stdout
