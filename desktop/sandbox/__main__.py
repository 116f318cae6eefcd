"""`python -m desktop.sandbox`: serves the imitations of Sailthru, Zendesk and Sell as a process."""

import asyncio
import sys
from collections.abc import Sequence

from desktop.sandbox.command_line import parse_options
from desktop.sandbox.server import run_server


def main(argv: Sequence[str]) -> int:
    """Run the sandbox's server until SIGTERM and return the exit code."""
    return asyncio.run(run_server(parse_options(argv)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
