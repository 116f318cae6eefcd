"""What a bad wire does to pages, jobs, large files and downloads (figure F6)."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from desktop.clients.exchange import Request
from desktop.clients.sailthru.bulk import SailthruBulk
from desktop.clients.sailthru.export_csv import ExportReader, rows_of
from desktop.clients.transport import HttpTransport, Limits
from desktop.clients.zendesk.bulk import ZendeskBulk
from desktop.clients.zendesk.export import ZendeskExport
from desktop.kit.errors import Rejected, ServiceTrouble, TimedOut
from tests.headless.clients.fakes import ManualClock
from tests.headless.clients.raw_server import Script, Talk, serving
from tests.headless.clients.test_wire_faults import (
    UNFINISHED,
    bomb,
    false_gzip,
    flood,
    sailthru,
    transport,
    zendesk,
)

LARGE = b'{"id":"57b4352f3f92a4254f3d5607","key":"sid","vars":{"a":1}}\n' * 40_000
SMALL = Limits(connect_s=0.5, read_s=0.3, write_s=0.5, pool_s=0.5, whole_s=2.0, largest=1_000_000)

Act = Callable[[HttpTransport], Awaitable[object]]


def export(wire: HttpTransport) -> ZendeskExport:
    return ZendeskExport(zendesk(wire), ManualClock())


READS: dict[str, Act] = {
    "users": lambda wire: export(wire).users(start_time=0),
    "tickets": lambda wire: export(wire).tickets(cursor="c"),
    "search": lambda wire: export(wire).searched("x"),
    "jobs": lambda wire: ZendeskBulk(zendesk(wire)).jobs(["a"]),
    "job": lambda wire: SailthruBulk(sailthru(wire)).job("a"),
}
WRITES: dict[str, Act] = {
    "update_many": lambda wire: ZendeskBulk(zendesk(wire)).update_many([{"id": 1}]),
    "upsert": lambda wire: ZendeskBulk(zendesk(wire)).create_or_update_one({"name": "x"}),
    "export": lambda wire: SailthruBulk(sailthru(wire)).export_list("x", ["a"]),
    "large file": lambda wire: SailthruBulk(sailthru(wire)).update(LARGE),
}


@pytest.mark.parametrize("name", [*READS, *WRITES])
@pytest.mark.parametrize("fault", UNFINISHED)
async def test_sent_and_no_whole_answer(fault: str, name: str) -> None:
    async with serving(UNFINISHED[fault]) as server, transport(server.url) as wire:
        with pytest.raises(TimedOut):
            await (READS | WRITES)[name](wire)
    # Only the pages of an export are asked for again, each time smaller.
    assert len(server.talks) == (5 if name in ("users", "tickets") else 1)


@pytest.mark.parametrize("name", [*READS, *WRITES])
@pytest.mark.parametrize("fault", [bomb, flood, false_gzip])
async def test_an_answer_that_cannot_be_taken_in(fault: Script, name: str) -> None:
    async with serving(fault) as server, transport(server.url, SMALL) as wire:
        with pytest.raises(ServiceTrouble) as caught:
            await (READS | WRITES)[name](wire)
    assert caught.value.applied_unknown
    assert len(server.talks) == 1


@pytest.mark.parametrize("name", [*READS, *WRITES])
async def test_a_sign_in_page_of_the_network_is_no_success(name: str) -> None:
    async def portal(talk: Talk) -> None:
        await talk.answer(b"<html>Welcome! Sign in</html>", "200 OK", "Content-Type: text/html")

    async with serving(portal) as server, transport(server.url) as wire:
        with pytest.raises(ServiceTrouble):
            await (READS | WRITES)[name](wire)


async def test_a_large_body_says_its_length_and_arrives_in_order() -> None:
    async def taken(talk: Talk) -> None:
        await talk.answer(b"{}")

    body = bytes(range(256)) * 5_000
    async with serving(taken) as server, transport(server.url) as wire:
        await wire.send(Request("POST", "/job", "/job", body=body))
    (talk,) = server.talks
    assert f"content-length: {len(body)}\r\n".encode() in talk.head.lower()
    assert b"transfer-encoding" not in talk.head.lower()
    assert talk.body == body


async def test_hung_up_on_while_a_large_file_goes_out() -> None:
    async def rude(talk: Talk) -> None:
        await asyncio.sleep(0.05)
        talk.reset()

    async with serving(rude, read=False) as server, transport(server.url) as wire:
        with pytest.raises(TimedOut):
            await SailthruBulk(sailthru(wire)).update(LARGE * 10)
    assert server.connections == 1


async def test_refused_before_a_large_file_is_out() -> None:
    async def full(talk: Talk) -> None:
        await talk.answer(b"", "413 Payload Too Large", "Connection: close")
        await asyncio.sleep(0.2)

    async with serving(full, read=False) as server, transport(server.url) as wire:
        with pytest.raises((Rejected, TimedOut)):
            await SailthruBulk(sailthru(wire)).update(LARGE * 10)
    assert server.connections == 1


@pytest.mark.parametrize("fault", [name for name in UNFINISHED if name != "drip"])
async def test_a_download_that_is_not_whole(fault: str) -> None:
    async with serving(UNFINISHED[fault]) as server, transport(server.url) as wire:
        bulk = SailthruBulk(sailthru(wire))
        with pytest.raises((TimedOut, ServiceTrouble)):
            async for _ in rows_of(
                bulk.download(f"{server.url}/export/x.csv"), ExportReader((), "UTC")
            ):
                pass
