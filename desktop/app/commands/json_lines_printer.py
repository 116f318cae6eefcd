"""Prints progress as JSON lines; a reader that goes away never ends the work."""

import json
import sys
from collections.abc import Mapping

from desktop.app.cli_output import discard_stdout


class JsonLinesPrinter:
    """Prints JSON objects to stdout, one a line and at once, while somebody reads them."""

    def __init__(self) -> None:
        self._has_reader = True

    def print_line(self, line: Mapping[str, object]) -> None:
        """Print a command's progress as one JSON line on stdout."""
        if not self._has_reader:
            return
        try:
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()
        except OSError:
            # A closed pipe (BrokenPipeError is one) or a full disk behind it.
            self._has_reader = False
            discard_stdout()
