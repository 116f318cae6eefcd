"""The `fairlead` command: every verb, without Qt unless a window opens."""

import argparse
import errno
import logging
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from desktop import __version__
from desktop.app import output
from desktop.app.ground import Ground, system_clock
from desktop.app.hardening import harden
from desktop.app.verb_first import verb_first
from desktop.app.verbs.every import verbs_for
from desktop.app.verbs.verb import Verb
from desktop.kit.errors import AppError, BadInput, Bug
from desktop.kit.log import set_up_logging
from desktop.kit.redact import Redactor
from desktop.settings.paths import find_paths
from desktop.settings.policy import read_policy
from desktop.settings.policy_place import system_place
from desktop.vault.environment import read_overrides

log = logging.getLogger(__name__)


class _Parser(argparse.ArgumentParser):
    """Raises instead of exiting, so that `--json` answers are JSON also for wrong usage."""

    def error(self, message: str) -> NoReturn:
        raise BadInput(
            f"{self.prog}: {message}.", "", f"`{self.prog} --help` says what it understands."
        )


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code and never raises for a known trouble."""
    _stand_in_for_closed()
    harden()
    as_json = "--json" in arguments
    try:
        ground = lay_ground()
        verb, options = parse(arguments)
        code = verb.run(ground, options)
        # Here rather than at the interpreter's end, where a failure would be a traceback.
        sys.stdout.flush()
    except AppError as error:
        output.print_error(error, as_json=as_json)
        return output.exit_code(error)
    except (KeyboardInterrupt, _cancelled()):
        return 130
    except BrokenPipeError:
        # The reader has gone (`| head`): nothing more to say.
        _silence()
        return output.DONE
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO, errno.EDQUOT):
            log.exception("A command failed unexpectedly")
            return _mistake(as_json=as_json)
        _silence()
        print(f"The answer could not be written: {error.strerror}.", file=sys.stderr)
        return output.FAILED
    except Exception:
        log.exception("A command failed unexpectedly")
        return _mistake(as_json=as_json)
    return code


def _stand_in_for_closed() -> None:
    """Where nobody listens (`>&-`, some timers) it goes on, and no file becomes descriptor 1."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - kept open


def _cancelled() -> type[BaseException]:
    # Asked for only when something was raised: a first paint does without asyncio.
    import asyncio

    return asyncio.CancelledError


def _mistake(*, as_json: bool) -> int:
    bug = Bug("Fairlead made a mistake.", "The details are in the log.", "Please report it.")
    output.print_error(bug, as_json=as_json)
    return output.FAILED


def _silence() -> None:
    """Nothing is left to be flushed when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def parse(arguments: Sequence[str]) -> tuple[Verb, argparse.Namespace]:
    """The verb and its options; no verb, or something that is none, opens the window."""
    given = verb_first(arguments)
    parser = _Parser(
        prog="fairlead", description="One sheet per customer, with undo.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"fairlead {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, parser_class=_Parser, metavar="VERB")
    loaded = verbs_for(given)
    for verb in loaded:
        # Not `--js` for `--json`: it would be taken, and errors not be JSON.
        sub = verbs.add_parser(
            verb.name, help=verb.summary, description=verb.summary, allow_abbrev=False
        )
        if verb.common:
            sub.add_argument("--json", action="store_true", help="print one JSON document")
            sub.add_argument("--workspace", metavar="NAME", help="which workspace (last used)")
        verb.arguments(sub)
    options = parser.parse_args(given)
    chosen = next(verb for verb in loaded if verb.name == options.verb)
    return chosen, options


def lay_ground() -> Ground:
    """Paths, policy, logging and the environment's secrets, before anything is opened."""
    paths = find_paths()
    redactor = Redactor()
    overrides = read_overrides()
    redactor.learn(*overrides.secrets.values())
    set_up_logging(os.environ.get("FAIRLEAD_LOG", "info"), paths.logs, redactor)
    return Ground(paths, read_policy(system_place()), redactor, overrides, system_clock())
