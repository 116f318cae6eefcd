"""Has the operating system run what is due while Fairlead is closed, and ends that again.

One workspace, one timer of this person. Every call may block for some seconds.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from desktop.app.container import WorkspaceServices
from desktop.app.system_timer.timer_definitions import (
    TimerSpec,
    render_launchd_agent,
    render_systemd_units,
    render_windows_task,
)
from desktop.kit.errors import AppError, InvalidInput, StorageError
from desktop.settings.json_file import write_text_atomically
from desktop.settings.paths import HOME_VARIABLE

_TOOL_TIMEOUT_S = 30.0

RunSystemTool = Callable[[Sequence[str]], None]


class TimerBackend(Protocol):
    """The operating system's way."""

    def install(self, spec: TimerSpec) -> str:
        """Have it run from now on; says what to know about it. Raises StorageError, InvalidInput."""  # noqa: E501
        ...

    def remove(self, spec: TimerSpec) -> bool:
        """End it; False when there was none. Raises StorageError."""
        ...

    def is_installed(self, spec: TimerSpec) -> bool:
        """Whether it is there, exactly as it would be installed now."""
        ...


def install_timer(services: WorkspaceServices, backend: TimerBackend | None = None) -> str:
    """Install the timer of this workspace; says what was done. Raises NotPermitted, InvalidInput."""  # noqa: E501
    services.syncs.require_permission()
    if services.context.is_demo:
        raise InvalidInput("The demo installs nothing on this computer.")
    said = (backend or detect_timer_backend()).install(timer_spec_for(services))
    if services.context.overrides.secrets:
        said += (
            " The keys of this terminal's environment do not travel: keep them in the keyring, or"
            " give them to the timer yourself."
        )
    return said


def remove_timer(services: WorkspaceServices, backend: TimerBackend | None = None) -> str:
    """Remove the timer of this workspace; says what was done. Raises StorageError."""
    if (backend or detect_timer_backend()).remove(timer_spec_for(services)):
        return "The system runs nothing of this workspace any more."
    return "There was no timer of this workspace."


def is_timer_installed(services: WorkspaceServices, backend: TimerBackend | None = None) -> bool:
    """Whether the system runs what is due in this workspace."""
    return not services.context.is_demo and (backend or detect_timer_backend()).is_installed(
        timer_spec_for(services)
    )


@dataclass(frozen=True)
class WorkspaceTimer:
    """The three calls above for one house, as a button of the settings takes them."""

    services: WorkspaceServices

    def install(self) -> str:
        """See `install`."""
        return install_timer(self.services)

    def remove(self) -> str:
        """See `remove`."""
        return remove_timer(self.services)

    def is_installed(self) -> bool:
        """See `installed`; a system without a known way has none."""
        try:
            return is_timer_installed(self.services)
        except InvalidInput:
            return False


def timer_spec_for(services: WorkspaceServices) -> TimerSpec:
    """What is to run for this workspace; nothing secret is in it."""
    home = os.environ.get(HOME_VARIABLE, "").strip()
    # The same way as `settings.paths` reads it; a timer starts in another folder.
    place = ((HOME_VARIABLE, str(Path(home).expanduser().absolute())),) if home else ()
    name = services.workspace.name
    return TimerSpec(
        workspace=name,
        workspace_id=services.workspace.id[:12],
        # -P: a timer starts in the home folder, and what lies there is not to be imported.
        command=(_python_executable(), "-P", "-m", "desktop", "sync", "due", f"--workspace={name}"),
        environment=place,
    )


def detect_timer_backend() -> TimerBackend:
    """The way of this operating system. Raises InvalidInput where there is none that is known."""
    if sys.platform == "win32":
        return WindowsTaskTimer(run_system_tool)
    if sys.platform == "darwin":
        return LaunchdTimer(
            Path.home() / "Library" / "LaunchAgents", f"gui/{os.getuid()}", run_system_tool
        )
    if shutil.which("systemctl") is None:
        raise InvalidInput(
            "This system has no systemd, so Fairlead cannot install a timer.",
            "Syncs that are due run while the window is open.",
            "Have your system run `fairlead sync due` every five minutes, for example with cron.",
        )
    config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return SystemdTimer(Path(config) / "systemd" / "user", run_system_tool)


