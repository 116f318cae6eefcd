"""Starts detached processes of our own (`fairlead sync …`, `bulk`), which outlive the window."""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

from desktop.app.container import WorkspaceServices
from desktop.app.relaunch_command import relaunch_command
from desktop.app.run_log_files import create_log_file, read_last_lines
from desktop.kit.clock import iso_timestamp
from desktop.kit.errors import InternalError
from desktop.kit.shell_quoting import pasteable
from desktop.settings.paths import HOME_VARIABLE

if TYPE_CHECKING:
    # A terminal starts processes too, and draws no page.
    from desktop.store.sent_event_request_repository import EventSelection
    from desktop.viewmodels.events.simulation_input import DeliveryOrder


def _selection_words(chosen: "EventSelection") -> list[str]:
    """Return stored events as `fairlead events replay` and `rollback` are told them."""
    words = ["--source", chosen.source] if chosen.source else []
    words += [word for one in chosen.event_ids for word in ("--event", str(one))]
    for option, moment in (("--from", chosen.since), ("--to", chosen.until)):
        words += [option, iso_timestamp(moment)] if moment is not None else []
    return words


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

    def stop(self) -> None:
        """End the detached process now, of whose work nothing is lost that it has stored."""
        self._process.terminate()

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

    def deliver_events(self, order: "DeliveryOrder") -> DetachedProcess:
        """Start the delivery of a file or paste of events. Raises InternalError and OSError."""
        source = order.source
        words = ["events", "deliver", str(source.path or "-"), "--name", source.name]
        words += ["--removals"] if order.removals else []
        words += ["--leave-out", order.left_out_option] if order.left_out else []
        for option, fields in (
            ("--create-user-field", order.user_fields),
            ("--create-field", order.organization_fields),
        ):
            words += [word for field in fields for word in (option, field.option)]
        if source.path is not None:
            return self._deliver(*words)
        # Without a name on any disk, and there until the process has read it.
        with TemporaryFile() as pasted:
            pasted.write(source.text)
            pasted.seek(0)
            return self._deliver(*words, stdin=pasted)

    def collect_events(self) -> DetachedProcess:
        """Start `fairlead events collect`, which takes folders in and delivers events."""
        return self._start("events", "collect", "--quiet", kind="events", what="The collection")

    def deliver_waiting_events(self, source_id: int, removals: bool) -> DetachedProcess:
        """Start the delivery of what waits; `removals` of this source alone.

        Raises InternalError.
        """
        words = ["events", "deliver", "--source", str(source_id)]
        words += ["--removals"] if removals else []
        return self._deliver(*words)

    def replay_events(self, chosen: "EventSelection", removals: bool) -> DetachedProcess:
        """Start what sends delivered events once more. Raises InternalError."""
        words = ["events", "replay", *_selection_words(chosen)]
        words += ["--removals"] if removals else []
        return self._deliver(*words)

    def roll_back_events(self, chosen: "EventSelection") -> DetachedProcess:
        """Start what takes back what delivered events changed. Raises InternalError."""
        words = ["events", "rollback", *_selection_words(chosen)]
        return self._start(*words, "--quiet", kind="events", what="The rollback")

    def retry_events(self, event_ids: Sequence[int], removals: bool) -> DetachedProcess:
        """Start what delivers stored events once more. Raises InternalError.

        `removals`: it sends what was not ticked too.
        """
        words = ["events", "retry"]
        words += [word for one in event_ids for word in ("--event", str(one))]
        words += ["--removals", "--left-out"] if removals else []
        return self._deliver(*words)

    def read_everybody(self, *sources: str, is_full: bool = False) -> DetachedProcess:
        """Start what reads everybody's data, of these data sources alone. Raises InternalError.

        `is_full`: from the beginning.
        """
        only = [word for name in sources for word in ("--only", name)]
        only += ["--full"] if is_full else []
        return self._start("data", "refresh", *only, kind="data", what="The reading")

    def _deliver(self, *words: str, stdin: IO[bytes] | None = None) -> DetachedProcess:
        flags = ("--quiet", "--from-window")
        return self._start(*words, *flags, kind="events", what="The delivery", stdin=stdin)

    def _start(
        self, *words: str, kind: str, what: str, stdin: IO[bytes] | None = None
    ) -> DetachedProcess:
        command = relaunch_command(*words, "--workspace", self._services.workspace.name)
        logs = self._services.context.paths.logs
        try:
            return start_detached(command, logs, kind, self._environment(), stdin)
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
    command: Sequence[str],
    logs: Path,
    kind: str,
    environment: Mapping[str, str],
    stdin: IO[bytes] | None = None,
) -> DetachedProcess:
    """Start a process that outlives this one; its output goes to a new log file of this `kind`.

    `stdin`: an open file that it reads. Raises OSError.
    """
    # A file: a pipe would break when the window ends, and end the process with it.
    handle, path = create_log_file(logs, kind)
    with open(handle, "wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own program, no shell
            command,
            env=dict(environment),
            stdin=stdin if stdin is not None else subprocess.DEVNULL,
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
