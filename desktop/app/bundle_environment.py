"""Keeps the bundle's own shared libraries away from the programs that Fairlead starts on Linux."""

import os
import sys
from collections.abc import MutableMapping

_VARIABLE = "LD_LIBRARY_PATH"


def restore_library_path(environment: MutableMapping[str, str] = os.environ) -> None:
    """Give child processes the LD_LIBRARY_PATH that this one was started with.

    PyInstaller's bootloader points it to the bundle's libraries and keeps the former value in
    LD_LIBRARY_PATH_ORIG; a browser or `systemctl` started with it would load the bundle's OpenSSL.
    This process is not touched: the dynamic loader has read the variable at its start.
    """
    if not getattr(sys, "frozen", False) or _VARIABLE not in environment:
        return
    former = environment.pop(f"{_VARIABLE}_ORIG", "")
    if former:
        environment[_VARIABLE] = former
    else:
        del environment[_VARIABLE]
