"""The argument parser of `fairlead`: imports a command when it is chosen, raises on wrong usage."""

import argparse
from collections.abc import Iterable
from typing import Any, NoReturn

from desktop.app.commands.registry import CommandEntry
from desktop.kit.errors import InvalidInput


class CommandParser(argparse.ArgumentParser):
    """An argparse parser of one `fairlead` command or of a group; `entry` is that command."""

    entry: CommandEntry | None = None

    def add_commands(self, dest: str, entries: Iterable[CommandEntry]) -> None:
        """Add an argparse subparser for each command, without importing the modules they name."""
        # `prog` is given: argparse would format a usage line for it, and import shutil for that.
        commands = self.add_subparsers(
            dest=dest, required=True, metavar="COMMAND", prog=self.prog, parser_class=CommandParser
        )
        for entry in entries:
            # No abbreviations: `--js` would be taken for `--json`, and errors not be JSON.
            parser = commands.add_parser(
                entry.name, help=entry.summary, description=entry.summary, allow_abbrev=False
            )
            parser.entry = entry

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Import the chosen command, let it add its arguments, then parse as argparse does."""
        self.load_command()
        return super().parse_known_args(args, namespace)

    def load_command(self) -> None:
        """Import this parser's command, once, and add its arguments."""
        if self.entry is None:
            return
        command, self.entry = self.entry.load(), None
        if command.has_common_options:
            # Suppressed defaults: an option before `sync` holds when it is not repeated
            # behind the subcommand. The defaults are the root parser's.
            absent = argparse.SUPPRESS
            self.add_argument(
                "--json", action="store_true", default=absent, help="print one JSON document"
            )
            self.add_argument(
                "--workspace", metavar="NAME", default=absent, help="which workspace (last used)"
            )
        command.add_arguments(self)
        if command.run is not None:
            self.set_defaults(run_command=command.run)

    def error(self, message: str) -> NoReturn:
        """Raise InvalidInput where argparse would exit, so that `--json` answers in JSON."""
        raise InvalidInput(
            f"{self.prog}: {message}.", "", f"`{self.prog} --help` says what it understands."
        )
