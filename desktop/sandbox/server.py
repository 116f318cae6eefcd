"""Server process of the sandbox: a port for each service until SIGTERM, first line on stdout."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import threading
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

# Seconds that an idle connection stays open.
KEEP_ALIVE_S = 120
# Sailthru's GETs carry their JSON in the address: uvicorn's own limit of 64 KiB is too low.
MAX_HEADER_BYTES = 4 << 20
_BACKLOG = 1024
_BEFORE_NETWORK_LOSS_S = 0.1


class _UvicornServer(uvicorn.Server):
    """The sandbox's uvicorn server: tells when it listens, leaves signals to `run_server`."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening as one of the sandbox's servers and set `ready`."""
        await super().startup(sockets)
        self.ready.set()

    async def lose_network(self, seconds: float) -> None:
        """Break every connection of one of the sandbox's servers and refuse new ones so long."""
        # The answer to who asked for it goes out before.
        await asyncio.sleep(_BEFORE_NETWORK_LOSS_S)
        port = self.servers[0].sockets[0].getsockname()[1]
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        # Bound and not listening: the port stays this process's own, and refuses.
        refusing = _bind(port)
        await asyncio.sleep(seconds)
        refusing.listen(_BACKLOG)
        await self.startup([refusing])

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """Install no signal handler: the sandbox's servers share one process."""
        yield


def _bind(port: int) -> socket.socket:
    # Named, the protocol lets asyncio switch Nagle's algorithm off on each connection.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.setblocking(False)
    return listener


def _listen(port: int) -> socket.socket:
    listener = _bind(port)
    listener.listen(_BACKLOG)
    return listener


def _make_server(app: ServiceApp) -> _UvicornServer:
    return _UvicornServer(
        uvicorn.Config(
            app,
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


def _stop_at_end_of_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Set `stop` when standard input is closed: whoever started this process has ended."""

    def read() -> None:
        # Unbuffered: a thread that waits with the buffer's lock aborts the interpreter's end.
        while os.read(sys.stdin.fileno(), 1):
            pass
        # Ended by SIGTERM meanwhile, the loop takes nothing any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)

    # A daemon: a read that never ends must not keep the process alive.
    threading.Thread(target=read, name="input", daemon=True).start()


async def run_server(options: SandboxOptions) -> int:
    """Serve the sandbox's services until SIGTERM or SIGINT; return the exit code."""
    state = build_state(options)
    credentials = make_credentials(state.generated_people.seed)
    try:
        ports = [options.port + number if options.port else 0 for number in range(3)]
        sockets = [_listen(port) for port in ports]
    except OSError as error:
        sys.stderr.write(f"fairlead sandbox: port {options.port}: {error}\n")
        return 1
    addresses = [f"http://127.0.0.1:{it.getsockname()[1]}" for it in sockets]
    connection_document = credentials.connection_document(*addresses)
    services = SandboxServices(state, credentials)
    control = ControlApi(services, connection_document)
    fault_injector = FaultInjector(services.set_stale, services.set_job_fault)
    log = RequestLog(options.log_path)
    servers = [
        _make_server(ServiceApp(name, state, handle, fault_injector, control, log))
        for name, handle in (
            ("sailthru", services.handle_sailthru),
            ("zendesk", services.handle_zendesk),
            ("sell", services.handle_sell),
        )
    ]
    losses: list[asyncio.Task[None]] = []
    control.lose_network = lambda seconds: losses.extend(
        asyncio.create_task(server.lose_network(seconds)) for server in servers
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if options.until_eof:
        _stop_at_end_of_input(loop, stop)
    running = [
        asyncio.create_task(server.serve([it])) for server, it in zip(servers, sockets, strict=True)
    ]
    jobs = asyncio.create_task(state.job_queue.run())
    for server in servers:
        await server.ready.wait()
    sys.stdout.write(json.dumps(connection_document) + "\n")
    sys.stdout.flush()
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([stopping, jobs, *running], return_when=asyncio.FIRST_COMPLETED)
    fault_injector.stopping.set()
    for server in servers:
        server.should_exit = True
    await asyncio.gather(*running)
    # The loop of jobs never ends by itself: it has failed with an exception.
    failed = jobs.done() and not jobs.cancelled()
    for task in (jobs, stopping, *losses):
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(jobs, *losses)
    state.store.close()
    log.close()
    return 1 if failed else 0
