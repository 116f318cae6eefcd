"""Installs and removes the operating system's timer that runs due syncs while Fairlead is closed.

One workspace, one timer of this user. Every call may block for some seconds.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from desktop.app.container import WorkspaceServices
from desktop.app.relaunch_command import unattended_command
from desktop.app.system_timer.timer_definitions import (
    TimerSpec,
    render_launchd_agent,
    render_systemd_units,
    render_windows_task,
)
from desktop.kit.errors import AppError, InvalidInput, StorageError
from desktop.settings.json_file import write_text_atomically
from desktop.settings.paths import HOME_VARIABLE

# systemctl waits for the user's service manager, which may just be starting.
_TOOL_TIMEOUT_S = 30.0

RunSystemTool = Callable[[Sequence[str]], None]


class TimerBackend(Protocol):
    """How one operating system's timer (systemd, launchd, Windows) runs a command."""

    def install(self, spec: TimerSpec) -> str:
        """Install the system's timer; returns a note. Raises StorageError, InvalidInput."""
        ...

    def remove(self, spec: TimerSpec) -> bool:
        """Remove the system's timer; False when there was none. Raises StorageError."""
        ...

    def is_installed(self, spec: TimerSpec) -> bool:
        """Whether the system's timer is installed exactly as this version would install it."""
        ...


class WorkspaceTimer:
    """The system's timer of one workspace, for the command line and the settings page."""

    def __init__(self, services: WorkspaceServices, backend: TimerBackend | None = None) -> None:
        """`backend` is the system's timer; by default the one of the running system."""
        self._services = services
        self._backend = backend

    @property
    def spec(self) -> TimerSpec:
        """The timer's command, environment and ids for this workspace; nothing secret is in it."""
        home = os.environ.get(HOME_VARIABLE, "").strip()
        # Absolute, as `settings.paths` reads it: a timer starts in another folder.
        place = ((HOME_VARIABLE, str(Path(home).expanduser().absolute())),) if home else ()
        name = self._services.workspace.name
        return TimerSpec(
            workspace=name,
            # 48 bits of the random id: enough for one user's workspaces, and a short unit name.
            workspace_id=self._services.workspace.id[:12],
            command=unattended_command("sync", "due", f"--workspace={name}"),
            environment=place,
        )

    def install(self) -> str:
        """Install the workspace's timer in the operating system; returns what was done.

        Raises NotPermitted, InvalidInput where this system has no timers, StorageError.
        """
        self._services.syncs.require_permission()
        if self._services.context.is_demo:
            raise InvalidInput("The demo installs nothing on this computer.")
        message = self._get_backend().install(self.spec)
        if self._services.context.environment_secrets.secrets:
            message += (
                " The keys of this terminal's environment do not travel: keep them in the keyring,"
                " or give them to the timer yourself."
            )
        return message

    def remove(self) -> str:
        """Remove the workspace's timer from the system. Raises StorageError, InvalidInput."""
        if self._get_backend().remove(self.spec):
            return "The system runs nothing of this workspace any more."
        return "There was no timer of this workspace."

    def is_installed(self) -> bool:
        """Whether the system's timer runs this workspace's due syncs; False where it has none."""
        if self._services.context.is_demo:
            return False
        try:
            return self._get_backend().is_installed(self.spec)
        except InvalidInput:
            return False

    def _get_backend(self) -> TimerBackend:
        if self._backend is None:
            self._backend = detect_timer_backend()
        return self._backend


def detect_timer_backend() -> TimerBackend:
    """Return this operating system's timer backend. Raises InvalidInput where none is known."""
    if sys.platform == "win32":
        return WindowsTaskTimer(run_system_tool)
    if sys.platform == "darwin":
        return LaunchdTimer(
            Path.home() / "Library" / "LaunchAgents", f"gui/{os.getuid()}", run_system_tool
        )
    # Alpine, Void and containers have other service managers or none.
    if shutil.which("systemctl") is None:
        raise InvalidInput(
            "This system has no systemd, so Fairlead cannot install a timer.",
            "Syncs that are due run while the window is open.",
            "Have your system run `fairlead sync due` every five minutes, for example with cron.",
        )
    config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return SystemdTimer(Path(config) / "systemd" / "user", run_system_tool)


