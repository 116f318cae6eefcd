"""`fairlead events serve`: takes events over HTTP; stores them by source, sends nothing."""

import argparse
import asyncio
import contextlib
import socket
import sys
from collections.abc import Collection
from typing import Any

from desktop.app.cli_output import ExitCode, emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.container import WorkspaceServices
from desktop.app.event_intake_app import EventIntakeApp, IntakeSource
from desktop.app.event_intake_connections import ConnectionLimits
from desktop.app.event_intake_permission import EventIntakePermission
from desktop.app.event_intake_server import (
    LOOPBACK,
    IntakeAddress,
    PortTaken,
    listen_on,
    parse_origin,
    serve_events,
)
from desktop.app.event_services import require_events_connected
from desktop.kit.errors import InvalidInput, NotPermitted
from desktop.model.event_source import EventSource, EventSourceKind, parse_source_name

_DEFAULT_PORT = 8711
_DEFAULT_NAME = "intake"


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=int, default=_DEFAULT_PORT, help=f"{_DEFAULT_PORT} unless said; 0: any"
    )
    parser.add_argument(
        "--name", help=f"a source to serve beside the others of HTTP; {_DEFAULT_NAME} if alone"
    )
    parser.add_argument("--show-key", action="store_true", help="print the write keys too")
    parser.add_argument(
        "--address", default=LOOPBACK, help="listen here; others than this computer with TLS alone"
    )
    parser.add_argument("--certificate", default="", metavar="FILE", help="TLS: PEM certificate")
    parser.add_argument("--key", default="", metavar="FILE", help="TLS: its PEM key")
    parser.add_argument(
        "--host-name", action="append", default=[], metavar="NAME", help="a name it is reached by"
    )
    parser.add_argument(
        "--origin",
        action="append",
        default=[],
        metavar="URL",
        help="web pages that may post, such as https://shop.example",
    )
    parser.add_argument(
        "--connections-per-address",
        type=int,
        default=ConnectionLimits.per_address,
        metavar="N",
        help="connections that one address may have open; more behind a reverse proxy",
    )


# Without a connection: events are stored also while Zendesk is away. Who serves is asked where that
# counts: for a new source, a key, and what is to be delivered by itself.
@in_workspace(connect=False)
async def _serve(services: WorkspaceServices, options: argparse.Namespace) -> int:
    place = IntakeAddress(
        options.address,
        options.port,
        options.certificate,
        options.key,
        tuple(options.host_name),
        ConnectionLimits(per_address=options.connections_per_address),
    )
    place.check()
    require_events_connected(services)
    origins = frozenset(map(parse_origin, options.origin))
    default, others = await _choose_sources(services, options.name)
    if options.show_key:
        await _require_configuration(services)
    served: dict[str, IntakeSource] = {}
    keyless: list[str] = []
    for source in (*([default] if default else []), *others):
        found = await _open_source(services, source, is_default=source is default)
        if found is None:
            keyless.append(source.name)
        else:
            served[source.name] = found
    if not served:
        raise InvalidInput(
            f"No source has a write key: {', '.join(keyless)}.",
            "Nothing is served.",
            "`fairlead events source key NAME` makes one.",
        )
    # What is stored is proven also while Zendesk is away.
    await services.session.load_audit_key()
    right, source_ids = (
        EventIntakePermission(services),
        frozenset(one.id for one in served.values()),
    )
    listener = await _listen(services, place, source_ids)
    await right.ask_for(source_ids)
    port = listener.getsockname()[1]
    app = EventIntakeApp(
        store=services.store,
        clock=services.context.clock,
        sources=tuple(served.values()),
        hosts=place.hosts(port),
        origins=origins,
        is_unattended=lambda: right.is_given,
    )
    where = services.event_sources.write_keys.location_label
    first = next(iter(served.values()))
    document: dict[str, Any] = {
        "url": place.url(port),
        "port": port,
        "source": first.intake,
        "sources": {name: one.intake for name, one in served.items()},
        "without_key": keyless,
        "write_key_is": where,
    }
    reach = (
        f"under {', '.join(sorted(place.hosts(port)))}" if place.is_tls else "this computer only"
    )
    lines = [
        f"Taking events at {place.url(port)}, {reach}. Point a Segment library's host there.",
        f"Sources: {', '.join(served)}. The write keys: {where}.",
        *(
            f"“{name}” has no write key. {services.event_sources.write_keys.how_to_give(name)}"
            for name in keyless
        ),
        "They are stored; `fairlead events deliver` sends them.",
    ]
    if options.show_key:
        document["write_key"] = first.write_key
        document["write_keys"] = {name: one.write_key for name, one in served.items()}
        lines += [f"Write key of {name}: {one.write_key}" for name, one in served.items()]
    asking = asyncio.create_task(right.keep_asking_for(source_ids))
    try:
        await serve_events(
            app, listener, place, lambda: _tell(document, lines, as_json=options.json)
        )
    finally:
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking
    return ExitCode.DONE


