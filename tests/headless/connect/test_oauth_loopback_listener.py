"""The listener of a sign-in: what it answers, what it turns away, and that it closes."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from desktop.connect.oauth_redirect_listener import OAuthRedirectListener
from desktop.kit.errors import UserDecisionNeeded


def free_ports(count: int) -> tuple[int, ...]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return tuple(one.getsockname()[1] for one in sockets)
    finally:
        for one in sockets:
            one.close()


async def visit(port: int, raw: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(raw)
        await writer.drain()
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


def get(target: str, host: str, method: str = "GET") -> bytes:
    return f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[OAuthRedirectListener, int, "asyncio.Task[str]"]]:
    (port,) = free_ports(1)
    loopback = await OAuthRedirectListener.open((port,))
    waiting = asyncio.create_task(
        loopback.wait_for_redirect(lambda t: t.endswith("?state=ours"), 5)
    )
    await asyncio.sleep(0)
    try:
        yield loopback, port, waiting
    finally:
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await loopback.close()


async def test_loopback_expected_redirect_ends_wait_and_hides_code() -> None:
    async with listening() as (loopback, port, waiting):
        assert loopback.redirect_uri == f"http://127.0.0.1:{port}/callback"
        page = await visit(port, get("/callback?state=ours", f"127.0.0.1:{port}"))
        assert await waiting == "/callback?state=ours"
    assert page.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"default-src 'none'" in page
    assert b"no-store" in page
    assert b"<script" not in page
    assert b"ours" not in page


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (get("/callback?state=theirs", "127.0.0.1:PORT"), b"400"),
        (get("/callback", "127.0.0.1:PORT"), b"400"),
        (get("/favicon.ico", "127.0.0.1:PORT"), b"404"),
        (get("/callback/x?state=ours", "127.0.0.1:PORT"), b"404"),
        (get("//callback?state=ours", "127.0.0.1:PORT"), b"404"),
        (get("http://127.0.0.1/callback?state=ours", "127.0.0.1:PORT"), b"404"),
        (get("/callback?state=ours", "evil.example:PORT"), b"421"),
        (get("/callback?state=ours", "localhost:PORT"), b"421"),
        (get("/callback?state=ours", "127.0.0.1"), b"421"),
        (b"GET /callback?state=ours HTTP/1.1\r\n\r\n", b"421"),
        (
            b"GET /callback?state=ours HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nHost: x\r\n\r\n",
            b"421",
        ),
        (get("/callback?state=ours", "127.0.0.1:PORT", "POST"), b"405"),
        (get("/callback?state=ours", "127.0.0.1:PORT", "HEAD"), b"405"),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", b"421"),
        ("GET /callback?stäte=ours HTTP/1.1\r\n\r\n".encode(), b"400"),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n", b"400"),
    ],
)
async def test_loopback_other_requests_are_refused(request_: bytes, status: bytes) -> None:
    async with listening() as (_, port, waiting):
        page = await visit(port, request_.replace(b"PORT", str(port).encode()))
        assert page.split(b" ")[1] == status
        assert not waiting.done()
        await visit(port, get("/callback?state=ours", f"127.0.0.1:{port}"))
        assert await waiting == "/callback?state=ours"


async def test_loopback_second_redirect_is_ignored() -> None:
    async with listening() as (_, port, waiting):
        ours = get("/callback?state=ours", f"127.0.0.1:{port}")
        pages = await asyncio.gather(visit(port, ours), visit(port, ours))
        assert sorted(page.split(b" ")[1] for page in pages) == [b"200", b"400"]
        assert await waiting == "/callback?state=ours"


async def test_loopback_listens_on_localhost_only() -> None:
    async with listening() as (loopback, port, _):
        assert loopback._server is not None
        names = {s.getsockname() for s in loopback._server.sockets}
        assert names == {("127.0.0.1", port)}


async def test_loopback_busy_port_is_skipped_and_none_free_is_reported() -> None:
    first, second = free_ports(2)
    one = await OAuthRedirectListener.open((first, second))
    two = await OAuthRedirectListener.open((first, second))
    try:
        assert two.redirect_uri.endswith(f":{second}/callback")
        with pytest.raises(UserDecisionNeeded, match=f"{first}, {second}"):
            await OAuthRedirectListener.open((first, second))
    finally:
        await one.close()
        await two.close()


async def test_loopback_timeout_frees_port() -> None:
    (port,) = free_ports(1)
    loopback = await OAuthRedirectListener.open((port,))
    with pytest.raises(UserDecisionNeeded, match="not finished"):
        await loopback.wait_for_redirect(lambda _: True, 0.05)
    await loopback.close()
    with pytest.raises(ConnectionRefusedError):
        await visit(port, b"")


async def test_loopback_silent_connection_does_not_block() -> None:
    async with listening() as (_, port, waiting):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await visit(port, get("/callback?state=ours", f"127.0.0.1:{port}"))
        await waiting
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
