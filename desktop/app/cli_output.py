"""What every command shares at its end: printing JSON or text lines, and the exit codes."""

import io
import json
import os
import sys
from collections.abc import Iterable, Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Any

from desktop.kit.errors import AppError
from desktop.kit.text import is_text_character


class ExitCode(IntEnum):
    """The exit codes of all `fairlead` commands, which scripts rely on."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NEEDS_PERSON = 3
    SERVICE_AWAY = 4


# By `AppError.code`, which stored runs carry too; any other code means FAILED.
EXIT_CODES: Mapping[str, int] = MappingProxyType(
    {
        "bad_input": ExitCode.USAGE,
        "unfit": ExitCode.USAGE,
        "needs_person": ExitCode.NEEDS_PERSON,
        "not_permitted": ExitCode.NEEDS_PERSON,
        "conflict": ExitCode.NEEDS_PERSON,
        "rejected": ExitCode.NEEDS_PERSON,
        "forbidden": ExitCode.NEEDS_PERSON,
        "auth_lost": ExitCode.NEEDS_PERSON,
        "runs_elsewhere": ExitCode.NEEDS_PERSON,
        "offline": ExitCode.SERVICE_AWAY,
        "team_store_away": ExitCode.SERVICE_AWAY,
        "timed_out": ExitCode.SERVICE_AWAY,
        "rate_limited": ExitCode.SERVICE_AWAY,
        "service_trouble": ExitCode.SERVICE_AWAY,
    }
)


def exit_code_for(error: AppError) -> int:
    """Return the exit code of `fairlead` that an AppError stands for."""
    return EXIT_CODES.get(error.code, ExitCode.FAILED)


def emit(
    document: Mapping[str, Any],
    lines: Iterable[str],
    *,
    as_json: bool,
    exit_code: int = ExitCode.DONE,
) -> int:
    """Print a command's result as one JSON document or as text lines; return `exit_code`.

    The lines are made safe for a terminal here, so no command has to; with `as_json` an iterator
    of them is not even begun.
    """
    if as_json:
        # Escaped by JSON's own rule where the stream cannot say every letter (cp1252, ASCII).
        text = json.dumps(document, ensure_ascii=not _is_utf_8(sys.stdout.encoding), default=str)
        # A lone surrogate (of a broken service answer) cannot be encoded, and ends as `?`.
        sys.stdout.write(text.encode("utf-8", "replace").decode("utf-8") + "\n")
        # At once: a script that reads line by line must not wait for the process to end.
        sys.stdout.flush()
    else:
        for line in lines:
            print(terminal_safe(line))
    return exit_code


def print_error(error: AppError, *, as_json: bool) -> None:
    """Print a command's error: `{"error": …}` on stdout as JSON, else its sentences on stderr."""
    if as_json:
        emit({"error": error.as_json()}, (), as_json=True)
        return
    lines = [error.title, *(part for part in (error.message, error.hint) if part)]
    print("\n".join(terminal_safe(line) for line in lines), file=sys.stderr)


def terminal_safe(text: object) -> str:
    """Replace control characters: a customer's name must not move the terminal's cursor."""
    return "".join(c if is_text_character(c) else "�" for c in str(text))


def escape_unsayable_letters() -> None:
    """Have stdout and stderr write an escape for a character that their encoding lacks.

    Else a change that was written would end as a failure, by the name of whose it was.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def write_utf_8(text: str) -> None:
    """Write a command's exported file to stdout as UTF-8, whatever the terminal's encoding is."""
    if isinstance(sys.stdout, io.TextIOWrapper) and not _is_utf_8(sys.stdout.encoding):
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.buffer.flush()
    else:
        sys.stdout.write(text)


def _is_utf_8(encoding: str | None) -> bool:
    return (encoding or "utf-8").lower().replace("-", "").replace("_", "").startswith("utf8")


def discard_stdout() -> None:
    """Point stdout at the null device, so that flushing it at the interpreter's end cannot fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
