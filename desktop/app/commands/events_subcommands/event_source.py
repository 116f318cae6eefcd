"""The argument FILE of `fairlead events`, and how that file or stdin is opened."""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from desktop.app.cli_output import write_utf_8
from desktop.kit.errors import InvalidInput, StorageError

_STDIN = "-"


def add_file_argument(parser: argparse.ArgumentParser) -> None:
    """Add the positional argument FILE: JSON lines, one object or an array of events."""
    parser.add_argument(
        "file", metavar="FILE", help="events as JSON lines, one object or an array; - is stdin"
    )


@contextmanager
def open_event_source(file: str) -> Iterator[BinaryIO]:
    """Open a file of events, or stdin for `-`. Raises InvalidInput and StorageError."""
    if file == _STDIN:
        yield sys.stdin.buffer
        return
    path = Path(file).expanduser()
    if path.is_dir():
        raise InvalidInput(f"{path} is a folder.", "", "Name a file of events.")
    try:
        source = path.open("rb")
    except FileNotFoundError as error:
        raise InvalidInput(f"There is no file {file}.", "Nothing was read.") from error
    except OSError as error:
        raise StorageError(f"{file} cannot be read: {error.strerror}.") from error
    with source:
        yield source


def print_json_line(value: object) -> None:
    """Print one JSON value as a line, as `events match` and `events map` answer each event."""
    write_utf_8(json.dumps(value, ensure_ascii=False) + "\n")