def run_system_tool(command: Sequence[str]) -> None:
    """Run systemctl, launchctl or schtasks, 30 s at most. Raises StorageError with its output."""
    try:
        done = subprocess.run(  # noqa: S603 - fixed tools, arguments of ours, no shell
            command, capture_output=True, text=True, timeout=_TOOL_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise _tool_error(command, type(error).__name__) from error
    if done.returncode:
        raise _tool_error(command, " ".join((done.stderr or done.stdout).split())[:200])


def _tool_error(command: Sequence[str], output: str) -> StorageError:
    return StorageError(
        "The system did not take the timer.",
        f"`{' '.join(command[:4])}` said: {output or 'nothing'}",
        "Syncs that are due run while the window is open. Try again after signing in anew.",
    )


@dataclass(frozen=True)
class SystemdTimer:
    """A systemd user service and timer for due syncs; `folder` is where the user's units are."""

    folder: Path
    run_tool: RunSystemTool

    def install(self, spec: TimerSpec) -> str:
        """Write both systemd units, then enable and start the timer. Raises StorageError."""
        with _installed_files(self.folder, render_systemd_units(spec)):
            self._systemctl("daemon-reload")
            self._systemctl("enable", "--now", f"{spec.systemd_unit_name}.timer")
        return (
            "The system looks every five minutes while you are signed in to this computer;"
            " `loginctl enable-linger` also when you are not."
        )

    def remove(self, spec: TimerSpec) -> bool:
        """Stop the systemd timer and delete its units; False where there were none."""
        units = render_systemd_units(spec)
        if not any((self.folder / name).exists() for name in units):
            return False
        self._systemctl("disable", "--now", f"{spec.systemd_unit_name}.timer")
        _delete_files(self.folder, units)
        self._systemctl("daemon-reload")
        return True

    def is_installed(self, spec: TimerSpec) -> bool:
        """Whether both systemd units stand there byte for byte as this version writes them."""
        return _files_match(self.folder, render_systemd_units(spec))

    def _systemctl(self, *arguments: str) -> None:
        self.run_tool(["systemctl", "--user", *arguments])


@dataclass(frozen=True)
class LaunchdTimer:
    """A launchd agent of macOS for due syncs; `domain` is the user's, gui/UID."""

    folder: Path
    domain: str
    run_tool: RunSystemTool

    def install(self, spec: TimerSpec) -> str:
        """Write the launchd agent's file and load it anew. Raises StorageError."""
        # launchctl refuses to bootstrap an agent that is loaded already.
        self._unload(spec)
        with _installed_files(self.folder, render_launchd_agent(spec)) as paths:
            for path in paths:
                self.run_tool(["launchctl", "bootstrap", self.domain, str(path)])
        return "The system looks every five minutes while you are signed in to this computer."

    def remove(self, spec: TimerSpec) -> bool:
        """Unload the launchd agent and delete its file; False where there was none."""
        files = render_launchd_agent(spec)
        if not any((self.folder / name).exists() for name in files):
            return False
        self._unload(spec)
        _delete_files(self.folder, files)
        return True

    def is_installed(self, spec: TimerSpec) -> bool:
        """Whether the launchd agent stands there byte for byte as this version writes it."""
        return _files_match(self.folder, render_launchd_agent(spec))

    def _unload(self, spec: TimerSpec) -> None:
        with contextlib.suppress(StorageError):
            self.run_tool(["launchctl", "bootout", f"{self.domain}/{spec.launchd_label}"])


@dataclass(frozen=True)
class WindowsTaskTimer:
    """A task of the Windows task scheduler for due syncs, under the user's account."""

    run_tool: RunSystemTool

    def install(self, spec: TimerSpec) -> str:
        """Create the Windows task, or replace it. Raises StorageError."""
        text = render_windows_task(spec)
        with tempfile.TemporaryDirectory(prefix="fairlead-") as folder:
            file = Path(folder) / "task.xml"
            # UTF-16 is what the task scheduler exports itself, and always reads.
            file.write_text(text, encoding="utf-16")
            self.run_tool(
                ["schtasks", "/Create", "/TN", spec.windows_task_name, "/XML", str(file), "/F"]
            )
        return "Windows looks every five minutes while you are signed in to this computer."

    def remove(self, spec: TimerSpec) -> bool:
        """Delete the Windows task; False where there was none. Raises StorageError."""
        if not self.is_installed(spec):
            return False
        self.run_tool(["schtasks", "/Delete", "/TN", spec.windows_task_name, "/F"])
        return True

    def is_installed(self, spec: TimerSpec) -> bool:
        """Whether a Windows task of this name exists; what it runs is not compared."""
        try:
            self.run_tool(["schtasks", "/Query", "/TN", spec.windows_task_name])
        except StorageError:
            return False
        return True


@contextlib.contextmanager
def _installed_files(folder: Path, files: Mapping[str, str]) -> Iterator[list[Path]]:
    """Write the timer's files for a block that makes the system load them; deleted if it fails.

    A unit that lies there unused would look installed. Raises StorageError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder} cannot be made: {error.strerror}.") from error
    for name, text in files.items():
        write_text_atomically(folder / name, text)
    try:
        yield [folder / name for name in files]
    except AppError:
        _delete_files(folder, files)
        raise


def _delete_files(folder: Path, files: Mapping[str, str]) -> None:
    for name in files:
        with contextlib.suppress(OSError):
            (folder / name).unlink()


def _files_match(folder: Path, files: Mapping[str, str]) -> bool:
    try:
        return all((folder / n).read_text(encoding="utf-8") == t for n, t in files.items())
    except (OSError, UnicodeDecodeError):
        return False
