"""`fairlead events`: the group of subcommands for events of Segment's form and their delivery."""

from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.command_parser import CommandParser
from desktop.app.commands.registry import EVENTS_SUBCOMMANDS


def _add_subcommands(parser: CommandParser) -> None:
    parser.add_commands("subcommand", EVENTS_SUBCOMMANDS)


COMMANDS = {"events": CliCommand(_add_subcommands)}
