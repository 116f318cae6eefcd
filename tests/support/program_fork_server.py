"""`fairlead` and the sandbox as forks of one process that has imported both.

Each is a process of its own, with its own session, environment, folder, umask and streams, as
`subprocess.Popen` makes it; hundreds of them need not import the program each.
"""

import argparse
import atexit
import contextlib
import gc
import json
import os
import select
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn, TextIO

from tests.support.child_processes import ROOT, die_with_parent

_NUMBER_BYTES = 4  # of a length, a pid and an exit code
_MODULES = ("desktop", "desktop.sandbox")

# The keyring's modules alone take half of an edit's processor time. Which of them is used is still
# decided in each command, by its environment.
_IMPORTED_AT_FIRST_USE = (
    "ctypes.util", "pwd", "zipp.glob", "importlib_metadata", "keyring.core",
    "keyring.backends.chainer", "keyring.backends.fail", "keyring.backends.kwallet",
    "keyring.backends.libsecret", "keyring.backends.macOS", "keyring.backends.SecretService",
    "keyring.backends.Windows", "resource", "zipp.compat.overlay",
    "desktop.app.event_intake_server", "desktop.app.event_services",
    "desktop.app.event_intake_permission",
    "desktop.app.rule_permissions", "desktop.customer.address_watch",
    "desktop.customer.profile_create_check",
    "desktop.customer.conflict_value_reader", "desktop.customer.edit_batch.batch_service",
    "desktop.customer.edit_undo", "desktop.customer.email_change_service",
    "desktop.customer.mail_trail_reader", "desktop.customer.person_export",
    "desktop.store.data_workspace_erasure", "desktop.sync.event_delivery",
    "desktop.sync.event_sender",
    "desktop.sync.event_sources", "desktop.sync.sync_service", "desktop.vault.event_write_keys",
    "desktop.viewmodels.customer.customer_value_view",
    "desktop.viewmodels.customer.zendesk_user_view", "desktop.writing.edit_queue",
    "uvicorn.lifespan.on", "uvicorn.protocols.http.h11_impl",
)  # fmt: skip


class ForkedProgram:
    """What `subprocess.Popen` tells of a process, and may do to it.

    `stdin` and `stdout` are texts, where they are pipes.
    """

    def __init__(
        self, answers: int, stdin: IO[str] | None = None, stdout: IO[str] | None = None
    ) -> None:
        self._answers = answers
        self._lock = threading.Lock()
        self.stdin, self.stdout = stdin, stdout
        self.returncode: int | None = None
        self.pid = _read_number(answers)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; its exit code, or minus the signal."""
        with self._lock:
            if self.returncode is None:
                if not select.select([self._answers], [], [], timeout)[0]:
                    raise subprocess.TimeoutExpired(f"fork {self.pid}", timeout or 0)
                self.returncode = _read_number(self._answers)
                os.close(self._answers)
        return self.returncode

    def poll(self) -> int | None:
        """Its exit code, or minus the signal; None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def __enter__(self) -> "ForkedProgram":
        return self

    def __exit__(self, *_error: object) -> None:
        """End it, if need be, and close its pipes."""
        self.send_signal(signal.SIGKILL)
        self.wait()
        for stream in (self.stdin, self.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


class CommandOutput(NamedTuple):
    """How a command ended: exit code (or minus the signal), and what it printed."""

    exit_code: int
    stdout: bytes
    stderr: bytes


class ProgramForkServer:
    """Starts `python -m desktop …` and `python -m desktop.sandbox …` by forks.

    It ends with the tests, and takes the sandboxes along that still run.
    """

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                cwd=ROOT,
            )
        atexit.register(self.stop)

    def run(
        self, words: Sequence[str], environ: Mapping[str, str], cwd: Path, stdin: bytes
    ) -> CommandOutput:
        """Run a command to its end; the next try of its requests comes soon."""
        with (
            tempfile.TemporaryFile() as given,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            given.write(stdin)
            given.seek(0)
            order = {"words": words, "environ": environ, "cwd": str(cwd), "retries_soon": True}
            code = ForkedProgram(self._send(order, given, out, err)).wait()
            out.seek(0)
            err.seek(0)
            return CommandOutput(code, out.read(), err.read())

    def start(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        stdin: "IO[bytes] | int" = subprocess.DEVNULL,
        stdout: "IO[bytes] | int" = subprocess.PIPE,
        stderr: "IO[bytes] | int" = subprocess.STDOUT,
        cwd: Path = ROOT,
        **_options: Any,
    ) -> ForkedProgram:
        """Start it as `Popen` does; of whole numbers it knows those that are the defaults here.

        `stdin` may be a pipe too. The module is one of `_MODULES`.
        """
        python, option, module, *words = command
        assert (python, option) == (sys.executable, "-m"), command
        assert module in _MODULES, command
        order = {"module": module, "words": words, "environ": dict(env), "cwd": str(cwd)}
        with contextlib.ExitStack() as ours:
            read_by_us, written_by_us = None, None
            if stdin == subprocess.PIPE:
                reading, writing = os.pipe()
                stdin, written_by_us = ours.enter_context(os.fdopen(reading, "rb")), writing
            elif isinstance(stdin, int):
                stdin = ours.enter_context(open(os.devnull, "rb"))
            if isinstance(stdout, int):
                read_by_us, writing = os.pipe()
                stdout = ours.enter_context(os.fdopen(writing, "wb"))
            answers = self._send(
                order, stdin, stdout, stdout if isinstance(stderr, int) else stderr
            )
        return ForkedProgram(
            answers,
            None if written_by_us is None else os.fdopen(written_by_us, "w", encoding="utf-8"),
            None if read_by_us is None else os.fdopen(read_by_us, encoding="utf-8"),
        )

    def _send(self, order: dict[str, Any], *streams: IO[bytes]) -> int:
        """Order a fork with these streams; returns where its pid and its exit code are read."""
        reading, writing = os.pipe()
        data = json.dumps(order).encode()
        files = [*(stream.fileno() for stream in streams), writing]
        socket.send_fds(self._socket, [_as_bytes(len(data))], files)
        self._socket.sendall(data)
        os.close(writing)
        return reading

    def stop(self) -> None:
        """End it; what it has started goes on to its own end."""
        self._socket.close()
        self._process.wait(10)


@cache
def program_fork_server() -> ProgramForkServer:
    """The one of these tests, made where it is first asked for."""
    return ProgramForkServer()


def _as_bytes(number: int) -> bytes:
    return number.to_bytes(_NUMBER_BYTES, "big", signed=True)


def _read_number(file: int) -> int:
    return int.from_bytes(os.read(file, _NUMBER_BYTES), "big", signed=True)


def _import_program() -> None:
    """Import all that a command needs, once; httpx asks for the first two at first use."""
    import anyio._backends._asyncio  # noqa: F401
    import httpcore  # noqa: F401

    import desktop.app.cli
    import desktop.app.service_connections
    import desktop.connect.workspace_setup
    import desktop.sandbox.__main__
    import desktop.sync.due_syncs  # noqa: F401
    import tests.support.clocks  # noqa: F401
    from desktop.app.commands.registry import (
        COMMANDS,
        EVENTS_SUBCOMMANDS,
        RULES_SUBCOMMANDS,
        SYNC_SUBCOMMANDS,
    )
    from desktop.clients.transport import tls_context
    from desktop.store.workspace_store import open_store
    from tests.support.fresh_store import copy_new_databases

    copy_new_databases()
    for entry in (*COMMANDS, *SYNC_SUBCOMMANDS, *EVENTS_SUBCOMMANDS, *RULES_SUBCOMMANDS):
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


def _find_keyring_plugins_once() -> None:
    """Look through all installed packages here: each command would, for a third of its time."""
    import keyring.backend

    keyring.backend._load_plugins()
    keyring.backend._load_plugins = lambda: None


class _Child(NamedTuple):
    pid: int
    answers: int


def _serve_forks(orders: socket.socket) -> None:
    _import_program()
    waited_for = selectors.DefaultSelector()
    waited_for.register(orders, selectors.EVENT_READ)
    while True:
        for ready, _ in waited_for.select():
            if ready.data is not None:
                waited_for.unregister(ready.fd)
                os.close(ready.fd)
                _tell_end(ready.data)
                continue
            head, files, _flags, _address = socket.recv_fds(orders, _NUMBER_BYTES, 4)
            if not head:
                return
            order = orders.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL)
            *streams, answers = files
            pid = os.fork()
            if pid == 0:
                _close_all(waited_for, answers)
                _be_program(json.loads(order), streams)
            os.write(answers, _as_bytes(pid))
            for stream in streams:
                os.close(stream)
            waited_for.register(os.pidfd_open(pid), selectors.EVENT_READ, _Child(pid, answers))


