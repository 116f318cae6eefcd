"""Whom runs tell, on the command line: notify a sync's people, and the mail server for it."""

import argparse
import sys
from dataclasses import replace
from getpass import getpass
from pathlib import Path
from typing import Any

from desktop.app import output
from desktop.app.ground import Ground
from desktop.app.output import plain
from desktop.app.session import session
from desktop.app.verbs.syncing.act import Act, goal_argument
from desktop.app.wiring import House
from desktop.kit.errors import BadInput
from desktop.model.goal import Notify
from desktop.model.json_value import Json
from desktop.settings import sync_settings
from desktop.settings.setting import Setting
from desktop.vault.secret import Secret

_SWITCH = ("on", "off")
_ROWS: dict[str, Setting[Any]] = {
    "host": sync_settings.MAIL_HOST,
    "port": sync_settings.MAIL_PORT,
    "security": sync_settings.MAIL_SECURITY,
    "user": sync_settings.MAIL_USER,
    "sender": sync_settings.MAIL_FROM,
}


def _notify_arguments(parser: argparse.ArgumentParser) -> None:
    goal_argument(parser)
    parser.add_argument("--run", choices=_SWITCH, help="tell after every run")
    parser.add_argument("--failure", choices=_SWITCH, help="tell when somebody should look")
    parser.add_argument("--desktop", choices=_SWITCH, help="as a notification of the desktop")
    parser.add_argument("--email", action="append", metavar="ADDRESS", help="by e-mail; repeat it")
    parser.add_argument("--no-email", action="store_true", help="no e-mail any more")


async def _notify(ground: Ground, options: argparse.Namespace) -> int:
    if options.email and options.no_email:
        raise BadInput("--email and --no-email do not go together.")
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
    async with session(ground, options.workspace, connect=bool(changes)) as house:
        goal = house.store.goals.get(options.goal)
        if changes:
            told: Notify = replace(goal.notify, **changes)  # type: ignore[arg-type]
            goal = house.goals.save(replace(goal, notify=told))
    kept = goal.notify
    if options.json:
        output.print_json(
            {
                "goal": goal.name,
                "run": kept.on_run,
                "failure": kept.on_failure,
                "desktop": kept.desktop,
                "email": list(kept.email),
            }
        )
        return output.DONE
    when = "every run" if kept.on_run else "a run somebody should look at"
    if not (kept.on_run or kept.on_failure):
        when = "no run"
    places = [*(("the desktop",) if kept.desktop else ()), *kept.email]
    print(f"{plain(goal.name)} tells {plain(', '.join(places) or 'nobody')} about {when}.")
    return output.DONE


def _mail_arguments(parser: argparse.ArgumentParser) -> None:
    for name, row in _ROWS.items():
        flag = "from" if name == "sender" else name
        parser.add_argument(f"--{flag}", dest=name, metavar="VALUE", help=row.help)
    parser.add_argument(
        "--password", metavar="FILE", help="read the password from a file; - asks for it"
    )
    parser.add_argument("--no-password", action="store_true", help="forget the password")
    parser.add_argument("--test", metavar="ADDRESS", help="send a trial there")


async def _mail(ground: Ground, options: argparse.Namespace) -> int:
    password = None if options.password is None else _password(options.password)
    changes = _changes(options)
    changing = bool(changes) or password is not None or options.no_password
    async with session(ground, options.workspace, connect=changing) as house:
        if changing:
            house.goals.require()
        if changes:
            house.live.change(changes)
        vault = house.live.desk.vault
        if options.no_password:
            await vault.delete(Secret.SMTP_PASSWORD)
        if password is not None:
            await vault.set(Secret.SMTP_PASSWORD, password)
        if options.test:
            from desktop.connect.mail import send_trial

            await send_trial(house.live.desk, house.live.values, options.test)
        return await _print_mail(house, options)


def _changes(options: argparse.Namespace) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, row in _ROWS.items():
        given = getattr(options, name)
        if given is None:
            continue
        if row is sync_settings.MAIL_PORT:
            found[row.key] = int(given) if given.isascii() and given.isdigit() else given
        else:
            found[row.key] = given
    return found


def _password(file: str) -> str:
    """From a file, or asked for; never from the command line, where others could read it."""
    try:
        if file != "-":
            return Path(file).expanduser().read_text(encoding="utf-8")
        if sys.stdin.isatty():
            return getpass("Password of the mail server: ")
        return sys.stdin.readline()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput("The password cannot be read.", type(error).__name__) from error


async def _print_mail(house: House, options: argparse.Namespace) -> int:
    values = house.live.values
    kept = bool(await house.live.desk.vault.get(Secret.SMTP_PASSWORD))
    found: dict[str, Json] = {name: values.get(row) for name, row in _ROWS.items()}
    if options.json:
        found["from"] = found.pop("sender")
        output.print_json({**found, "password": kept, "tested": options.test})
        return output.DONE
    if not found["host"]:
        print("There is no mail server yet: --host says which.")
        return output.DONE
    print(f"{found['host']}:{found['port']}, {found['security']}, from {plain(found['sender'])}")
    print(f"Password: {house.live.desk.vault.words if kept else 'none'}")
    if options.test:
        print(f"A trial is on its way to {plain(options.test)}.")
    return output.DONE


ACTS = (
    Act("notify", "say whom a sync tells how it went", _notify_arguments, _notify),
    Act("mail", "say how e-mail about syncs goes out", _mail_arguments, _mail),
)
