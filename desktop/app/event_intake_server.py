"""Serves the HTTP intake of events, to this computer alone or with TLS; until it is told to end."""

import contextlib
import errno
import ipaddress
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import uvicorn

from desktop.app.event_intake_app import EventIntakeApp
from desktop.app.event_intake_connections import MAX_CONNECTIONS, ConnectionLimits, IntakeConfig
from desktop.app.port_owner import find_port_owner
from desktop.kit.errors import InvalidInput
from desktop.kit.termination_signals import call_at_termination

LOOPBACK = "127.0.0.1"


class IntakeHttpServer(uvicorn.Server):
    """uvicorn, with the signals left to `serve_events`, which closes the store after it."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start uvicorn for the events that are posted here, then tell that it listens."""
        await super().startup(sockets)
        self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """Leave signals to the program: uvicorn installs no handler for the event intake."""
        yield


class PortTaken(InvalidInput):
    """The port of the HTTP intake of events is taken by another program."""


@dataclass(frozen=True)
class IntakeAddress:
    """Where the intake listens, with which certificate, and what it lets a connection hold.

    `names` are host names under which others reach it.
    """

    address: str = LOOPBACK
    port: int = 0
    certificate: str = ""
    key: str = ""
    names: tuple[str, ...] = ()
    limits: ConnectionLimits = field(default_factory=ConnectionLimits)

    @property
    def is_tls(self) -> bool:
        """Whether the HTTP intake of events is served with TLS."""
        return bool(self.certificate)

    def check(self) -> None:
        """Raise InvalidInput for an intake with a wrong port, limit or certificate."""
        if not 0 <= self.port < 65_536:
            raise InvalidInput("A port is a number from 0 to 65535.", "Nothing is served.")
        if not 1 <= self.limits.per_address <= MAX_CONNECTIONS:
            raise InvalidInput(
                f"One address may have 1 to {MAX_CONNECTIONS} connections.", "Nothing is served."
            )
        if bool(self.certificate) != bool(self.key):
            raise InvalidInput(
                "TLS takes a certificate and its key.", "Nothing is served.", "Name both files."
            )
        try:
            given = ipaddress.ip_address(self.address)
        except ValueError:
            raise InvalidInput(
                f"“{self.address[:60]}” is no IP address.", "Nothing is served."
            ) from None
        if not given.is_loopback and not self.is_tls:
            raise InvalidInput(
                "Without TLS only this computer is served.",
                "Write keys and customers would cross the network in the clear.",
                "Give --certificate and --key, or leave --address out.",
            )
        if given.is_unspecified and not self.names:
            raise InvalidInput(
                "Say under which name this computer is reached.",
                "Requests for any other name are refused.",
                "Give --host-name.",
            )
        if self.is_tls:
            _check_certificate(self.certificate, self.key)

    def url(self, port: int) -> str:
        """Return the address to be given to programs that send events."""
        host = self.names[0] if self.names else self.address
        host = f"[{host}]" if ":" in host else host
        return f"{'https' if self.is_tls else 'http'}://{host}:{port}"

    def hosts(self, port: int) -> frozenset[str]:
        """Return the Host headers with which the intake may be asked."""
        own = [self.address] if not ipaddress.ip_address(self.address).is_unspecified else []
        own += ["localhost"] if ipaddress.ip_address(self.address).is_loopback else []
        names = [f"[{one}]" if ":" in one else one.lower() for one in (*own, *self.names)]
        is_standard = port == (443 if self.is_tls else 80)
        return frozenset([*(f"{one}:{port}" for one in names), *(names if is_standard else ())])


def _check_certificate(certificate: str, key: str) -> None:
    def refuse_password() -> str:
        raise ValueError("it has a password, which nobody could type")

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, refuse_password)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InvalidInput(
            f"The certificate {certificate} and the key {key} can't be used: {reason}.",
            "Nothing is served.",
            "Both are PEM files; the key belongs to the certificate.",
        ) from error


def parse_origin(text: str) -> str:
    """Return a web page's origin as browsers name it. Raises InvalidInput."""
    parts = urlsplit(text.strip().lower())
    is_bare = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    if parts.scheme not in ("http", "https") or not parts.hostname or not is_bare:
        raise InvalidInput(
            f"“{text[:60]}” is no origin of web pages.",
            "Nothing is served.",
            "Write https://shop.example, without a path.",
        )
    return f"{parts.scheme}://{parts.netloc}"


def listen_on(place: IntakeAddress) -> socket.socket:
    """Open the intake's socket; port 0 is any free one. Raises InvalidInput, PortTaken."""
    family = socket.AF_INET6 if ":" in place.address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((place.address, place.port))
    except OSError as error:
        listener.close()
        raise _port_refusal(place.port, error) from error
    listener.listen(128)
    listener.setblocking(False)
    return listener


def _port_refusal(port: int, error: OSError) -> InvalidInput:
    if error.errno != errno.EADDRINUSE:
        return InvalidInput(
            f"Port {port} can't be used: {error.strerror}.",
            "Nothing is served.",
            "Name another with --port.",
        )
    owner = find_port_owner(port)
    if owner is not None and owner.is_intake:
        return InvalidInput(
            f"Port {port} is taken by another intake of Fairlead.",
            "It goes on; nothing more is served.",
            "End it, or name another port with --port.",
        )
    return PortTaken(
        f"Port {port} is taken{f' by {owner.label}' if owner else ''}.",
        "No events are taken in over HTTP.",
        f"End that program, or serve at another: fairlead events serve --port {port + 1}. Point"
        " the senders there.",
    )


def build_server(app: Any, place: IntakeAddress, on_ready: Callable[[], None]) -> IntakeHttpServer:
    """Return the HTTP server of an ASGI application; `on_ready` is called once it takes requests.

    Whoever calls its `serve` gives the socket of `listen_on`.
    """
    config = IntakeConfig(
        app,
        place.limits,
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        ssl_certfile=place.certificate or None,
        ssl_keyfile=place.key or None,
    )
    return IntakeHttpServer(config, on_ready)


async def serve_events(
    app: EventIntakeApp,
    listener: socket.socket,
    place: IntakeAddress,
    on_ready: Callable[[], None],
) -> None:
    """Serve the HTTP intake until SIGTERM or SIGINT; open requests are answered first.

    `on_ready` is called once requests are taken and a signal ends it in order.
    """
    server = build_server(app, place, on_ready)
    call_at_termination(lambda: setattr(server, "should_exit", True))
    await server.serve([listener])
