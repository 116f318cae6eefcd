"""`fairlead sandbox`: serve the embedded Sailthru and Zendesk in a process of its own."""

import argparse
import os
import subprocess

from desktop.app.bootstrap import AppContext
from desktop.app.commands.cli_command import CliCommand
from desktop.app.relaunch_command import relaunch_command


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="see `--help` of the sandbox")
    # No argument begins with NUL: everything behind the command is the sandbox's own.
    parser.prefix_chars = "\0"


def _serve_sandbox(context: AppContext, options: argparse.Namespace) -> int:
    del context
    command = relaunch_command(*options.arguments, module="desktop.sandbox")
    if os.name == "posix":
        # The same process, so that SIGTERM to the command ends the sandbox.
        os.execv(command[0], command)  # noqa: S606
    return subprocess.run(command, check=False).returncode  # noqa: S603


COMMANDS = {"sandbox": CliCommand(_add_arguments, _serve_sandbox, has_common_options=False)}
