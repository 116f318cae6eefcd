"""The options by which `fairlead events replay` and `rollback` are told which events are meant."""

import argparse
from datetime import datetime

from desktop.kit.errors import InvalidInput
from desktop.store.sent_event_request_repository import EventSelection


def add_selection_options(parser: argparse.ArgumentParser) -> None:
    """Add `--event`, `--source`, `--from` and `--to`."""
    parser.add_argument(
        "--event", type=int, action="append", default=[], metavar="ID", help="as `log` names it"
    )
    parser.add_argument("--source", default="", metavar="NAME", help="events of this source")
    parser.add_argument(
        "--from",
        dest="since",
        metavar="TIME",
        help="events that came in since, as 2026-11-29T09:00",
    )
    parser.add_argument("--to", dest="until", metavar="TIME", help="events that came in until then")


def read_selection(options: argparse.Namespace) -> EventSelection:
    """Return which events are meant. Raises InvalidInput for none, and for what is no time."""
    chosen = EventSelection(
        tuple(options.event),
        options.source.strip(),
        _parse_moment("--from", options.since),
        _parse_moment("--to", options.until),
    )
    if chosen.is_everything:
        raise InvalidInput(
            "Say which events.", "Nothing was done.", "Use --event, --source, --from or --to."
        )
    return chosen


def _parse_moment(option: str, text: str | None) -> float | None:
    """Parse an ISO 8601 time to Unix seconds; without a zone it is this computer's."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"{option} “{text[:40]}” is not a time.", "Nothing was done.", "Write 2026-11-29T09:00."
        ) from None
