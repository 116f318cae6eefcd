"""The processes that a window starts, as forks of one process that has imported the program.

Each is a process of its own, with its own session, environment and output, as
`subprocess.Popen` makes it; a run of a few rows takes most of its processor time to import.
"""

import atexit
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from typing import IO, Any

from tests.support.cli_fork_server import exit_as_fairlead, import_program
from tests.support.sandbox_process import ROOT

_LENGTH_BYTES = 4


class ForkedProcess:
    """What `subprocess.Popen` tells of a process: its pid, and how it ended once it has."""

    def __init__(self, answers: IO[str]) -> None:
        self._answers = answers
        self.pid = int(answers.readline())
        self.returncode: int | None = None
        self._lock = threading.Lock()

    def wait(self) -> int:
        """Wait for its end; its exit code, or minus the signal."""
        with self._lock:
            if self.returncode is None:
                code = int(self._answers.readline())
                self._answers.close()
                self.returncode = code
        return self.returncode


class DetachedForkServer:
    """Starts `python -m desktop …` by forks; made at the first, it ends with the tests."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                cwd=ROOT,
            )
        atexit.register(self.stop)

    def start(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        stdin: "IO[bytes] | int",
        stdout: IO[bytes],
        **_options: Any,
    ) -> ForkedProcess:
        """Start it as `Popen` does; what it prints and its errors go to `stdout`."""
        assert command[:3] == [sys.executable, "-m", "desktop"], command
        order = json.dumps({"words": command[3:], "environ": dict(env), "cwd": os.getcwd()})
        reading, writing = os.pipe()
        with open(os.devnull, "rb") as nothing:
            given = nothing if isinstance(stdin, int) else stdin
            data = order.encode()
            head = len(data).to_bytes(_LENGTH_BYTES, "big")
            socket.send_fds(self._socket, [head], [given.fileno(), stdout.fileno(), writing])
            self._socket.sendall(data)
        os.close(writing)
        return ForkedProcess(os.fdopen(reading, encoding="ascii"))

    def stop(self) -> None:
        """End it; what it has started goes on to its own end."""
        self._socket.close()
        self._process.wait(10)


@cache
def detached_fork_server() -> DetachedForkServer:
    """The one of these tests."""
    return DetachedForkServer()


def _serve_forks(orders: socket.socket) -> None:
    import_program()
    while True:
        head, streams, _flags, _address = socket.recv_fds(orders, _LENGTH_BYTES, 3)
        if not head:
            return
        order = orders.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL)
        if os.fork() == 0:
            orders.close()
            _keep(json.loads(order), streams)
        for stream in streams:
            os.close(stream)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _keep(order: dict[str, Any], streams: list[int]) -> None:
    """Start the process, and tell its pid and its end; never comes back."""
    given, output, answers = streams
    pid = os.fork()
    if pid == 0:
        os.close(answers)
        os.setsid()
        for number, stream in enumerate((given, output, output)):
            os.dup2(stream, number)
        exit_as_fairlead(order, _run_program)
    os.write(answers, f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    os.write(answers, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _run_program() -> int:
    """Do what `python -m desktop` does."""
    from desktop.__main__ import main

    return main()


if __name__ == "__main__":
    _serve_forks(socket.socket(fileno=int(sys.argv[1])))
