"""The `fairlead` command: every verb, without Qt unless a window opens."""

import argparse
import errno
import logging
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from desktop import __version__
from desktop.app import cli_output
from desktop.app.argv_normalizer import normalize_argv
from desktop.app.bootstrap import AppContext, system_clock
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.registry import load_commands
from desktop.app.startup.process_hardening import harden_process
from desktop.kit.errors import AppError, InternalError, InvalidInput
from desktop.kit.log_redaction import Redactor
from desktop.kit.logging_setup import set_up_logging
from desktop.settings.managed_policy import read_policy
from desktop.settings.paths import find_paths
from desktop.settings.policy_file_discovery import system_policy_folder
from desktop.vault.environment_vault import read_environment_secrets

log = logging.getLogger(__name__)


class _RaisingArgumentParser(argparse.ArgumentParser):
    """Raises instead of exiting, so that `--json` answers are JSON also for wrong usage."""

    def error(self, message: str) -> NoReturn:
        raise InvalidInput(
            f"{self.prog}: {message}.", "", f"`{self.prog} --help` says what it understands."
        )


def run_command(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code and never raises for a known trouble."""
    _reopen_closed_streams()
    harden_process()
    as_json = "--json" in arguments
    try:
        ground = build_app_context()
        verb, options = parse_arguments(arguments)
        code = verb.run(ground, options)
        # Here rather than at the interpreter's end, where a failure would be a traceback.
        sys.stdout.flush()
    except AppError as error:
        cli_output.print_error(error, as_json=as_json)
        return cli_output.exit_code_for(error)
    except (KeyboardInterrupt, _cancelled_error_type()):
        return 130
    except BrokenPipeError:
        # The reader has gone (`| head`): nothing more to say.
        _discard_stdout()
        return cli_output.EXIT_DONE
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO, errno.EDQUOT):
            log.exception("A command failed unexpectedly")
            return _report_bug(as_json=as_json)
        _discard_stdout()
        print(f"The answer could not be written: {error.strerror}.", file=sys.stderr)
        return cli_output.EXIT_FAILED
    except Exception:
        log.exception("A command failed unexpectedly")
        return _report_bug(as_json=as_json)
    return code


def _reopen_closed_streams() -> None:
    """Where nobody listens (`>&-`, some timers) it goes on, and no file becomes descriptor 1."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - kept open


def _cancelled_error_type() -> type[BaseException]:
    # Asked for only when something was raised: a first paint does without asyncio.
    import asyncio

    return asyncio.CancelledError


def _report_bug(*, as_json: bool) -> int:
    bug = InternalError(
        "Fairlead made a mistake.", "The details are in the log.", "Please report it."
    )
    cli_output.print_error(bug, as_json=as_json)
    return cli_output.EXIT_FAILED


def _discard_stdout() -> None:
    """Nothing is left to be flushed when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def parse_arguments(arguments: Sequence[str]) -> tuple[CliCommand, argparse.Namespace]:
    """The verb and its options; no verb, or something that is none, opens the window."""
    given = normalize_argv(arguments)
    parser = _RaisingArgumentParser(
        prog="fairlead", description="One sheet per customer, with undo.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"fairlead {__version__}")
    verbs = parser.add_subparsers(
        dest="verb", required=True, parser_class=_RaisingArgumentParser, metavar="VERB"
    )
    loaded = load_commands(given)
    for verb in loaded:
        # Not `--js` for `--json`: it would be taken, and errors not be JSON.
        sub = verbs.add_parser(
            verb.name, help=verb.summary, description=verb.summary, allow_abbrev=False
        )
        if verb.has_common_options:
            sub.add_argument("--json", action="store_true", help="print one JSON document")
            sub.add_argument("--workspace", metavar="NAME", help="which workspace (last used)")
        verb.add_arguments(sub)
    options = parser.parse_args(given)
    chosen = next(verb for verb in loaded if verb.name == options.verb)
    return chosen, options


def build_app_context() -> AppContext:
    """Paths, policy, logging and the environment's secrets, before anything is opened."""
    paths = find_paths()
    redactor = Redactor()
    overrides = read_environment_secrets()
    redactor.add_secrets(*overrides.secrets.values())
    set_up_logging(os.environ.get("FAIRLEAD_LOG", "info"), paths.logs, redactor)
    return AppContext(
        paths, read_policy(system_policy_folder()), redactor, overrides, system_clock()
    )