def run_system_tool(command: Sequence[str]) -> None:
    """Run a tool of the system. Raises StorageError with what it said."""
    try:
        done = subprocess.run(  # noqa: S603 - fixed tools, arguments of ours, no shell
            command, capture_output=True, text=True, timeout=_TOOL_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise _tool_error(command, type(error).__name__) from error
    if done.returncode:
        raise _tool_error(command, " ".join((done.stderr or done.stdout).split())[:200])


def _tool_error(command: Sequence[str], sandbox_document: str) -> StorageError:
    return StorageError(
        "The system did not take the timer.",
        f"`{' '.join(command[:4])}` said: {sandbox_document or 'nothing'}",
        "Syncs that are due run while the window is open. Try again after signing in anew.",
    )


@dataclass(frozen=True)
class SystemdTimer:
    """A user service and its timer; `folder` is where the person's units are."""

    folder: Path
    run_tool: RunSystemTool

    def install(self, spec: TimerSpec) -> str:
        """See `TimerBackend`."""
        units = render_systemd_units(spec)
        _write_files(self.folder, units)
        try:
            self.run_tool(["systemctl", "--user", "daemon-reload"])
            self.run_tool(
                ["systemctl", "--user", "enable", "--now", f"{spec.systemd_unit_name}.timer"]
            )
        except AppError:
            # A unit that lies there unused would look installed.
            _delete_files(self.folder, units)
            raise
        return (
            "The system looks every five minutes while you are signed in to this computer;"
            " `loginctl enable-linger` also when you are not."
        )

    def remove(self, spec: TimerSpec) -> bool:
        """See `TimerBackend`."""
        units = render_systemd_units(spec)
        if not any((self.folder / name).exists() for name in units):
            return False
        self.run_tool(
            ["systemctl", "--user", "disable", "--now", f"{spec.systemd_unit_name}.timer"]
        )
        _delete_files(self.folder, units)
        self.run_tool(["systemctl", "--user", "daemon-reload"])
        return True

    def is_installed(self, spec: TimerSpec) -> bool:
        """See `TimerBackend`."""
        return _files_match(self.folder, render_systemd_units(spec))


@dataclass(frozen=True)
class LaunchdTimer:
    """A launch agent; `domain` is the person's, gui/UID."""

    folder: Path
    domain: str
    run_tool: RunSystemTool

    def install(self, spec: TimerSpec) -> str:
        """See `TimerBackend`."""
        files = render_launchd_agent(spec)
        # One that is loaded already is not loaded again.
        self._unload(spec)
        _write_files(self.folder, files)
        try:
            for name in files:
                self.run_tool(["launchctl", "bootstrap", self.domain, str(self.folder / name)])
        except AppError:
            _delete_files(self.folder, files)
            raise
        return "The system looks every five minutes while you are signed in to this computer."

    def remove(self, spec: TimerSpec) -> bool:
        """See `TimerBackend`."""
        files = render_launchd_agent(spec)
        if not any((self.folder / name).exists() for name in files):
            return False
        self._unload(spec)
        _delete_files(self.folder, files)
        return True

    def is_installed(self, spec: TimerSpec) -> bool:
        """See `TimerBackend`."""
        return _files_match(self.folder, render_launchd_agent(spec))

    def _unload(self, spec: TimerSpec) -> None:
        with contextlib.suppress(StorageError):
            self.run_tool(["launchctl", "bootout", f"{self.domain}/{spec.launchd_label}"])


@dataclass(frozen=True)
class WindowsTaskTimer:
    """A task of the person's on Windows."""

    run_tool: RunSystemTool

    def install(self, spec: TimerSpec) -> str:
        """See `TimerBackend`."""
        text = render_windows_task(spec)
        with tempfile.TemporaryDirectory(prefix="fairlead-") as folder:
            file = Path(folder) / "task.xml"
            # What the task scheduler exports itself, and always reads.
            file.write_text(text, encoding="utf-16")
            self.run_tool(
                ["schtasks", "/Create", "/TN", spec.windows_task_name, "/XML", str(file), "/F"]
            )
        return "Windows looks every five minutes while you are signed in to this computer."

    def remove(self, spec: TimerSpec) -> bool:
        """See `TimerBackend`."""
        if not self.is_installed(spec):
            return False
        self.run_tool(["schtasks", "/Delete", "/TN", spec.windows_task_name, "/F"])
        return True

    def is_installed(self, spec: TimerSpec) -> bool:
        """See `TimerBackend`; what the task says is not compared."""
        try:
            self.run_tool(["schtasks", "/Query", "/TN", spec.windows_task_name])
        except StorageError:
            return False
        return True


def _python_executable() -> str:
    """This Python; on Windows the one that opens no console."""
    python = Path(sys.executable)
    silent = python.with_name("pythonw.exe")
    return str(silent if sys.platform == "win32" and silent.exists() else python)


def _write_files(folder: Path, files: Mapping[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder} cannot be made: {error.strerror}.") from error
    for name, text in files.items():
        write_text_atomically(folder / name, text)


def _delete_files(folder: Path, files: Mapping[str, str]) -> None:
    for name in files:
        with contextlib.suppress(OSError):
            (folder / name).unlink()


def _files_match(folder: Path, files: Mapping[str, str]) -> bool:
    try:
        return all((folder / n).read_text(encoding="utf-8") == t for n, t in files.items())
    except (OSError, UnicodeDecodeError):
        return False
