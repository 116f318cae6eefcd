"""`python -m desktop` and the `fairlead` command."""

import sys


def main() -> int:
    """Run the command line and return the process's exit code."""
    from desktop.app.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
