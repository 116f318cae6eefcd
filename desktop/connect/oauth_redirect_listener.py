"""An HTTP listener on 127.0.0.1 for a sign-in's one redirect (RFC 8252 7.3 and 8.3).

Open just before the browser, closed after the answer. Everything that is not the awaited answer
is turned away without ending the wait: a stale tab must not spoil the sign-in.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from typing import Self

from desktop.kit.errors import UserDecisionNeeded

# Zendesk compares redirect addresses as texts, so a short list of ports is registered there.
REDIRECT_PORTS = (47615, 47616, 47617)
REDIRECT_PATH = "/callback"
# Five minutes: a password, a second factor, and looking for the phone.
REDIRECT_TIMEOUT_S = 300.0

_HOST = "127.0.0.1"
# What common servers accept for a request head.
_MAX_HEAD_BYTES = 8_192
_HEAD_TIMEOUT_S = 10.0

RedirectFilter = Callable[[str], bool]


class OAuthRedirectListener:
    """Listens on loopback for the OAuth redirect of one sign-in."""

    def __init__(self, port: int, service_title: str = "Zendesk") -> None:
        self._port = port
        self._service_title = service_title
        self._server: asyncio.Server | None = None
        self._is_ours: RedirectFilter = lambda _: False
        self._redirect: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._connections: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(
        cls, ports: Iterable[int] = REDIRECT_PORTS, service_title: str = "Zendesk"
    ) -> Self:
        """Listen for the OAuth redirect on the first free port. Raises UserDecisionNeeded."""
        tried = tuple(ports)
        for port in tried:
            listener = cls(port, service_title)
            with contextlib.suppress(OSError):
                await listener._listen()
                return listener
        shown = ", ".join(str(port) for port in tried)
        raise UserDecisionNeeded(
            "The browser could not hand the sign-in back.",
            f"Other programs use the ports {shown} of this computer.",
            "Close another sign-in that may be open, then try again; or use a token.",
        )

    @property
    def redirect_uri(self) -> str:
        """The OAuth redirect's address, as registered with the OAuth client."""
        return f"http://{_HOST}:{self._port}{REDIRECT_PATH}"

    async def wait_for_redirect(
        self, is_ours: RedirectFilter, limit_s: float = REDIRECT_TIMEOUT_S
    ) -> str:
        """Return the target (`/callback?…`) of the first OAuth redirect that `is_ours` accepts.

        UserDecisionNeeded when none comes in time: the browser was closed, or nobody answered.
        """
        self._is_ours = is_ours
        try:
            async with asyncio.timeout(limit_s):
                return await self._redirect
        except TimeoutError:
            raise UserDecisionNeeded(
                "The sign-in was not finished in the browser.",
                f"No answer came within {max(1, round(limit_s / 60))} minutes.",
                "Start the sign-in again.",
            ) from None

    async def close(self) -> None:
        """Stop listening for the OAuth redirect; a page that is being sent is still finished."""
        if self._server is None:
            return
        self._server.close()
        if self._connections:
            _, late = await asyncio.wait(self._connections, timeout=0.5)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(
            self._handle_connection, _HOST, self._port, limit=_MAX_HEAD_BYTES
        )

    async def _handle_connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        try:
            status, words, target = self._classify_request(await _read_head(reader))
            writer.write(_html_response(status, words))
            await writer.drain()
            if target is not None and not self._redirect.done():
                self._redirect.set_result(target)
        except (OSError, TimeoutError):
            # The visitor left, or never said anything.
            return
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _classify_request(self, head: str | None) -> tuple[str, str, str | None]:
        """Return status and sentence for a browser's request; its target if it is the redirect."""
        if head is None:
            return "400 Bad Request", "That is not a request.", None
        first, *lines = head.split("\r\n")
        hosts = [v.strip() for n, _, v in (x.partition(":") for x in lines) if n.lower() == "host"]
        if hosts != [f"{_HOST}:{self._port}"]:
            # A name that was made to point at this computer (DNS rebinding).
            return "421 Misdirected Request", "That address is not this one.", None
        method, _, rest = first.partition(" ")
        target = rest.rpartition(" ")[0]
        if target.partition("?")[0] != REDIRECT_PATH:
            return "404 Not Found", "There is nothing here.", None
        if method != "GET":
            return "405 Method Not Allowed", "Only GET is answered.", None
        if self._redirect.done() or not self._is_ours(target):
            return (
                "400 Bad Request",
                "This answer belongs to another sign-in. Nothing happened. "
                "Go back to Fairlead and start again there.",
                None,
            )
        return (
            "200 OK",
            f"{self._service_title}’s answer has arrived. You can close this tab and go back to "
            "Fairlead, which says whether the sign-in worked.",
            target,
        )


async def _read_head(reader: asyncio.StreamReader) -> str | None:
    try:
        async with asyncio.timeout(_HEAD_TIMEOUT_S):
            raw = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return None
    try:
        return raw.decode("ascii").removesuffix("\r\n\r\n")
    except UnicodeDecodeError:
        return None


def _html_response(status: str, words: str) -> bytes:
    body = (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Fairlead</title>"
        f"<body><h1>Fairlead</h1><p>{words}</p></body></html>"
    ).encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\nCache-Control: no-store\r\n"
        # The page holds the code in its address: nothing is loaded, framed, cached or referred
        # to.
        "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
        "Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n\r\n"
    )
    return head.encode() + body
