"""The command line that starts Fairlead, or its sandbox, again as another process."""

import sys
from pathlib import Path

# The bundle has a program for each of these modules (packaging/fairlead.spec).
_BUNDLED_PROGRAMS = {"desktop": "fairlead", "desktop.sandbox": "fairlead-sandbox"}


def is_bundled() -> bool:
    """Whether this is the installed bundle, which has no Python to start modules with."""
    return bool(getattr(sys, "frozen", False))


def relaunch_command(*arguments: str, module: str = "desktop") -> list[str]:
    """Build the argument list that starts Fairlead again as another process, for `subprocess`.

    The module rather than the installed script: a script may belong to another environment.
    """
    if is_bundled():
        here = Path(sys.executable)
        return [str(here.with_name(_BUNDLED_PROGRAMS[module] + here.suffix)), *arguments]
    return [sys.executable, "-m", module, *arguments]


def unattended_command(*arguments: str) -> tuple[str, ...]:
    """Build the command by which the operating system's timer starts Fairlead, without a console.

    -P: a timer starts in the home folder, and what lies there is not to be imported.
    """
    command = relaunch_command(*arguments)
    if is_bundled():
        return tuple(command)
    python = Path(sys.executable)
    silent = python.with_name("pythonw.exe")
    program = silent if sys.platform == "win32" and silent.exists() else python
    return (str(program), "-P", *command[1:])
