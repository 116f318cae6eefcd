"""Sends the sandbox's responses over ASGI, and closes or resets connections."""

import socket
import struct
from collections.abc import Iterator
from typing import Any

from starlette.types import Send

from desktop.sandbox.http_messages import SandboxResponse

# A quarter of a megabyte: larger bodies are sent in pieces.
CHUNK_BYTES = 1 << 18


def response_start_message(answer: SandboxResponse, length: int | None = None) -> dict[str, Any]:
    """Make the ASGI message that starts a sandbox response; `length` replaces the body's."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    if answer.status != 204:
        # A 204 has no body, so neither of these headers.
        if answer.content_type:
            headers.append((b"content-type", answer.content_type.encode("latin-1")))
        size = answer.length if length is None else length
        headers.append((b"content-length", str(size).encode()))
    return {"type": "http.response.start", "status": answer.status, "headers": headers}


async def send_response(send: Send, answer: SandboxResponse) -> None:
    """Send a sandbox response over ASGI whole, a file in chunks."""
    await send(response_start_message(answer))
    pieces = _body_chunks(answer)
    part = next(pieces, b"")
    for following in pieces:
        await send({"type": "http.response.body", "body": part, "more_body": True})
        part = following
    await send({"type": "http.response.body", "body": part, "more_body": False})


def _body_chunks(answer: SandboxResponse) -> Iterator[bytes]:
    if answer.file is not None:
        with answer.file.open("rb") as file:
            while part := file.read(CHUNK_BYTES):
                yield part
    elif len(answer.body) <= CHUNK_BYTES:
        yield answer.body
    else:
        for start in range(0, len(answer.body), CHUNK_BYTES):
            yield answer.body[start : start + CHUNK_BYTES]


def close_connection(send: Send, *, reset: bool) -> None:
    """End the sandbox's connection now, with a reset or in an orderly way.

    ASGI has no word for this, so it reaches for uvicorn's transport behind `send`.
    """
    transport = getattr(send, "__self__").transport  # noqa: B009
    if reset:
        connection = transport.get_extra_info("socket")
        if connection is not None:
            # Lingering for no time makes the kernel send RST instead of FIN.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
