"""`fairlead sandbox`: the embedded Sailthru and Zendesk, a process that knows nothing of ours."""

import argparse
import os
import subprocess
import sys

from desktop.app.bootstrap import AppContext
from desktop.app.commands.cli_command import CliCommand


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="see `--help` of the sandbox")
    parser.prefix_chars = "\0"  # everything after the verb is the sandbox's own


def _run(context: AppContext, options: argparse.Namespace) -> int:
    del context
    command = [sys.executable, "-m", "desktop.sandbox", *options.arguments]
    if os.name == "posix":
        # The same process, so that SIGTERM to the command ends the sandbox.
        os.execv(sys.executable, command)  # noqa: S606
    return subprocess.run(command, check=False).returncode  # noqa: S603


COMMAND = CliCommand(
    "sandbox",
    "serve an imitation of Sailthru and Zendesk",
    _add_arguments,
    _run,
    has_common_options=False,
)
