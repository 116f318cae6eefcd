"""`fairlead events map --mapping FILE FILE`: prints what a mapping makes of each event."""

import argparse
from pathlib import Path

from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import ExitCode
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.events_subcommands.event_source import (
    add_file_argument,
    open_event_source,
    print_json_line,
)
from desktop.events.event_json import BadJsonError
from desktop.events.event_mapping import MappingError, parse_mapping
from desktop.events.event_text_splitter import split_events
from desktop.events.event_validation import UnusableEventError, read_bare_object
from desktop.kit.errors import InvalidInput


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--mapping", required=True, metavar="MAPPING", help="a file with the mapping's JSON"
    )
    add_file_argument(parser)


def _map(_context: AppContext, options: argparse.Namespace) -> int:
    try:
        mapping = parse_mapping(_read_text(options.mapping))
    except MappingError as error:
        print_json_line({"error": error.as_json()})
        return ExitCode.USAGE
    with open_event_source(options.file) as source:
        for record in split_events(source):
            try:
                print_json_line(mapping.apply(read_bare_object(record)))
            except (BadJsonError, UnusableEventError) as error:
                print_json_line({"error": {"line": record.line, "title": str(error)}})
    return ExitCode.DONE


def _read_text(file: str) -> str:
    """Read a mapping file's text; a byte order mark is left out. Raises InvalidInput."""
    try:
        return Path(file).expanduser().read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not in UTF-8"
        raise InvalidInput(f"The mapping {file} cannot be read: {reason}.") from error


COMMANDS = {"map": CliCommand(_add_arguments, _map)}
