"""A server that speaks bytes: each connection's request is read, then a script has the word."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

ConnectionScript = Callable[["RawConnection"], Awaitable[None]]


@dataclass
class RawConnection:
    """One connection: what was asked, and the way to answer."""

    head: bytes
    body: bytes
    writer: asyncio.StreamWriter

    async def send_chunks(self, *pieces: bytes, every_s: float = 0.0) -> None:
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            if every_s:
                await asyncio.sleep(every_s)

    async def send_response(self, body: bytes, status: str = "200 OK", *headers: str) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
        await self.send_chunks("\r\n".join(lines).encode(), body)

    def reset(self) -> None:
        """Hang up without a word: the other side sees a reset."""
        sock = self.writer.get_extra_info("socket")
        # SO_LINGER with 0 s turns the close into RST.
        sock.setsockopt(1, 13, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.writer.transport.abort()


@dataclass
class RawHttpServer:
    """`url` is where it listens; `talks` holds everything it was asked."""

    url: str
    port: int
    received: list[RawConnection] = field(default_factory=list)
    connections: int = 0

    @property
    def wait_for_requests(self) -> bytes:
        return b"".join(talk.head + talk.body for talk in self.received)


@asynccontextmanager
async def serve_script(
    script: ConnectionScript, tls: ssl.SSLContext | None = None, *, read: bool = True
) -> AsyncIterator[RawHttpServer]:
    """Serve on a free loopback port; with `read` false the script speaks before the request."""
    server_box: list[RawHttpServer] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine = server_box[0]
        mine.connections += 1
        try:
            while True:
                talk = (
                    await _read_request(reader, writer) if read else RawConnection(b"", b"", writer)
                )
                if talk is None:
                    break
                mine.received.append(talk)
                await script(talk)
                if not read or writer.is_closing():
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    scheme = "https" if tls else "http"
    server_box.append(RawHttpServer(f"{scheme}://127.0.0.1:{port}", port))
    try:
        yield server_box[0]
    finally:
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            if "connected" in repr(task.get_coro()):
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


async def _read_request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> RawConnection | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    return RawConnection(head, await reader.readexactly(length), writer)
