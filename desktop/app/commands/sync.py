"""`fairlead sync`: the group of subcommands for syncs, plans, runs and what is due."""

from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.command_parser import CommandParser
from desktop.app.commands.registry import SYNC_SUBCOMMANDS


def _add_subcommands(parser: CommandParser) -> None:
    parser.add_commands("subcommand", SYNC_SUBCOMMANDS)


COMMANDS = {"sync": CliCommand(_add_subcommands)}
