"""What one connection to the HTTP intake may hold, for how long, and how many an address has."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from desktop.app.event_intake_connections import ClosedLog, ConnectionLimits, _network_of
from desktop.app.event_intake_server import (
    LOOPBACK,
    IntakeAddress,
    build_server,
    listen_on,
)

SHORT_S, LONG_S = 0.05, 60.0
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
REQUEST = HEAD + b"Content-Length: 2\r\n\r\n{}"
NOT_READ = b"POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
LENGTH = [(b"content-length", b"2")]


class Connection:
    """One connection to the server, without any library's care for what is sent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, piece: bytes) -> None:
        self._writer.write(piece)
        await self._writer.drain()

    async def read_status(self) -> int:
        head = await self._reader.readuntil(b"\r\n\r\n")
        await self._reader.readexactly(2)
        return int(head.split()[1])

    async def wait_until_closed(self) -> None:
        # A reset for what did not come in time, an end for what was idle.
        with contextlib.suppress(ConnectionResetError):
            assert await self._reader.read() == b""

    async def trickle_until_closed(self, piece: bytes) -> None:
        closed = asyncio.ensure_future(self.wait_until_closed())
        with contextlib.suppress(ConnectionError):
            while not closed.done():
                await self.send(piece)
                await asyncio.sleep(SHORT_S / 10)
        await closed

    def close(self) -> None:
        self._writer.close()


Connect = Callable[[], Any]


async def answer(scope: Any, receive: Any, send: Any) -> None:
    """Read the body and answer "ok"; `/refused` is answered without its body, `/slow` never."""
    if scope["path"] == "/slow":
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    while scope["path"] != "/refused" and (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": LENGTH})
    await send({"type": "http.response.body", "body": b"ok"})


@contextlib.asynccontextmanager
async def serving(**limits: float) -> AsyncIterator[Connect]:
    """Serve with long times but those given; yields what opens a connection."""
    times = dict.fromkeys(("headers_s", "body_s", "answer_s", "idle_s"), LONG_S)
    place = IntakeAddress(limits=ConnectionLimits(**{**times, **limits}))  # type: ignore[arg-type]
    listener = listen_on(place)
    ready = asyncio.Event()
    server = build_server(answer, place, ready.set)
    task = asyncio.create_task(server.serve([listener]))
    await ready.wait()
    opened: list[Connection] = []

    async def connect() -> Connection:
        found = Connection(
            *await asyncio.open_connection(LOOPBACK, listener.getsockname()[1], limit=4_096)
        )
        opened.append(found)
        return found

    yield connect
    for one in opened:
        one.close()
    server.should_exit = True
    await task


@pytest.mark.parametrize(
    ("limit", "first", "later", "told"),
    [
        ("headers_s", b"", b"", "the headers of its request did not come"),
        ("headers_s", b"POST / HT", b"", "the headers"),
        ("headers_s", HEAD, b"X-Y: z\r\n", "the headers"),
        ("headers_s", REQUEST + HEAD, b"X: y\r\n", "the headers"),
        ("body_s", HEAD + b"Content-Length: 99999\r\n\r\n", b"x", "the body"),
        ("body_s", HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", "the body"),
        # Refused before its body was there: what follows holds nothing either.
        ("body_s", NOT_READ, b"", "the body"),
        ("answer_s", b"POST /slow HTTP/1.1\r\nHost: x\r\n\r\n", b"", "not answered"),
        ("idle_s", REQUEST, b"", ""),
        # The rest of a refused request is there: the connection is idle, and its time ends.
        ("idle_s", NOT_READ + b"x" * 9 + REQUEST, b"", ""),
    ],
)
async def test_a_part_of_a_request_that_does_not_come_ends_the_connection(
    limit: str, first: bytes, later: bytes, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    """`later` is sent again and again: bytes that come earn no more time."""
    async with serving(**{limit: SHORT_S}) as connect:
        connection = await connect()
        await connection.send(first)
        answered = first.count(b"{}") + (b"/refused" in first)
        assert [await connection.read_status() for _ in range(answered)] == [200] * answered
        if later:
            await connection.trickle_until_closed(later)
        else:
            await connection.wait_until_closed()
    lines = [one.message for one in caplog.records if "closed" in one.message]
    assert len(lines) == (1 if told else 0)
    assert all(told in line and "127.0.0.1" in line for line in lines)


async def test_a_kept_connection_is_not_cut_between_and_within_its_requests() -> None:
    async with serving(headers_s=SHORT_S, body_s=SHORT_S, answer_s=SHORT_S) as connect:
        connection = await connect()
        for _ in range(5):
            await connection.send(REQUEST)
            assert await connection.read_status() == 200
            # Longer than any part of a request may take.
            await asyncio.sleep(SHORT_S * 1.5)


async def test_an_address_has_a_limit_of_connections(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(per_address=2) as connect:
        first, second, third = [await connect() for _ in range(3)]
        await third.wait_until_closed()
        for one in (first, second):
            await one.send(REQUEST)
            assert await one.read_status() == 200
        first.close()
        await first.wait_until_closed()
        # The server may learn of the closed one after the new one.
        while True:
            fourth = await connect()
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await fourth.send(REQUEST)
                assert await fourth.read_status() == 200
                break
    (line,) = {one.message for one in caplog.records if "closed" in one.message}
    assert line == "A connection of 127.0.0.1 closed: it has 2 open already."


def test_closed_connections_are_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    noted = ClosedLog()
    for at, address in ((0, "a"), (1, "a"), (2, "b"), (59, "a"), (60, "a"), (61, "a"), (121, "a")):
        noted.note(address, "late", at)
    assert [one.message for one in caplog.records] == [
        "A connection of a closed: late.",
        "A connection of b closed: late.",
        "3 connections of a closed: late.",
        "2 connections of a closed: late.",
    ]


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_an_ipv6_network_counts_as_one_address(address: str, counted: str) -> None:
    assert _network_of(address) == counted
