"""Registers this app for `fairlead://` links, where an app may do that itself (Linux, Windows)."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from desktop.kit.errors import StorageError
from desktop.kit.resource_files import resource_path

_DESKTOP_FILE = "fairlead.desktop"


def register_url_scheme() -> str:
    """Register `fairlead://` links for the current user; returns what was done, as a sentence.

    Raises StorageError where the system refuses it.
    """
    try:
        if platform.system() == "Linux":
            return _register_on_linux()
        if platform.system() == "Windows":
            return _register_on_windows()
    except (OSError, subprocess.SubprocessError) as error:
        raise StorageError(
            "The links could not be registered.", str(error), "An administrator can do it."
        ) from error
    return "On this system the installed app registers the links by itself."


def _launch_command() -> str:
    # The script beside this Python, for a virtual environment that is not on the PATH.
    installed = shutil.which("fairlead") or str(Path(sys.executable).parent / "fairlead")
    return installed if Path(installed).exists() else f"{sys.executable} -m desktop"


def _register_on_linux() -> str:
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    folder = Path(home) / "applications"
    folder.mkdir(parents=True, exist_ok=True)
    text = resource_path("desktop", _DESKTOP_FILE).read_text(encoding="utf-8")
    command = _launch_command()
    # Only a path is quoted: an Exec line keeps program and arguments apart by spaces.
    quoted = command if " -m " in command else f'"{command}"'
    (folder / _DESKTOP_FILE).write_text(
        text.replace("Exec=fairlead", f"Exec={quoted}"), encoding="utf-8"
    )
    tool = shutil.which("xdg-mime")
    if tool is None:
        return "The app is registered; your desktop will ask at the first fairlead:// link."
    handler = [tool, "default", _DESKTOP_FILE, "x-scheme-handler/fairlead"]
    subprocess.run(handler, check=True, timeout=10, capture_output=True)  # noqa: S603
    return "fairlead:// links open here from now on."


def _register_on_windows() -> str:
    import importlib

    registry = importlib.import_module("winreg")
    # Per user: HKEY_LOCAL_MACHINE needs an administrator.
    root = registry.HKEY_CURRENT_USER
    base = r"Software\Classes\fairlead"
    with registry.CreateKey(root, base) as key:
        registry.SetValueEx(key, "URL Protocol", 0, registry.REG_SZ, "")
    with registry.CreateKey(root, base + r"\shell\open\command") as key:
        registry.SetValueEx(key, "", 0, registry.REG_SZ, f'"{_launch_command()}" "%1"')
    return "fairlead:// links open here from now on."
