"""Notifications about runs on the command line: whom a sync notifies, and the mail server."""

import argparse
import sys
from dataclasses import replace
from getpass import getpass
from pathlib import Path
from typing import Any

from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import open_workspace
from desktop.app.commands.sync_subcommands.arguments import add_sync_argument
from desktop.app.commands.view_permission import require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.connect.mail_password import store_mail_password
from desktop.kit.errors import InvalidInput, KeyringError
from desktop.model.json_value import Json
from desktop.settings import sync_settings
from desktop.settings.setting_definition import Setting
from desktop.vault.secret import Secret

_ON_OFF = ("on", "off")
_PASSWORD_LABELS = {None: "not known, the keyring cannot be asked now", False: "none"}
_MAIL_SETTINGS: dict[str, Setting[Any]] = {
    "host": sync_settings.MAIL_HOST,
    "port": sync_settings.MAIL_PORT,
    "security": sync_settings.MAIL_SECURITY,
    "user": sync_settings.MAIL_USER,
    "sender": sync_settings.MAIL_FROM,
}


def _add_notify_arguments(parser: argparse.ArgumentParser) -> None:
    add_sync_argument(parser)
    parser.add_argument("--run", choices=_ON_OFF, help="tell after every run")
    parser.add_argument("--failure", choices=_ON_OFF, help="notify when a run needs attention")
    parser.add_argument("--desktop", choices=_ON_OFF, help="as a notification of the desktop")
    parser.add_argument("--email", action="append", metavar="ADDRESS", help="by e-mail; repeat it")
    parser.add_argument("--no-email", action="store_true", help="no e-mail any more")


async def _set_notifications(context: AppContext, options: argparse.Namespace) -> int:
    if options.email and options.no_email:
        raise InvalidInput("--email and --no-email do not go together.")
    switches = {"on_run": options.run, "on_failure": options.failure, "desktop": options.desktop}
    changes: dict[str, Any] = {
        name: given == "on" for name, given in switches.items() if given is not None
    }
    if options.email or options.no_email:
        # Each address once, in the order given.
        changes["email"] = tuple(dict.fromkeys(options.email or ()))
    async with open_workspace(context, options.workspace, connect=bool(changes)) as services:
        await require_view_permission(services)
        sync = await services.store.syncs.get(options.sync)
        if changes:
            sync = services.syncs.save_sync(replace(sync, notify=replace(sync.notify, **changes)))
    notify = sync.notify
    when = "every run" if notify.on_run else "a run that needs attention"
    if not (notify.on_run or notify.on_failure):
        when = "no run"
    places = [*(("the desktop",) if notify.desktop else ()), *notify.email]
    return emit(
        {
            "sync": sync.name,
            "run": notify.on_run,
            "failure": notify.on_failure,
            "desktop": notify.desktop,
            "email": list(notify.email),
        },
        [f"{sync.name} tells {', '.join(places) or 'nobody'} about {when}."],
        as_json=options.json,
    )


def _add_mail_arguments(parser: argparse.ArgumentParser) -> None:
    for name, row in _MAIL_SETTINGS.items():
        # `from` is a keyword of Python's, and no name for an attribute.
        flag = "from" if name == "sender" else name
        parser.add_argument(f"--{flag}", dest=name, metavar="VALUE", help=row.help)
    parser.add_argument(
        "--password", metavar="FILE", help="read the password from a file; - asks for it"
    )
    parser.add_argument("--no-password", action="store_true", help="forget the password")
    parser.add_argument("--test", metavar="ADDRESS", help="send a trial there")


async def _set_mail_server(context: AppContext, options: argparse.Namespace) -> int:
    password = None if options.password is None else _read_password(options.password)
    changes = _changed_settings(options)
    # A trial is sent with the kept password, to whatever address.
    is_acting = options.no_password or password is not None or options.test is not None
    is_acting = is_acting or bool(changes)
    async with open_workspace(context, options.workspace, connect=is_acting) as services:
        session = services.session
        if is_acting:
            services.syncs.require_permission()
        if changes:
            await session.connection_config.bind_secrets_to_addresses(session.values)
            session.change_settings(changes)
        vault = session.connection_config.vault
        if options.no_password:
            await vault.delete(Secret.SMTP_PASSWORD)
        if password is not None:
            await store_mail_password(session.connection_config, session.values, password)
        if options.test:
            # Imported here: smtplib and its e-mail classes serve this option alone.
            from desktop.connect.mail_server import send_test_email

            await send_test_email(session.connection_config, session.values, options.test)
        return await _emit_mail_server(services, options)


def _changed_settings(options: argparse.Namespace) -> dict[str, Json]:
    """Return the mail server's settings given to `fairlead sync`, by their keys in the settings."""
    changes: dict[str, Json] = {}
    for name, row in _MAIL_SETTINGS.items():
        given = getattr(options, name)
        if given is None:
            continue
        is_port = row is sync_settings.MAIL_PORT and given.isascii() and given.isdigit()
        # A port that is no number goes on as text: the settings explain why it is refused.
        changes[row.key] = int(given) if is_port else given
    return changes


def _read_password(file: str) -> str:
    """Read the mail password from a file, or ask for it for `-`. Raises InvalidInput.

    Never an argument itself: other users of the computer can read a process's command line.
    """
    try:
        if file != "-":
            return Path(file).expanduser().read_text(encoding="utf-8")
        if sys.stdin.isatty():
            return getpass("Password of the mail server: ")
        return sys.stdin.readline()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("The password cannot be read.", type(error).__name__) from error


async def _emit_mail_server(services: WorkspaceServices, options: argparse.Namespace) -> int:
    """Print `fairlead sync`'s mail server; of its password only whether and where it is kept."""
    values, vault = services.session.values, services.session.connection_config.vault
    # Asked of the keyring, not of the settings: it may have been deleted elsewhere.
    try:
        has_password: bool | None = bool(await vault.get(Secret.SMTP_PASSWORD))
    except KeyringError:
        # What was asked for is stored by now: a locked keyring does not undo it.
        has_password = None
    found: dict[str, Json] = {name: values.get(row) for name, row in _MAIL_SETTINGS.items()}
    if found["host"]:
        lines = [
            f"{found['host']}:{found['port']}, {found['security']}, from {found['sender']}",
            f"Password: {_PASSWORD_LABELS.get(has_password, vault.location_label)}",
        ]
        if options.test:
            lines.append(f"A trial is on its way to {options.test}.")
    else:
        lines = ["There is no mail server yet: --host says which."]
    found["from"] = found.pop("sender")
    return emit(
        {**found, "password": has_password, "tested": options.test}, lines, as_json=options.json
    )


COMMANDS = {
    "notify": CliCommand(_add_notify_arguments, _set_notifications),
    "mail": CliCommand(_add_mail_arguments, _set_mail_server),
}
