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

from desktop.app.timer import TimerOrder, launchd_agent, systemd_units, windows_task
from desktop.app.wiring import House
from desktop.kit.errors import AppError, BadInput, StoreKnown
from desktop.settings.json_file import write_text
from desktop.settings.paths import HOME_VARIABLE

_LIMIT_S = 30.0

Call = Callable[[Sequence[str]], None]


class Timers(Protocol):
    """The operating system's way."""

    def install(self, order: TimerOrder) -> str:
        """Have it run from now on; says what to know about it. Raises StoreKnown, BadInput."""
        ...

    def remove(self, order: TimerOrder) -> bool:
        """End it; False when there was none. Raises StoreKnown."""
        ...

    def installed(self, order: TimerOrder) -> bool:
        """Whether it is there, exactly as it would be installed now."""
        ...


def install(house: House, timers: Timers | None = None) -> str:
    """Install the timer of this workspace; says what was done. Raises NotPermitted, BadInput."""
    house.goals.require()
    if house.ground.demo:
        raise BadInput("The demo installs nothing on this computer.")
    said = (timers or timers_here()).install(order_of(house))
    if house.ground.overrides.secrets:
        said += (
            " The keys of this terminal's environment do not travel: keep them in the keyring, or"
            " give them to the timer yourself."
        )
    return said


def remove(house: House, timers: Timers | None = None) -> str:
    """Remove the timer of this workspace; says what was done. Raises StoreKnown."""
    if (timers or timers_here()).remove(order_of(house)):
        return "The system runs nothing of this workspace any more."
    return "There was no timer of this workspace."


def installed(house: House, timers: Timers | None = None) -> bool:
    """Whether the system runs what is due in this workspace."""
    return not house.ground.demo and (timers or timers_here()).installed(order_of(house))


@dataclass(frozen=True)
class HouseTimer:
    """The three calls above for one house, as a button of the settings takes them."""

    house: House

    def install(self) -> str:
        """See `install`."""
        return install(self.house)

    def remove(self) -> str:
        """See `remove`."""
        return remove(self.house)

    def installed(self) -> bool:
        """See `installed`; a system without a known way has none."""
        try:
            return installed(self.house)
        except BadInput:
            return False


def order_of(house: House) -> TimerOrder:
    """What is to run for this workspace; nothing secret is in it."""
    home = os.environ.get(HOME_VARIABLE, "").strip()
    # The same way as `settings.paths` reads it; a timer starts in another folder.
    place = ((HOME_VARIABLE, str(Path(home).expanduser().absolute())),) if home else ()
    name = house.workspace.name
    return TimerOrder(
        workspace=name,
        id=house.workspace.id[:12],
        # -P: a timer starts in the home folder, and what lies there is not to be imported.
        command=(_program(), "-P", "-m", "desktop", "sync", "due", f"--workspace={name}"),
        environment=place,
    )


def timers_here() -> Timers:
    """The way of this operating system. Raises BadInput where there is none that is known."""
    if sys.platform == "win32":
        return TaskScheduler(call)
    if sys.platform == "darwin":
        return Launchd(Path.home() / "Library" / "LaunchAgents", f"gui/{os.getuid()}", call)
    if shutil.which("systemctl") is None:
        raise BadInput(
            "This system has no systemd, so Fairlead cannot install a timer.",
            "Syncs that are due run while the window is open.",
            "Have your system run `fairlead sync due` every five minutes, for example with cron.",
        )
    config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Systemd(Path(config) / "systemd" / "user", call)


