"""`fairlead events check FILE`: counts valid events, duplicates and bad lines; sends nothing."""

import argparse
from collections.abc import Iterator

from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.events_subcommands.event_source import (
    add_file_argument,
    open_event_source,
)
from desktop.events.event_intake import IntakeCounts, read_events
from desktop.kit.text import format_count


def _check(_context: AppContext, options: argparse.Namespace) -> int:
    counts = IntakeCounts()
    with open_event_source(options.file) as source:
        for item in read_events(source):
            counts.add(item)
    document = {
        "lines": counts.lines,
        "valid": counts.valid,
        "duplicates": counts.duplicates,
        "invalid": [{"line": line, "reason": reason} for line, reason in counts.invalid],
        "warnings": [
            {"warning": text, "count": len(lines), "line": lines[0]}
            for text, lines in counts.warnings.items()
        ],
    }
    return emit(document, _describe(counts), as_json=options.json)


def _describe(counts: IntakeCounts) -> Iterator[str]:
    yield (
        f"{format_count(counts.lines, 'line', 'lines')}: {counts.valid:,} valid,"
        f" {counts.duplicates:,} sent before (same messageId),"
        f" {len(counts.invalid):,} that can't be read"
    )
    for line, reason in counts.invalid:
        yield f"  line {line}: {reason}"
    for text, lines in counts.warnings.items():
        yield f"  {len(lines):,} × from line {lines[0]}: {text}"


COMMANDS = {"check": CliCommand(add_file_argument, _check)}
