"""Running both services until SIGTERM, and the first line on stdout."""

import asyncio
import contextlib
import json
import signal
import socket
import sys
from typing import Any

import uvicorn

from desktop.sandbox.control import Control
from desktop.sandbox.credentials import make_credentials
from desktop.sandbox.door import Door
from desktop.sandbox.log import RequestLog
from desktop.sandbox.mischief import Mischief
from desktop.sandbox.options import Options
from desktop.sandbox.services import Services
from desktop.sandbox.world import build_world

KEEP_ALIVE_S = 120
BIGGEST_HEAD = 4 << 20


class _Server(uvicorn.Server):
    """A server whose signals are handled once, for all of them."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start and tell."""
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """Leave the signals alone."""
        yield


def _listen(port: int) -> socket.socket:
    # Named, the protocol lets asyncio switch Nagle's algorithm off on each connection.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(1024)
    listener.setblocking(False)
    return listener


def _server(door: Door) -> _Server:
    return _Server(
        uvicorn.Config(
            door,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=1,
            server_header=False,
            proxy_headers=False,
            h11_max_incomplete_event_size=BIGGEST_HEAD,
        )
    )


async def serve(options: Options) -> int:
    """Serve until told to stop; return the exit code."""
    world = build_world(options)
    credentials = make_credentials(world.crowd.seed)
    try:
        sockets = [_listen(options.port), _listen(options.port + 1 if options.port else 0)]
    except OSError as error:
        sys.stderr.write(f"fairlead sandbox: port {options.port}: {error}\n")
        return 1
    addresses = [f"http://127.0.0.1:{it.getsockname()[1]}" for it in sockets]
    announcement = credentials.announcement(*addresses)
    services = Services(world, credentials)
    control = Control(services, lambda: announcement)
    mischief = Mischief(services.set_stale, services.doom_job)
    log = RequestLog(options.log)
    servers = [
        _server(Door(name, world, handle, mischief, control, log))
        for name, handle in (
            ("sailthru", services.answer_sailthru),
            ("zendesk", services.answer_zendesk),
        )
    ]
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    running = [
        asyncio.create_task(server.serve([it])) for server, it in zip(servers, sockets, strict=True)
    ]
    work = asyncio.create_task(world.work.run())
    for server in servers:
        await server.ready.wait()
    sys.stdout.write(json.dumps(announcement) + "\n")
    sys.stdout.flush()
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([stopping, work, *running], return_when=asyncio.FIRST_COMPLETED)
    mischief.stopping.set()
    for server in servers:
        server.should_exit = True
    await asyncio.gather(*running)
    failed = work.done() and not work.cancelled()
    work.cancel()
    stopping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work
    world.shelf.close()
    log.close()
    return 1 if failed else 0
