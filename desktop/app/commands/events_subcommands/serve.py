"""`fairlead events serve`: takes events over HTTP on this computer; stores them, sends nothing."""

import argparse
import secrets
import sys
from typing import Any

from desktop.app.cli_output import ExitCode, emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.container import WorkspaceServices
from desktop.app.event_intake_app import EventIntakeApp
from desktop.app.event_intake_server import allowed_hosts, listen_on, serve_events
from desktop.kit.errors import InvalidInput
from desktop.vault.secret import Secret

_DEFAULT_PORT = 8711
_KEY_BYTES = 24


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=int, default=_DEFAULT_PORT, help=f"{_DEFAULT_PORT} unless said; 0: any"
    )
    parser.add_argument("--name", default="intake", help="what the source of events is called")
    parser.add_argument("--show-key", action="store_true", help="print the write key too")


# Without a connection: events are stored, and whoever delivers them is asked for the right then.
@in_workspace(connect=False)
async def _serve(services: WorkspaceServices, options: argparse.Namespace) -> int:
    if not 0 <= options.port < 65_536:
        raise InvalidInput("A port is a number from 0 to 65535.", "Nothing is served.")
    vault = services.session.connection_config.vault
    key = await vault.get(Secret.EVENTS_KEY)
    if key is None:
        key = secrets.token_urlsafe(_KEY_BYTES)
        await vault.set(Secret.EVENTS_KEY, key)
    listener = listen_on(options.port)
    port = listener.getsockname()[1]
    now = services.context.clock.now()
    source_id, last_line = await services.store.events.get_or_add_source(options.name, now)
    app = EventIntakeApp(
        events=services.store.events,
        clock=services.context.clock,
        write_key=key,
        source_id=source_id,
        last_line=last_line,
        hosts=allowed_hosts(port),
    )
    url = f"http://127.0.0.1:{port}"
    document: dict[str, Any] = {
        "url": url,
        "port": port,
        "source": source_id,
        "write_key_is": vault.location_label,
    }
    lines = [
        f"Taking events at {url}, this computer only. Point a Segment library's host there.",
        f"The write key: {vault.location_label}.",
        "They are stored; `fairlead events deliver` sends them.",
    ]
    if options.show_key:
        document["write_key"] = key
        lines.append(f"Write key: {key}")
    await serve_events(app, listener, lambda: _tell(document, lines, as_json=options.json))
    return ExitCode.DONE


def _tell(document: dict[str, Any], lines: list[str], *, as_json: bool) -> None:
    emit(document, lines, as_json=as_json)
    # A pipe holds text lines back: whoever starts this waits for them.
    sys.stdout.flush()


COMMANDS = {"serve": CliCommand(_add_arguments, _serve)}
