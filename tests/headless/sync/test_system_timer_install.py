"""What the operating system is told: well-formed, quoted, without secrets, and taken back whole."""

import plistlib
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.app.container import WorkspaceServices
from desktop.app.system_timer import timer_installation
from desktop.app.system_timer.timer_definitions import (
    TimerSpec,
    render_launchd_agent,
    render_systemd_units,
    render_windows_task,
)
from desktop.app.system_timer.timer_installation import (
    LaunchdTimer,
    SystemdTimer,
    TimerBackend,
    WindowsTaskTimer,
    WorkspaceTimer,
)
from desktop.kit.errors import InvalidInput, NotPermitted, StorageError
from tests.support.sandbox_servers import SandboxServers

PLAIN = TimerSpec("main", "0123456789ab", (sys.executable, "-m", "desktop", "sync", "due"))
# On Linux it has to be there, or nothing would have looked at the units.
NEEDS_SYSTEMD = pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux's")
NAMESPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
WORDS = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=20)


def odd_order(folder: Path) -> TimerSpec:
    """A program in a folder with everything in its name that needs quoting."""
    place = folder / "a b 100%h $HOME <&> é"
    place.mkdir()
    program = place / "python"
    program.symlink_to(sys.executable)
    return TimerSpec(
        "two words",
        "0123456789ab",
        (str(program), "-m", "desktop", "sync", "due", "--workspace=two words"),
        (("FAIRLEAD_HOME", f'{place}/"quoted" \\ \''),),
    )


@NEEDS_SYSTEMD
def test_timer_units_pass_systemd_verification(tmp_path: Path) -> None:
    units = tmp_path / "units"
    units.mkdir()
    for name, text in render_systemd_units(odd_order(tmp_path)).items():
        (units / name).write_text(text, encoding="utf-8")
    files = sorted(units.iterdir())
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", *files],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    ours = [line for line in done.stderr.splitlines() if "fairlead" in line]
    assert ours == []


@NEEDS_SYSTEMD
def test_timer_verification_negative_control_missing_program(tmp_path: Path) -> None:
    """The control: a program that is not there is found out."""
    lost = TimerSpec("main", "0123456789ab", (str(tmp_path / "no python"), "-m", "desktop"))
    for name, text in render_systemd_units(lost).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", *tmp_path.glob("*.service")],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)},
    )
    assert "no python" in done.stderr


def test_timer_checks_every_five_minutes_and_catches_up() -> None:
    units = render_systemd_units(PLAIN)
    assert set(units) == {"fairlead-sync-0123456789ab.service", "fairlead-sync-0123456789ab.timer"}
    timer = units["fairlead-sync-0123456789ab.timer"].splitlines()
    assert {"OnCalendar=*:0/5", "Persistent=true", "WantedBy=timers.target"} <= set(timer)
    assert "{" not in "".join(units.values())


def unquoted(line: str) -> list[str]:
    """The words of a systemd line, read as systemd.syntax(7) says; written without our code."""
    words, word, inside, escaped = [], "", False, False
    for c in line:
        if escaped:
            word, escaped = word + c, False
        elif c == "\\":
            escaped = True
        elif c == '"':
            inside = not inside
            if not inside:
                words.append(word.replace("%%", "%"))
                word = ""
        elif inside:
            word += c
    return words


@given(st.lists(WORDS, min_size=1, max_size=5).map(tuple), WORDS)
def test_timer_arguments_are_quoted(command: tuple[str, ...], home: str) -> None:
    command = ("/usr/bin/python3", *command)
    order = TimerSpec("main", "0123456789ab", command, (("FAIRLEAD_HOME", home),))
    service = render_systemd_units(order)["fairlead-sync-0123456789ab.service"]
    lines = dict(line.split("=", 1) for line in service.splitlines() if "=" in line)
    assert lines["ExecStart"].startswith(':"')
    assert unquoted(lines["ExecStart"][1:]) == list(command)
    assert unquoted(lines["Environment"]) == [f"FAIRLEAD_HOME={home}"]
    (agent,) = render_launchd_agent(order).values()
    found = plistlib.loads(agent.encode())
    assert found["ProgramArguments"] == list(command)
    assert found["EnvironmentVariables"] == {"FAIRLEAD_HOME": home}
    assert (found["StartInterval"], found["Label"]) == (300, "app.fairlead.sync.0123456789ab")
    task = ET.fromstring(render_windows_task(order).encode("utf-16"))  # noqa: S314 - our own text
    assert task.findtext(f".//{NAMESPACE}Command") == command[0]
    arguments = task.findtext(f".//{NAMESPACE}Arguments") or ""
    assert arguments == subprocess.list2cmdline(command[1:])
    assert task.findtext(f".//{NAMESPACE}StartWhenAvailable") == "true"
    assert task.findtext(f".//{NAMESPACE}MultipleInstancesPolicy") == "IgnoreNew"


@pytest.mark.parametrize(
    "path", ["a\nExecStart=/bin/evil", "a\ud800b", "a\x00b", "tab\tbed", "a\u2028b"]
)
def test_timer_path_with_line_break_is_refused(path: str) -> None:
    order = TimerSpec("main", "0123456789ab", (path,))
    for make in (render_systemd_units, render_launchd_agent, render_windows_task):
        with pytest.raises(InvalidInput):
            make(order)


