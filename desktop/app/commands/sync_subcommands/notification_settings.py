"""Whom runs tell, on the command line: notify a sync's people, and the mail server for it."""

import argparse
import sys
from dataclasses import replace
from getpass import getpass
from pathlib import Path
from typing import Any

from desktop.app import cli_output
from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import terminal_safe
from desktop.app.commands.open_workspace import open_workspace
from desktop.app.commands.sync_subcommands.subcommand import SyncSubcommand, add_sync_argument
from desktop.app.container import WorkspaceServices
from desktop.kit.errors import InvalidInput
from desktop.model.json_value import Json
from desktop.model.sync import NotificationSettings
from desktop.settings import sync_settings
from desktop.settings.setting_definition import Setting
from desktop.vault.secret import Secret

_ON_OFF = ("on", "off")
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
    parser.add_argument("--failure", choices=_ON_OFF, help="tell when somebody should look")
    parser.add_argument("--desktop", choices=_ON_OFF, help="as a notification of the desktop")
    parser.add_argument("--email", action="append", metavar="ADDRESS", help="by e-mail; repeat it")
    parser.add_argument("--no-email", action="store_true", help="no e-mail any more")


async def _notify(context: AppContext, options: argparse.Namespace) -> int:
    if options.email and options.no_email:
        raise InvalidInput("--email and --no-email do not go together.")
    changes: dict[str, object] = {}
    for key, given in (
        ("on_run", options.run),
        ("on_failure", options.failure),
        ("desktop", options.desktop),
    ):
        if given is not None:
            changes[key] = given == "on"
    if options.email or options.no_email:
        changes["email"] = tuple(dict.fromkeys(options.email or ()))
    async with open_workspace(context, options.workspace, connect=bool(changes)) as house:
        goal = house.store.syncs.get.blocking(options.sync)
        if changes:
            told: NotificationSettings = replace(goal.notify, **changes)  # type: ignore[arg-type]
            goal = house.syncs.save_sync(replace(goal, notify=told))
    kept = goal.notify
    if options.json:
        cli_output.print_json(
            {
                "sync": goal.name,
                "run": kept.on_run,
                "failure": kept.on_failure,
                "desktop": kept.desktop,
                "email": list(kept.email),
            }
        )
        return cli_output.EXIT_DONE
    when = "every run" if kept.on_run else "a run somebody should look at"
    if not (kept.on_run or kept.on_failure):
        when = "no run"
    places = [*(("the desktop",) if kept.desktop else ()), *kept.email]
    print(
        f"{terminal_safe(goal.name)} tells {terminal_safe(', '.join(places) or 'nobody')} about {when}."  # noqa: E501
    )
    return cli_output.EXIT_DONE


def _add_mail_arguments(parser: argparse.ArgumentParser) -> None:
    for name, row in _MAIL_SETTINGS.items():
        flag = "from" if name == "sender" else name
        parser.add_argument(f"--{flag}", dest=name, metavar="VALUE", help=row.help)
    parser.add_argument(
        "--password", metavar="FILE", help="read the password from a file; - asks for it"
    )
    parser.add_argument("--no-password", action="store_true", help="forget the password")
    parser.add_argument("--test", metavar="ADDRESS", help="send a trial there")


async def _mail(context: AppContext, options: argparse.Namespace) -> int:
    password = None if options.password is None else _read_password(options.password)
    changes = _changed_settings(options)
    changing = bool(changes) or password is not None or options.no_password
    async with open_workspace(context, options.workspace, connect=changing) as house:
        if changing:
            house.syncs.require_permission()
        if changes:
            house.session.change_settings(changes)
        vault = house.session.connection_config.vault
        if options.no_password:
            await vault.delete(Secret.SMTP_PASSWORD)
        if password is not None:
            await vault.set(Secret.SMTP_PASSWORD, password)
        if options.test:
            from desktop.connect.mail_server import send_test_email

            await send_test_email(
                house.session.connection_config, house.session.values, options.test
            )
        return await _print_mail(house, options)


def _changed_settings(options: argparse.Namespace) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, row in _MAIL_SETTINGS.items():
        given = getattr(options, name)
        if given is None:
            continue
        if row is sync_settings.MAIL_PORT:
            found[row.key] = int(given) if given.isascii() and given.isdigit() else given
        else:
            found[row.key] = given
    return found


def _read_password(file: str) -> str:
    """From a file, or asked for; never from the command line, where others could read it."""
    try:
        if file != "-":
            return Path(file).expanduser().read_text(encoding="utf-8")
        if sys.stdin.isatty():
            return getpass("Password of the mail server: ")
        return sys.stdin.readline()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("The password cannot be read.", type(error).__name__) from error


async def _print_mail(services: WorkspaceServices, options: argparse.Namespace) -> int:
    values = services.session.values
    kept = bool(await services.session.connection_config.vault.get(Secret.SMTP_PASSWORD))
    found: dict[str, Json] = {name: values.get(row) for name, row in _MAIL_SETTINGS.items()}
    if options.json:
        found["from"] = found.pop("sender")
        cli_output.print_json({**found, "password": kept, "tested": options.test})
        return cli_output.EXIT_DONE
    if not found["host"]:
        print("There is no mail server yet: --host says which.")
        return cli_output.EXIT_DONE
    print(
        f"{found['host']}:{found['port']}, {found['security']}, from {terminal_safe(found['sender'])}"  # noqa: E501
    )
    print(
        f"Password: {services.session.connection_config.vault.location_label if kept else 'none'}"
    )
    if options.test:
        print(f"A trial is on its way to {terminal_safe(options.test)}.")
    return cli_output.EXIT_DONE


SUBCOMMANDS = (
    SyncSubcommand("notify", "say whom a sync tells how it went", _add_notify_arguments, _notify),
    SyncSubcommand("mail", "say how e-mail about syncs goes out", _add_mail_arguments, _mail),
)
