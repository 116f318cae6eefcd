"""What a bad wire does to pages, jobs, large files and downloads (figure F6)."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from desktop.clients.http_messages import HttpRequest
from desktop.clients.sailthru.bulk_jobs import SailthruBulkClient
from desktop.clients.sailthru.list_export_reader import ListExportReader, read_rows
from desktop.clients.transport import HttpTransport, TransportOptions
from desktop.clients.zendesk.bulk_jobs import ZendeskBulkClient
from desktop.clients.zendesk.incremental_export import ZendeskExportClient
from desktop.kit.errors import ResponseTimeout, ServiceError, ValuesRejected
from tests.headless.clients.test_network_faults import (
    UNFINISHED,
    bomb,
    false_gzip,
    flood,
    sailthru,
    transport,
    zendesk,
)
from tests.support.clocks import ManualClock
from tests.support.raw_http_server import ConnectionScript, RawConnection, serve_script

LARGE = b'{"id":"57b4352f3f92a4254f3d5607","key":"sid","vars":{"a":1}}\n' * 40_000
SMALL = TransportOptions(
    connect_s=0.5, read_s=0.3, write_s=0.5, pool_s=0.5, total_s=2.0, max_body_bytes=1_000_000
)

Act = Callable[[HttpTransport], Awaitable[object]]


def export(wire: HttpTransport) -> ZendeskExportClient:
    return ZendeskExportClient(zendesk(wire), ManualClock())


READS: dict[str, Act] = {
    "users": lambda wire: export(wire).export_users(start_time=0),
    "tickets": lambda wire: export(wire).export_tickets(cursor="c"),
    "search": lambda wire: export(wire).search_users("x"),
    "jobs": lambda wire: ZendeskBulkClient(zendesk(wire)).get_jobs(["a"]),
    "job": lambda wire: SailthruBulkClient(sailthru(wire)).get_job("a"),
}
WRITES: dict[str, Act] = {
    "update_many": lambda wire: ZendeskBulkClient(zendesk(wire)).update_many([{"id": 1}]),
    "create": lambda wire: ZendeskBulkClient(zendesk(wire)).create_one({"name": "x"}),
    "export": lambda wire: SailthruBulkClient(sailthru(wire)).start_list_export("x", ["a"]),
    "large file": lambda wire: SailthruBulkClient(sailthru(wire)).start_update(LARGE),
}


@pytest.mark.parametrize("name", [*READS, *WRITES])
@pytest.mark.parametrize("fault", UNFINISHED)
async def test_bulk_write_without_complete_response_is_unknown(fault: str, name: str) -> None:
    async with serve_script(UNFINISHED[fault]) as server, transport(server.url) as wire:
        with pytest.raises(ResponseTimeout):
            await (READS | WRITES)[name](wire)
    # Only the pages of an export are asked for again, each time smaller.
    assert len(server.received) == (5 if name in ("users", "tickets") else 1)


@pytest.mark.parametrize("name", [*READS, *WRITES])
@pytest.mark.parametrize("fault", [bomb, flood, false_gzip])
async def test_bulk_response_unreadable_raises(fault: ConnectionScript, name: str) -> None:
    async with serve_script(fault) as server, transport(server.url, SMALL) as wire:
        with pytest.raises(ServiceError) as caught:
            await (READS | WRITES)[name](wire)
    assert caught.value.is_outcome_unknown
    assert len(server.received) == 1


@pytest.mark.parametrize("name", [*READS, *WRITES])
async def test_captive_portal_page_is_no_success(name: str) -> None:
    async def portal(talk: RawConnection) -> None:
        await talk.send_response(
            b"<html>Welcome! Sign in</html>", "200 OK", "Content-Type: text/html"
        )

    async with serve_script(portal) as server, transport(server.url) as wire:
        with pytest.raises(ServiceError):
            await (READS | WRITES)[name](wire)


async def test_upload_large_body_has_length_and_order() -> None:
    async def taken(talk: RawConnection) -> None:
        await talk.send_response(b"{}")

    body = bytes(range(256)) * 5_000
    async with serve_script(taken) as server, transport(server.url) as wire:
        await wire.send(HttpRequest("POST", "/job", "/job", body=body))
    (talk,) = server.received
    assert f"content-length: {len(body)}\r\n".encode() in talk.head.lower()
    assert b"transfer-encoding" not in talk.head.lower()
    assert talk.body == body


async def test_upload_connection_reset_is_unknown() -> None:
    async def rude(talk: RawConnection) -> None:
        await asyncio.sleep(0.05)
        talk.reset()

    async with serve_script(rude, read=False) as server, transport(server.url) as wire:
        with pytest.raises(ResponseTimeout):
            await SailthruBulkClient(sailthru(wire)).start_update(LARGE * 10)
    assert server.connections == 1


async def test_upload_refused_early_raises() -> None:
    async def full(talk: RawConnection) -> None:
        await talk.send_response(b"", "413 Payload Too Large", "Connection: close")
        await asyncio.sleep(0.2)

    async with serve_script(full, read=False) as server, transport(server.url) as wire:
        with pytest.raises((ValuesRejected, ResponseTimeout)):
            await SailthruBulkClient(sailthru(wire)).start_update(LARGE * 10)
    assert server.connections == 1


@pytest.mark.parametrize("fault", [name for name in UNFINISHED if name != "drip"])
async def test_download_incomplete_raises(fault: str) -> None:
    async with serve_script(UNFINISHED[fault]) as server, transport(server.url) as wire:
        bulk = SailthruBulkClient(sailthru(wire))
        with pytest.raises((ResponseTimeout, ServiceError)):
            async for _ in read_rows(
                bulk.download(f"{server.url}/export/x.csv"), ListExportReader((), "UTC")
            ):
                pass
