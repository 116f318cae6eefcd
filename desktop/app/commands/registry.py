"""The commands in the order of `--help`; only the one that runs is imported."""

from collections.abc import Sequence
from importlib import import_module

from desktop.app.commands.cli_command import CliCommand

# Each is a module beside this one that holds a COMMAND.
COMMAND_NAMES = (
    "window",
    "demo",
    "lookup",
    "edit",
    "undo",
    "outbox",
    "audit",
    "sync",
    "setup",
    "doctor",
    "sandbox",
)


def load_commands(arguments: Sequence[str]) -> tuple[CliCommand, ...]:
    """The verb that these arguments begin with, or all of them, for help."""
    named = tuple(arguments[:1])
    return tuple(
        _load_command(name)
        for name in (named if set(named) & set(COMMAND_NAMES) else COMMAND_NAMES)
    )


def _load_command(name: str) -> CliCommand:
    command: CliCommand = import_module(f"desktop.app.commands.{name}").COMMAND
    return command
