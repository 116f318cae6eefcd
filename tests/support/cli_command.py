"""`fairlead` as a process of its own, with or without a real Secret Service."""

import json
import os
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.child_processes import ROOT
from tests.support.program_fork_server import ForkedProgram, program_fork_server

_UNLOCK = (
    'printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; exec "$0" "$@"'
)
# Tells the session's address, then stays until its input is closed.
_SERVE = ["sh", "-c", 'echo "$DBUS_SESSION_BUS_ADDRESS"; exec cat']


class CommandResult(NamedTuple):
    """How a command ended, and what it printed."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.stdout)


class FairleadCommand:
    """One person's home. With `keyring` every call runs in one session with a Secret Service.

    It is unlocked, and lasts as long as this object.
    """

    def __init__(
        self, home: Path, document: dict[str, Any], *, keyring: bool, agent: bool = False
    ) -> None:
        self.home = home
        self.keyring = keyring
        private = home.parent / "person"
        runtime = private / "run"
        runtime.mkdir(parents=True, exist_ok=True)
        runtime.chmod(0o700)
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "LC_ALL")}
        self.environ = {
            **kept,
            "HOME": str(private),
            "XDG_RUNTIME_DIR": str(runtime),
            "FAIRLEAD_HOME": str(home),
            "PYTHONPATH": str(ROOT),
        }
        if not keyring:
            mark = "agent_" if agent else ""
            s, z = document["sailthru"], document["zendesk"]
            self.environ |= {
                "FAIRLEAD_SAILTHRU_KEY": s[f"{mark}api_key"],
                "FAIRLEAD_SAILTHRU_SECRET": s[f"{mark}api_secret"],
                "FAIRLEAD_ZENDESK_EMAIL": z[f"{mark}email"],
                "FAIRLEAD_ZENDESK_TOKEN": z[f"{mark}api_token"],
            }

    def command_line(self, *words: str) -> list[str]:
        """The whole command line, for who starts it as a process that imports all."""
        return [sys.executable, "-m", "desktop", *words]

    def __call__(self, *words: str, stdin: str = "", **environ: str) -> CommandResult:
        """Run it to its end, as a fork, which takes a fraction of the time."""
        if self.keyring and "DBUS_SESSION_BUS_ADDRESS" not in self.environ:
            self.environ["DBUS_SESSION_BUS_ADDRESS"] = self._start_session()
        merged = {**self.environ, **environ}
        code, out, err = program_fork_server().run(words, merged, self.home.parent, stdin.encode())
        return CommandResult(code, out.decode(), err.decode())

    def start(self, *words: str, has_input: bool = False, **environ: str) -> ForkedProgram:
        """Start it as a fork that goes on; what it prints is read from its `stdout`.

        With `has_input` its input is written to `stdin`; else it has none.
        """
        return program_fork_server().start(
            self.command_line(*words),
            env={**self.environ, **environ},
            stdin=subprocess.PIPE if has_input else subprocess.DEVNULL,
        )

    def _start_session(self) -> str:
        """Start a D-Bus session with an unlocked keyring; returns its address."""
        session = subprocess.Popen(
            ["dbus-run-session", "--", "sh", "-c", _UNLOCK, *_SERVE],
            env=self.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        weakref.finalize(self, _end_session, session)
        assert session.stdout is not None
        return session.stdout.readline().strip()


def _end_session(session: subprocess.Popen[str]) -> None:
    session.communicate(timeout=20)
