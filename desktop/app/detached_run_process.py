"""Starts detached processes of our own (`fairlead sync …`, `bulk`), which outlive the window."""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from desktop.app.container import WorkspaceServices
from desktop.app.own_command import own_command
from desktop.app.run_log_files import create_log_file, read_last_lines
from desktop.kit.errors import InternalError
from desktop.kit.shell import pasteable
from desktop.settings.paths import HOME_VARIABLE


class DetachedProcess:
    """A process of a run or a batch that was started here; it goes on when the window ends."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._process = process
        self._log_path = log
        # Waited for: as a zombie it would look alive to the check whether a run's owner is gone.
        threading.Thread(target=process.wait, name="reaper", daemon=True).start()

    @property
    def has_exited(self) -> bool:
        """Whether the detached process (a run, the demo) has ended."""
        return self.exit_code is not None

    @property
    def exit_code(self) -> int | None:
        """The detached process's exit code; None while it runs."""
        return self._process.returncode

    def last_output(self) -> str:
        """Return the last lines that a detached run process wrote to its log file, as one."""
        return read_last_lines(self._log_path)


class DetachedRunLauncher:
    """Starts detached processes of runs and batches for one workspace.

    `extra_environment` goes to these processes alone: the demo keeps its secrets in memory and
    has no other way to hand them over.
    """

    def __init__(
        self, services: WorkspaceServices, extra_environment: Mapping[str, str] | None = None
    ) -> None:
        self._services = services
        self._extra_environment = dict(extra_environment or {})

    def start(self, *arguments: str) -> DetachedProcess:
        """Start a detached `fairlead sync` with these arguments. Raises InternalError."""
        return self._start("sync", *arguments, kind=arguments[0], what="The sync")

    def go_on_with_batch(self, batch_id: str, *, known_only: bool = False) -> DetachedProcess:
        """Start what goes on with a batch of many customers. Raises InternalError.

        `known_only`: it looks nobody up who was not found yet.
        """
        words = ["bulk", "--batch", batch_id, *(["--known-only"] if known_only else [])]
        return self._start(*words, "--quiet", kind="bulk", what="The batch")

    def undo_batch(self, batch_id: str) -> DetachedProcess:
        """Start the undo of a batch of many customers. Raises InternalError."""
        return self._start("undo", "--batch", batch_id, "--quiet", kind="undo", what="The undo")

    def deliver_events(self, file: Path, removals: bool) -> DetachedProcess:
        """Start the delivery of a file of events; `removals` go out too. Raises InternalError."""
        words = ["events", "deliver", str(file), *(["--removals"] if removals else [])]
        return self._start(*words, "--quiet", kind="events", what="The delivery")

    def retry_event(self, event_id: int, removals: bool) -> DetachedProcess:
        """Start what delivers one stored event once more. Raises InternalError."""
        words = ["events", "retry", "--event", str(event_id)]
        words += ["--removals"] if removals else []
        return self._start(*words, "--quiet", kind="events", what="The delivery")

    def read_everybody(self, *sources: str) -> DetachedProcess:
        """Start what reads everybody's data, of these data sources alone. Raises InternalError."""
        only = [word for name in sources for word in ("--only", name)]
        return self._start("data", "refresh", *only, kind="data", what="The reading")

    def _start(self, *words: str, kind: str, what: str) -> DetachedProcess:
        command = own_command(*words, "--workspace", self._services.workspace.name)
        logs = self._services.context.paths.logs
        try:
            return start_detached(command, logs, kind, self._environment())
        except OSError as error:
            raise InternalError(
                f"{what} could not be started.",
                f"The system did not start its process: {error.strerror}.",
                f"Try {pasteable(*words)} in a terminal.",
            ) from error

    def _environment(self) -> dict[str, str]:
        environment = dict(os.environ)
        if self._services.context.is_demo:
            environment[HOME_VARIABLE] = str(self._services.context.paths.data)
        return environment | self._extra_environment


def start_detached(
    command: Sequence[str], logs: Path, kind: str, environment: Mapping[str, str]
) -> DetachedProcess:
    """Start a process that outlives this one; its output goes to a new log file of this `kind`.

    Raises OSError.
    """
    # A file: a pipe would break when the window ends, and end the process with it.
    handle, path = create_log_file(logs, kind)
    with open(handle, "wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own program, no shell
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            creationflags=_detach_flags(),
            # POSIX: a closed terminal signals its session; the process has one of its own.
            start_new_session=True,
        )
        return DetachedProcess(process, path)


def _detach_flags() -> int:
    """Return the flags that detach a process from console and parent; only Windows has any."""
    if sys.platform == "win32":
        return subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    return 0
