"""Serves the HTTP intake of events on this computer alone, until it is told to end."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable
from typing import Any

import uvicorn

from desktop.app.event_intake_app import EventIntakeApp
from desktop.kit.errors import InvalidInput

_LOOPBACK = "127.0.0.1"
# Seconds that an idle connection stays open.
_KEEP_ALIVE_S = 75


class IntakeHttpServer(uvicorn.Server):
    """uvicorn, with the signals left to `serve_events`, which closes the store after it."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take requests, then tell so."""
        await super().startup(sockets)
        self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """Install no signal handler."""
        yield


def listen_on(port: int) -> socket.socket:
    """Open the intake's socket on loopback; port 0 is any free one. Raises InvalidInput."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_LOOPBACK, port))
    except OSError as error:
        listener.close()
        raise InvalidInput(
            f"Port {port} can't be used: {error.strerror}.",
            "Another program, or another intake, listens on it.",
            "Name another with --port.",
        ) from error
    listener.listen(128)
    listener.setblocking(False)
    return listener


def allowed_hosts(port: int) -> frozenset[str]:
    """Return the Host headers with which this computer's own programs ask."""
    return frozenset({f"{_LOOPBACK}:{port}", f"localhost:{port}"})


async def serve_events(
    app: EventIntakeApp, listener: socket.socket, on_ready: Callable[[], None]
) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are answered first.

    `on_ready` is called once requests are taken and a signal ends it in order.
    """
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=5,
        server_header=False,
        proxy_headers=False,
    )
    server = IntakeHttpServer(config, on_ready)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            # Windows has no such handlers; there Ctrl+C ends the process.
            loop.add_signal_handler(number, lambda: setattr(server, "should_exit", True))
    await server.serve([listener])