# Installed, and removed again.


@dataclass
class System:
    """The operating system's tools: remembers what it was asked, and refuses some of it."""

    asked: list[Sequence[str]] = field(default_factory=list)
    refuses: str = ""
    tasks: dict[str, bytes] = field(default_factory=dict)

    def __call__(self, command: Sequence[str]) -> None:
        self.asked.append(command)
        if self.refuses and self.refuses in command:
            raise StorageError("The system did not take the timer.")
        if command[0] == "schtasks":
            self._schtasks(list(command))

    def _schtasks(self, command: list[str]) -> None:
        name = command[command.index("/TN") + 1]
        if "/Create" in command:
            self.tasks[name] = Path(command[command.index("/XML") + 1]).read_bytes()
        elif name not in self.tasks:
            raise StorageError("There is no such task.")
        elif "/Delete" in command:
            del self.tasks[name]


def ways(folder: Path, system: System) -> dict[str, TimerBackend]:
    return {
        "systemd": SystemdTimer(folder / "systemd" / "user", system),
        "launchd": LaunchdTimer(folder / "LaunchAgents", "gui/501", system),
        "windows": WindowsTaskTimer(system),
    }


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


WAYS = ("systemd", "launchd", "windows")


@pytest.mark.parametrize("way", WAYS)
async def test_timer_is_installed_and_removed_by_one_call(
    way: str, services: WorkspaceServices, tmp_path: Path
) -> None:
    system = System()
    timer = WorkspaceTimer(services, ways(tmp_path, system)[way])
    assert not timer.is_installed()
    assert "There was no timer" in timer.remove()
    assert "every five minutes" in timer.install()
    assert timer.is_installed()
    # Once more is no second one.
    timer.install()
    assert timer.is_installed()
    assert "runs nothing" in timer.remove()
    assert not timer.is_installed()
    assert files(tmp_path / "systemd") + files(tmp_path / "LaunchAgents") == []
    assert system.tasks == {}


@pytest.mark.parametrize(("way", "refuses"), [("systemd", "enable"), ("launchd", "bootstrap")])
async def test_timer_refused_by_system_leaves_no_file(
    way: str, refuses: str, services: WorkspaceServices, tmp_path: Path
) -> None:
    timer = WorkspaceTimer(services, ways(tmp_path, System(refuses=refuses))[way])
    with pytest.raises(StorageError):
        timer.install()
    assert not timer.is_installed()
    assert files(tmp_path / "systemd") + files(tmp_path / "LaunchAgents") == []


async def test_timer_of_other_python_is_not_recognised_as_ours(
    services: WorkspaceServices, tmp_path: Path
) -> None:
    timer = WorkspaceTimer(services, SystemdTimer(tmp_path / "user", System()))
    timer.install()
    (service,) = (tmp_path / "user").glob("*.service")
    service.write_text(service.read_text().replace(sys.executable, "/old/python"))
    assert not timer.is_installed()
    timer.install()
    assert timer.is_installed()


async def test_timer_files_contain_no_secret_or_email(
    services: WorkspaceServices,
    sandbox: SandboxServers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    s, z = sandbox.connection_document["sailthru"], sandbox.connection_document["zendesk"]
    monkeypatch.setenv("FAIRLEAD_HOME", str(tmp_path / "a home"))
    monkeypatch.setenv("FAIRLEAD_SAILTHRU_SECRET", s["api_secret"])
    monkeypatch.setenv("FAIRLEAD_SMTP_PASSWORD", "canary-pass")
    order = WorkspaceTimer(services).spec
    files = {
        **render_systemd_units(order),
        **render_launchd_agent(order),
        "task": render_windows_task(order),
    }
    for text in files.values():
        for secret in (s["api_key"], s["api_secret"], z["api_token"], z["email"], "canary-pass"):
            assert secret not in text
    assert order.command[1:] == ("-P", "-m", "desktop", "sync", "due", "--workspace=main")
    assert order.environment == (("FAIRLEAD_HOME", str(tmp_path / "a home")),)


async def test_timer_command_runs_from_any_folder(
    services: WorkspaceServices, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRLEAD_HOME", str(home))
    order = WorkspaceTimer(services).spec
    # What lies in the folder it starts in is not taken for Fairlead.
    decoy(tmp_path / "start")
    done = carried_out(order, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Scheduled syncs don't run on this computer." in done.stdout


def carried_out(order: TimerSpec, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        order.command,
        cwd=folder / "start",
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), **dict(order.environment)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def decoy(folder: Path) -> None:
    (folder / "desktop").mkdir(parents=True)
    (folder / "desktop" / "__init__.py").write_text("raise SystemExit('not ours')")


async def test_timer_install_requires_run_permission(
    services: WorkspaceServices, tmp_path: Path
) -> None:
    await services.session.disconnect()
    with pytest.raises(NotPermitted):
        WorkspaceTimer(services, SystemdTimer(tmp_path / "user", System())).install()
    assert files(tmp_path / "user") == []


def test_timer_tool_failure_or_absence_is_explained() -> None:
    for command in (["/no/such/tool"], [sys.executable, "-c", "raise SystemExit('no bus')"]):
        with pytest.raises(StorageError) as refused:
            timer_installation.run_system_tool(command)
        assert "did not take the timer" in refused.value.title
    assert "no bus" in refused.value.message
