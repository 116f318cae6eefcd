"""Names and one-line summaries of all commands; their modules are imported when they are run.

The order is that of `--help`. Kept as text so that `--help` and `--version` import no command:
with all of them imported they took 490 modules instead of some 150.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from desktop.app.commands.cli_command import CliCommand


class CommandEntry(NamedTuple):
    """One line of `--help`, and the module under `desktop.app.commands` that holds the command."""

    name: str
    summary: str
    module: str

    def load(self) -> "CliCommand":
        """Import the module and return its command of this name."""
        module = import_module(f"desktop.app.commands.{self.module}")
        command: CliCommand = module.COMMANDS[self.name]
        return command


COMMANDS = (
    CommandEntry("window", "open the window (the default)", "window"),
    CommandEntry("demo", "open the window on invented data", "demo"),
    CommandEntry("lookup", "show one customer's sheet", "lookup"),
    CommandEntry("edit", "change one customer", "edit"),
    CommandEntry("undo", "take one change back", "undo"),
    CommandEntry("outbox", "list, send, retry or discard wanted changes", "outbox"),
    CommandEntry("audit", "show or verify the record of changes", "audit"),
    CommandEntry("sync", "preview, run and schedule syncs between Zendesk and Sailthru", "sync"),
    CommandEntry("setup", "connect a workspace from a JSON object", "setup"),
    CommandEntry("doctor", "test every connection and permission", "doctor"),
    CommandEntry("sandbox", "serve an imitation of Sailthru and Zendesk", "sandbox"),
)

COMMAND_NAMES = tuple(entry.name for entry in COMMANDS)


def _sync_entries(module: str, summaries: Mapping[str, str]) -> tuple[CommandEntry, ...]:
    path = f"sync_subcommands.{module}"
    return tuple(CommandEntry(name, summary, path) for name, summary in summaries.items())


SYNC_SUBCOMMANDS = (
    *_sync_entries(
        "configure",
        {
            "list": "every sync and how it stands",
            "add": "make a sync from a preset",
            "on": "check a sync and switch it on",
            "off": "switch a sync off",
            "remove": "take a sync away; its history stays",
            "schedule": "say when a sync runs",
        },
    ),
    *_sync_entries(
        "plans",
        {
            "plan": "show what a run would change; nothing is written",
            "tick": "leave a row or field of a plan out, or take it in again",
            "resolve": "pick a side where both have changed",
        },
    ),
    *_sync_entries(
        "runs",
        {
            "run": "run a sync now",
            "cancel": "stop a run; it can go on later",
            "rollback": "take back what a run wrote",
            "retry": "try what was refused or corrected again",
        },
    ),
    *_sync_entries("history", {"history": "past and coming runs", "show": "one run, row by row"}),
    *_sync_entries(
        "scheduled_runs",
        {
            "due": "run every sync whose time has come",
            "here": "whether this computer runs what is due",
        },
    ),
    *_sync_entries(
        "notification_settings",
        {
            "notify": "say whom a sync tells how it went",
            "mail": "say how e-mail about syncs goes out",
        },
    ),
    *_sync_entries(
        "export_import",
        {
            "export": "write syncs to a file that people can read",
            "import": "take syncs in from a file, all or none",
        },
    ),
)