def _tell_end(child: _Child) -> None:
    _, status = os.waitpid(child.pid, 0)
    # Whoever started it may have gone on without it.
    with contextlib.suppress(BrokenPipeError):
        os.write(child.answers, _as_bytes(os.waitstatus_to_exitcode(status)))
    os.close(child.answers)


def _close_all(waited_for: selectors.BaseSelector, answers: int) -> None:
    """In a new child: close what is the server's."""
    os.close(answers)
    for key in list(waited_for.get_map().values()):
        os.close(key.fd)
        if key.data is not None:
            os.close(key.data.answers)
    waited_for.close()


def _be_program(order: dict[str, Any], streams: Sequence[int]) -> NoReturn:
    """Be the process of an order, with its `environ`, `cwd` and `words`, on three streams."""
    code: object = 1
    try:
        os.setsid()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        for stream in set(streams):
            os.close(stream)
        # Those of the server know whether its files can be sought in.
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as long as the process
        sys.stdout = _open_anew(sys.stdout)
        sys.stderr = _open_anew(sys.stderr)
        os.environ.clear()
        os.environ.update(order["environ"])
        os.chdir(order["cwd"])
        sys.argv = ["fairlead", *order["words"]]
        if "retries_soon" in order:
            code = _run_retrying_soon(order["words"])
        elif order["module"] == "desktop.sandbox":
            code = _run_sandbox(order["words"])
        else:
            code = _run_program()
    except SystemExit as leaving:
        code = leaving.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


def _open_anew(stream: TextIO) -> TextIO:
    return open(stream.fileno(), "w", encoding=stream.encoding, errors=stream.errors, closefd=False)


def _run_program() -> int:
    """Do what `python -m desktop` does."""
    from desktop.__main__ import main

    return main()


def _run_sandbox(words: Sequence[str]) -> int:
    """Do what `python -m desktop.sandbox` does, as long as the fork server lives."""
    from desktop.sandbox.__main__ import main

    die_with_parent()
    return main(words)


def _run_retrying_soon(words: Sequence[str]) -> int:
    """Do what `python -m desktop` does, but the next try of a request comes soon."""
    from desktop.app.cli import run_command
    from tests.support.clocks import ShortSleepClock

    os.umask(0o077)
    return run_command(words, ShortSleepClock(0.05))


if __name__ == "__main__":
    _serve_forks(socket.socket(fileno=int(sys.argv[1])))
