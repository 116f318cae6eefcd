"""The `fairlead` command line: arguments → context → the chosen command → exit code.

Nothing of a command is imported before its arguments are understood, and Qt only by a window.
"""

import argparse
import errno
import logging
import os
import sys
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from desktop import __version__
from desktop.app import cli_output
from desktop.app.argv_normalizer import normalize_argv
from desktop.app.commands.command_parser import CommandParser
from desktop.app.commands.registry import COMMANDS, CommandEntry
from desktop.app.startup.process_hardening import harden_process
from desktop.kit.errors import AppError, InternalError

if TYPE_CHECKING:
    from desktop.kit.clock import Clock

log = logging.getLogger(__name__)


def run_command(arguments: Sequence[str], clock: "Clock | None" = None) -> int:
    """Run one `fairlead` command line and return its exit code; an AppError is printed, not raised.

    `clock` is the system's by default. Raises SystemExit after `--help` and `--version`, as
    argparse does.
    """
    _reopen_closed_streams()
    cli_output.escape_unsayable_letters()
    harden_process()
    as_json = "--json" in arguments
    try:
        code = _run_chosen_command(parse_arguments(arguments), clock)
        # Here rather than at the interpreter's end, where a failure would be a traceback.
        sys.stdout.flush()
    except SystemExit:
        raise
    except AppError as error:
        cli_output.print_error(error, as_json=as_json)
        return cli_output.exit_code_for(error)
    except (KeyboardInterrupt, _cancelled_error_type()):
        # 128 + SIGINT, as a shell reports an interrupted program.
        return 130
    except BrokenPipeError:
        # The reader has gone (`| head`): nothing more to say.
        cli_output.discard_stdout()
        return cli_output.ExitCode.DONE
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO, errno.EDQUOT):
            log.exception("A command failed unexpectedly")
            return _report_bug(as_json=as_json)
        cli_output.discard_stdout()
        print(f"The answer could not be written: {error.strerror}.", file=sys.stderr)
        return cli_output.ExitCode.FAILED
    except Exception:
        log.exception("A command failed unexpectedly")
        return _report_bug(as_json=as_json)
    return code


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse a `fairlead` command line; an unknown word or none opens the window, with that text.

    Raises InvalidInput for wrong usage and SystemExit after `--help` and `--version`.
    """
    words = normalize_argv(arguments)
    # The named command alone: eleven parsers take 1 ms, for which a first paint would wait.
    named = [entry for entry in COMMANDS if entry.name in words[:1]]
    return build_parser(named or COMMANDS).parse_args(words)


def build_parser(commands: Sequence[CommandEntry]) -> CommandParser:
    """Build the parser of `fairlead` with these commands, none of which is imported yet."""
    parser = CommandParser(
        prog="fairlead", description="One sheet per customer, with undo.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"fairlead {__version__}")
    parser.add_commands("command", commands)
    parser.set_defaults(json=False, workspace=None)
    return parser


def _run_chosen_command(options: argparse.Namespace, clock: "Clock | None") -> int:
    from desktop.app.bootstrap import build_app_context

    result: int | Coroutine[Any, Any, int] = options.run_command(build_app_context(clock), options)
    if isinstance(result, int):
        return result
    # Imported here: a window's first paint does without asyncio.
    import asyncio

    return asyncio.run(result)


def _reopen_closed_streams() -> None:
    """Open the null device for a standard stream that is closed (`>&-`, some timers).

    A file opened later would otherwise become descriptor 1, and be written to by `print`.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - kept open


def _cancelled_error_type() -> type[BaseException]:
    # Asked for only when something was raised: a first paint does without asyncio.
    import asyncio

    return asyncio.CancelledError


def _report_bug(*, as_json: bool) -> int:
    """Print that `fairlead` has a bug, without the exception: it may hold a customer's data."""
    bug = InternalError(
        "Fairlead made a mistake.", "The details are in the log.", "Please report it."
    )
    cli_output.print_error(bug, as_json=as_json)
    return cli_output.ExitCode.FAILED
