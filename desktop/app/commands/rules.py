"""`fairlead rules`: the group of subcommands for rules, a kind of sync."""

from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.command_parser import CommandParser
from desktop.app.commands.registry import RULES_SUBCOMMANDS


def _add_subcommands(parser: CommandParser) -> None:
    parser.add_commands("subcommand", RULES_SUBCOMMANDS)


COMMANDS = {"rules": CliCommand(_add_subcommands)}
