"""`fairlead sandbox`: the embedded Sailthru and Zendesk, a process that knows nothing of ours."""

import argparse
import os
import subprocess
import sys

from desktop.app.ground import Ground
from desktop.app.verbs.verb import Verb


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="see `--help` of the sandbox")
    parser.prefix_chars = "\0"  # everything after the verb is the sandbox's own


def _run(ground: Ground, options: argparse.Namespace) -> int:
    del ground
    command = [sys.executable, "-m", "desktop.sandbox", *options.arguments]
    if os.name == "posix":
        # The same process, so that SIGTERM to the command ends the sandbox.
        os.execv(sys.executable, command)  # noqa: S606
    return subprocess.run(command, check=False).returncode  # noqa: S603


VERB = Verb("sandbox", "serve an imitation of Sailthru and Zendesk", _arguments, _run, common=False)
