"""`fairlead events match --trigger EXPR FILE`: says of each event whether a trigger picks it."""

import argparse
import sys

from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import ExitCode
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.events_subcommands.event_source import (
    add_file_argument,
    open_event_source,
    print_json_line,
)
from desktop.events.event_json import BadJsonError
from desktop.events.event_text_splitter import split_events
from desktop.events.event_validation import UnusableEventError, read_bare_object
from desktop.events.trigger import TriggerError, compile_trigger


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--trigger", required=True, metavar="EXPR", help='such as: type = "track" and event = "X"'
    )
    add_file_argument(parser)


def _match(_context: AppContext, options: argparse.Namespace) -> int:
    try:
        trigger = compile_trigger(options.trigger)
    except TriggerError as error:
        print_json_line({"error": {**error.as_json(), "position": error.position}})
        return ExitCode.USAGE
    for hint in trigger.hints:
        print(hint, file=sys.stderr)
    with open_event_source(options.file) as source:
        for record in split_events(source):
            try:
                print_json_line(trigger.matches(read_bare_object(record)))
            except (BadJsonError, UnusableEventError) as error:
                print_json_line({"error": {"line": record.line, "title": str(error)}})
    return ExitCode.DONE


COMMANDS = {"match": CliCommand(_add_arguments, _match)}
