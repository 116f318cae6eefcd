"""`python -m desktop.sandbox`: an imitation of Sailthru and Zendesk as a process of its own."""

import asyncio
import sys
from collections.abc import Sequence

from desktop.sandbox.options import parse_options
from desktop.sandbox.serve import serve


def main(argv: Sequence[str]) -> int:
    """Serve until SIGTERM and return the exit code."""
    return asyncio.run(serve(parse_options(argv)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
