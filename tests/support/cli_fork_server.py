"""Commands as forks of one process that has imported the program.

Each is a process of its own, with its own environment, folder, umask and streams; hundreds of
them need not import the program each. `Command.arguments` starts one in the ordinary way.
"""

import argparse
import atexit
import gc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from importlib import import_module
from io import BufferedReader, FileIO, TextIOWrapper
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[2]


# The keyring's modules alone take half of an edit's processor time. Which of them is used is still
# decided in each command, by its environment.
_IMPORTED_AT_FIRST_USE = (
    "ctypes.util", "pwd", "zipp.glob", "importlib_metadata", "keyring.core",
    "keyring.backends.chainer", "keyring.backends.fail", "keyring.backends.kwallet",
    "keyring.backends.libsecret", "keyring.backends.macOS", "keyring.backends.SecretService",
    "keyring.backends.Windows", "resource", "zipp.compat.overlay",
    "desktop.app.rule_rights", "desktop.customer.address_watch", "desktop.customer.create_check",
    "desktop.customer.current_value", "desktop.customer.email_change_service",
    "desktop.customer.mail_trail_reader", "desktop.writing.edit_queue",
)  # fmt: skip


class CommandForkServer:
    """The forge as the tests see it: one command at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-B", str(Path(__file__)), str(ROOT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        atexit.register(self.stop)

    def run(
        self, words: tuple[str, ...], environ: dict[str, str], cwd: Path, stdin: bytes
    ) -> tuple[int, bytes, bytes]:
        """Run it to its end: exit code (or minus the signal), what it printed, and its errors."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with tempfile.TemporaryDirectory(prefix="fairlead-command-") as folder:
            streams = [Path(folder) / name for name in ("in", "out", "err")]
            streams[0].write_bytes(stdin)
            order = {
                "words": words, "environ": environ, "cwd": str(cwd),
                "streams": [str(path) for path in streams],
            }  # fmt: skip
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            code = int(self._process.stdout.readline())
            return code, streams[1].read_bytes(), streams[2].read_bytes()

    def stop(self) -> None:
        """End the forge."""
        if self._process.stdin is not None and self._process.stdout is not None:
            self._process.stdin.close()
            self._process.wait(10)
            self._process.stdout.close()


def import_program() -> None:
    """Import all that a command needs, once; httpx asks for the first two at first use."""
    import anyio._backends._asyncio  # noqa: F401
    import httpcore  # noqa: F401

    import desktop.app.cli
    import desktop.app.service_connections
    import desktop.connect.workspace_setup
    import desktop.sync.due_syncs  # noqa: F401
    import tests.support.clocks  # noqa: F401
    from desktop.app.commands.registry import COMMANDS, RULES_SUBCOMMANDS, SYNC_SUBCOMMANDS
    from desktop.clients.transport import tls_context
    from desktop.store.workspace_store import open_store
    from tests.support.fresh_store import copy_new_databases

    copy_new_databases()
    for entry in (*COMMANDS, *SYNC_SUBCOMMANDS, *RULES_SUBCOMMANDS):
        entry.load()
    for name in _IMPORTED_AT_FIRST_USE:
        import_module(name)
    _find_keyring_plugins_once()
    # It looks for a translation's files at each word of each parser; there are none.
    argparse._ = str  # type: ignore[attr-defined]
    # Likewise the certificates, the migrations and the shape they make. A command has none of
    # these in its environment, and would read other files with certificates than those kept here.
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        os.environ.pop(name, None)
    tls_context()
    with tempfile.TemporaryDirectory() as folder:
        open_store(Path(folder)).close()
    # What a collection never looks at again need not be copied for each command.
    gc.collect()
    gc.freeze()


def _serve_forks() -> None:
    sys.path[0] = sys.argv[1]
    import_program()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            order = json.loads(line)
            exit_as_fairlead(order, partial(_run_command, order))
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - the protocol


def _find_keyring_plugins_once() -> None:
    """Look through all installed packages here: each command would, for a third of its time."""
    import keyring.backend

    keyring.backend._load_plugins()
    keyring.backend._load_plugins = lambda: None


def exit_as_fairlead(order: dict[str, Any], run: Callable[[], int]) -> NoReturn:
    """Be the command of an order, with its `environ`, `cwd` and `words`; `run` does it."""
    code: object = 1
    try:
        os.environ.clear()
        os.environ.update(order["environ"])
        os.chdir(order["cwd"])
        sys.argv = ["fairlead", *order["words"]]
        code = run()
    except SystemExit as leaving:
        code = leaving.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


def _run_command(order: dict[str, Any]) -> int:
    for number, path in enumerate(order["streams"]):
        opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    # The one of this process has read ahead of the orders.
    sys.stdin = TextIOWrapper(BufferedReader(FileIO(0)), encoding="utf-8")
    from desktop.app.cli import run_command
    from tests.support.clocks import ShortSleepClock

    # As `desktop.__main__` does it, but the next try of a request comes soon.
    os.umask(0o077)
    return run_command(order["words"], ShortSleepClock(0.05))


if __name__ == "__main__":
    _serve_forks()
