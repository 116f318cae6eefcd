"""Running both services until SIGTERM, and the first line on stdout."""

import asyncio
import contextlib
import json
import signal
import socket
import sys
from typing import Any

import uvicorn

from desktop.sandbox.asgi_app import ServiceApp
from desktop.sandbox.command_line import SandboxOptions
from desktop.sandbox.control_api import ControlApi
from desktop.sandbox.credentials import make_credentials
from desktop.sandbox.fault_injector import FaultInjector
from desktop.sandbox.request_log import RequestLog
from desktop.sandbox.services import SandboxServices
from desktop.sandbox.state import build_state

KEEP_ALIVE_S = 120
MAX_HEADER_BYTES = 4 << 20


class _UvicornServer(uvicorn.Server):
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


def _make_server(door: ServiceApp) -> _UvicornServer:
    return _UvicornServer(
        uvicorn.Config(
            door,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=1,
            server_header=False,
            proxy_headers=False,
            h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        )
    )


async def run_server(options: SandboxOptions) -> int:
    """Serve until told to stop; return the exit code."""
    world = build_state(options)
    credentials = make_credentials(world.generated_people.seed)
    try:
        sockets = [_listen(options.port), _listen(options.port + 1 if options.port else 0)]
    except OSError as error:
        sys.stderr.write(f"fairlead sandbox: port {options.port}: {error}\n")
        return 1
    addresses = [f"http://127.0.0.1:{it.getsockname()[1]}" for it in sockets]
    announcement = credentials.connection_document(*addresses)
    services = SandboxServices(world, credentials)
    control = ControlApi(services, lambda: announcement)
    mischief = FaultInjector(services.set_stale, services.set_job_fault)
    log = RequestLog(options.log_path)
    servers = [
        _make_server(ServiceApp(name, world, handle, mischief, control, log))
        for name, handle in (
            ("sailthru", services.handle_sailthru),
            ("zendesk", services.handle_zendesk),
        )
    ]
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    running = [
        asyncio.create_task(server.serve([it])) for server, it in zip(servers, sockets, strict=True)
    ]
    work = asyncio.create_task(world.job_queue.run())
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
    world.store.close()
    log.close()
    return 1 if failed else 0