async def _listen(
    services: WorkspaceServices, place: IntakeAddress, source_ids: Collection[int]
) -> socket.socket:
    """Open the socket; the window shows at the sources where their port is taken."""
    trouble = ""
    try:
        return listen_on(place)
    except PortTaken as error:
        trouble = f"{error.title} {error.hint}"
        raise
    finally:
        for id_ in source_ids:
            await services.store.event_sources.put_trouble(id_, trouble)


async def _require_configuration(services: WorkspaceServices) -> None:
    """Sign in and ask for the right to change sources. Raises NotPermitted, or why nobody knows."""
    session = services.session
    if session.confirmed_actor is None:
        await session.connect()
    if session.connection_error is not None:
        raise session.connection_error
    if not (decision := services.event_sources.check_configuration()).is_allowed:
        raise NotPermitted("Sources of events and their keys are not yours.", decision.reason)


async def _choose_sources(
    services: WorkspaceServices, name: str | None
) -> tuple[EventSource | None, list[EventSource]]:
    """Return the source of the key without a name, made where it is new, and the others."""
    found = await services.event_sources.list_sources()
    served = [one for one in found if one.kind is EventSourceKind.HTTP]
    if name is None and served:
        default = next((one for one in served if one.name == _DEFAULT_NAME), None)
        return default, [one for one in served if one is not default]
    wanted = parse_source_name(name or _DEFAULT_NAME)
    default = next((one for one in found if one.name.lower() == wanted.lower()), None)
    if default is not None and default.kind is not EventSourceKind.HTTP:
        raise InvalidInput(
            f"“{default.name}” is a source of another kind: {default.kind.label}.",
            "Nothing is served.",
            "Choose another name.",
        )
    if default is None:
        await _require_configuration(services)
        default = await services.event_sources.add(wanted, EventSourceKind.HTTP)
    return default, [one for one in served if one.id != default.id]


async def _open_source(
    services: WorkspaceServices, source: EventSource, *, is_default: bool
) -> IntakeSource | None:
    """Return a source with its key, made for the default one where it has none; else None."""
    keys = services.event_sources.write_keys
    key = await keys.find(source.id, source.name, is_default=is_default)
    if key is None and is_default:
        await _require_configuration(services)
        key = await services.event_sources.make_write_key(source.name)
    if key is None:
        return None
    now = services.context.clock.now()
    intake, last_line = await services.store.event_sources.get_open_intake(source.id, now)
    return IntakeSource(source.id, key, intake, last_line)


def _tell(document: dict[str, Any], lines: list[str], *, as_json: bool) -> None:
    emit(document, lines, as_json=as_json)
    # A pipe holds text lines back: whoever starts this waits for them.
    sys.stdout.flush()


COMMANDS = {"serve": CliCommand(_add_arguments, _serve)}
