"""A real Secret Service in a session of its own, and a child process that talks to it."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from tests.support.child_processes import ROOT

# What every child begins with: `vault`, `Secret`, and `say(…)` for the answer on stdout.
SCRIPT_HEADER = """
import asyncio, json, sys, time
from desktop.kit.errors import AppError
from desktop.vault.keyring_vault import KeyringVault
from desktop.vault.secret import Secret, erase_all_secrets
vault = KeyringVault("fairlead:test", limit_s=5)
def say(value):
    print(json.dumps(value), flush=True)
def run(coroutine):
    try:
        asyncio.run(coroutine)
    except AppError as error:
        say({"error": type(error).__name__, "text": str(error)})
"""

START_UNLOCKED = "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; "
START_LOCKED = "gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1; "


class KeyringSession:
    """One person's home; every call is a new D-Bus session with a new keyring daemon."""

    def __init__(self, home: Path) -> None:
        self.home = home
        runtime = home / "run"
        runtime.mkdir(mode=0o700)
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "LC_ALL")}
        self.environ = {
            **kept,
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(runtime),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore",
        }

    def run_python(
        self, code: str, start: str | None = START_UNLOCKED, **environ: str
    ) -> list[Any]:
        """Run `code` behind the keyring `start` starts (None: no D-Bus); what it said."""
        script = self.home / "child.py"
        script.write_text(SCRIPT_HEADER + textwrap.dedent(code))
        command = [sys.executable, str(script)]
        if start is not None:
            command = ["dbus-run-session", "--", "sh", "-c", start + 'exec "$0" "$@"', *command]
        done = subprocess.run(
            command,
            env={**self.environ, **environ},
            capture_output=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return [
            json.loads(line) for line in done.stdout.decode().splitlines() if line[:1] in '{["n'
        ]
