"""The command line that starts Fairlead again, in the Python that runs it now."""

import sys
from pathlib import Path


def own_command(*arguments: str, module: str = "desktop") -> list[str]:
    """Build the argument list that starts Fairlead again as another process, for `subprocess`.

    The module rather than the installed script: a script may belong to another environment.
    """
    return [sys.executable, "-m", module, *arguments]


def windowless_python() -> str:
    """Return the path of the Python to start Fairlead with; on Windows the one without console."""
    python = Path(sys.executable)
    silent = python.with_name("pythonw.exe")
    return str(silent if sys.platform == "win32" and silent.exists() else python)
