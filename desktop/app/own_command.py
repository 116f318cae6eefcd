"""The command line that starts Fairlead again, in the Python that runs it now."""

import sys
from pathlib import Path


def own_command(*arguments: str, module: str = "desktop") -> list[str]:
    """Build the argument list of another process of ours, ready for `subprocess`.

    The module rather than the installed script: a script may belong to another environment.
    """
    return [sys.executable, "-m", module, *arguments]


def windowless_python() -> str:
    """Return the path of this Python; on Windows of its twin that opens no console window."""
    python = Path(sys.executable)
    silent = python.with_name("pythonw.exe")
    return str(silent if sys.platform == "win32" and silent.exists() else python)
