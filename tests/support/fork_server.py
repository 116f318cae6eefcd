"""Makes child processes quickly: everything is imported once, then one fork for each.

A fork is a process of its own, with its own pid and its own files; the forge has no threads and
holds nothing open.
"""

import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.support.child_processes import ROOT


class ForkServer:
    """The forge as the tests see it: one child at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.fork_server", "tests.faults.crash_tasks"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def start_task(self, task: str, **arguments: Any) -> None:
        """Begin a child; `finish` waits for it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"task": task, "arguments": arguments}) + "\n")
        self._process.stdin.flush()

    def wait_for_exit_code(self) -> int:
        """How the child ended: its exit code, or minus the signal."""
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def run_task(self, task: str, **arguments: Any) -> int:
        """Both. `kill_after_s` and `kill_when` (a file that appears) kill the child."""
        self.start_task(task, **arguments)
        return self.wait_for_exit_code()

    def stop(self) -> None:
        """End the forge."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


def _serve_forks(tasks: Mapping[str, Callable[..., None]]) -> None:
    # Everything a child needs is imported here, once; httpx asks for the first two at first use.
    import pwd  # noqa: F401

    import anyio._backends._asyncio  # noqa: F401
    import httpcore  # noqa: F401

    from desktop.clients.transport import tls_context
    from desktop.store.workspace_store import open_store

    # Likewise the certificates, the migrations and the shape they make.
    tls_context()
    with tempfile.TemporaryDirectory() as folder:
        open_store(Path(folder)).close()
    # What a collection never looks at again need not be copied for each child.
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        order = json.loads(line)
        arguments = dict(order["arguments"])
        after_s = arguments.pop("kill_after_s", None)
        when = arguments.pop("kill_when", None)
        pid = os.fork()
        if pid == 0:
            os.close(0)
            code = 1
            try:
                tasks[order["task"]](**arguments)
                code = 0
            finally:
                sys.stderr.flush()
                os._exit(code)
        print(_wait_or_kill(pid, after_s, when), flush=True)  # noqa: T201 - the protocol


def _wait_or_kill(pid: int, after_s: float | None, when: str | None) -> int:
    """Wait for the child, killing it when it is time."""
    started = time.monotonic()
    while True:
        blocking = after_s is None and when is None
        ended, status = os.waitpid(pid, 0 if blocking else os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        late = after_s is not None and time.monotonic() - started >= after_s
        if late or (when is not None and Path(when).exists()):
            # Not reaped yet, so the pid is still this child's.
            os.kill(pid, signal.SIGKILL)
            after_s = when = None
        else:
            time.sleep(0.001)


if __name__ == "__main__":
    _serve_forks(import_module(sys.argv[1]).TASKS)
