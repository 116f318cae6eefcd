"""`python -m desktop` and the `fairlead` command."""

import os
import sys


def main() -> int:
    """Run the command line and return the process's exit code."""
    # First of all: SQLite's -wal and Qt's own files would be readable by everybody otherwise.
    os.umask(0o077)
    from desktop.app.bundle_environment import restore_library_path
    from desktop.app.cli import run_command

    restore_library_path()

    return run_command(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