def call(command: Sequence[str]) -> None:
    """Run a tool of the system. Raises StoreKnown with what it said."""
    try:
        done = subprocess.run(  # noqa: S603 - fixed tools, arguments of ours, no shell
            command, capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise _refused(command, type(error).__name__) from error
    if done.returncode:
        raise _refused(command, " ".join((done.stderr or done.stdout).split())[:200])


def _refused(command: Sequence[str], said: str) -> StoreKnown:
    return StoreKnown(
        "The system did not take the timer.",
        f"`{' '.join(command[:4])}` said: {said or 'nothing'}",
        "Syncs that are due run while the window is open. Try again after signing in anew.",
    )


@dataclass(frozen=True)
class Systemd:
    """A user service and its timer; `folder` is where the person's units are."""

    folder: Path
    call: Call

    def install(self, order: TimerOrder) -> str:
        """See `Timers`."""
        units = systemd_units(order)
        _write(self.folder, units)
        try:
            self.call(["systemctl", "--user", "daemon-reload"])
            self.call(["systemctl", "--user", "enable", "--now", f"{order.unit}.timer"])
        except AppError:
            # A unit that lies there unused would look installed.
            _delete(self.folder, units)
            raise
        return (
            "The system looks every five minutes while you are signed in to this computer;"
            " `loginctl enable-linger` also when you are not."
        )

    def remove(self, order: TimerOrder) -> bool:
        """See `Timers`."""
        units = systemd_units(order)
        if not any((self.folder / name).exists() for name in units):
            return False
        self.call(["systemctl", "--user", "disable", "--now", f"{order.unit}.timer"])
        _delete(self.folder, units)
        self.call(["systemctl", "--user", "daemon-reload"])
        return True

    def installed(self, order: TimerOrder) -> bool:
        """See `Timers`."""
        return _same(self.folder, systemd_units(order))


@dataclass(frozen=True)
class Launchd:
    """A launch agent; `domain` is the person's, gui/UID."""

    folder: Path
    domain: str
    call: Call

    def install(self, order: TimerOrder) -> str:
        """See `Timers`."""
        files = launchd_agent(order)
        # One that is loaded already is not loaded again.
        self._unload(order)
        _write(self.folder, files)
        try:
            for name in files:
                self.call(["launchctl", "bootstrap", self.domain, str(self.folder / name)])
        except AppError:
            _delete(self.folder, files)
            raise
        return "The system looks every five minutes while you are signed in to this computer."

    def remove(self, order: TimerOrder) -> bool:
        """See `Timers`."""
        files = launchd_agent(order)
        if not any((self.folder / name).exists() for name in files):
            return False
        self._unload(order)
        _delete(self.folder, files)
        return True

    def installed(self, order: TimerOrder) -> bool:
        """See `Timers`."""
        return _same(self.folder, launchd_agent(order))

    def _unload(self, order: TimerOrder) -> None:
        with contextlib.suppress(StoreKnown):
            self.call(["launchctl", "bootout", f"{self.domain}/{order.label}"])


@dataclass(frozen=True)
class TaskScheduler:
    """A task of the person's on Windows."""

    call: Call

    def install(self, order: TimerOrder) -> str:
        """See `Timers`."""
        text = windows_task(order)
        with tempfile.TemporaryDirectory(prefix="fairlead-") as folder:
            file = Path(folder) / "task.xml"
            # What the task scheduler exports itself, and always reads.
            file.write_text(text, encoding="utf-16")
            self.call(["schtasks", "/Create", "/TN", order.task, "/XML", str(file), "/F"])
        return "Windows looks every five minutes while you are signed in to this computer."

    def remove(self, order: TimerOrder) -> bool:
        """See `Timers`."""
        if not self.installed(order):
            return False
        self.call(["schtasks", "/Delete", "/TN", order.task, "/F"])
        return True

    def installed(self, order: TimerOrder) -> bool:
        """See `Timers`; what the task says is not compared."""
        try:
            self.call(["schtasks", "/Query", "/TN", order.task])
        except StoreKnown:
            return False
        return True


def _program() -> str:
    """This Python; on Windows the one that opens no console."""
    python = Path(sys.executable)
    silent = python.with_name("pythonw.exe")
    return str(silent if sys.platform == "win32" and silent.exists() else python)


def _write(folder: Path, files: Mapping[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreKnown(f"{folder} cannot be made: {error.strerror}.") from error
    for name, text in files.items():
        write_text(folder / name, text)


def _delete(folder: Path, files: Mapping[str, str]) -> None:
    for name in files:
        with contextlib.suppress(OSError):
            (folder / name).unlink()


def _same(folder: Path, files: Mapping[str, str]) -> bool:
    try:
        return all((folder / n).read_text(encoding="utf-8") == t for n, t in files.items())
    except (OSError, UnicodeDecodeError):
        return False
