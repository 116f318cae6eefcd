"""The single-instance lock and hand-over between real processes on a virtual display."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from PySide6.QtCore import QDir

from desktop.app.single_instance.instance_lock import InstanceLock
from tests.support.virtual_display import (
    FairleadProcess,
    VirtualDisplay,
    lookup_requests,
    wait_for_window,
    wait_until_true,
)
from tests.support.window_home import WorkspaceHome
from tests.support.window_sandbox import LoggedSandbox

PAIRS = int(os.environ.get("FAIRLEAD_PAIRS", "5"))


def test_second_start_hands_over_and_raises_first_window(
    display: VirtualDisplay, program: FairleadProcess, sandbox: LoggedSandbox
) -> None:
    first = program.start()
    wait_for_window(display, first)
    second = program.start("fairlead://ticket/48240")
    assert second.wait(30) == 0
    assert first.poll() is None
    assert len(display.window_titles()) == 1
    wait_until_true(lambda: lookup_requests(sandbox.logged_requests(), "48240"))
    third = program.start("fairlead://customer/maria@lopez.example")
    assert third.wait(30) == 0
    wait_until_true(lambda: lookup_requests(sandbox.logged_requests(), "maria@lopez.example"))
    assert not sandbox.logged_writes()


def test_simultaneous_starts_open_one_window(
    display: VirtualDisplay, program: FairleadProcess
) -> None:
    for _ in range(PAIRS):
        pair = [program.start(), program.start("#48213")]
        wait_until_true(lambda pair=pair: any(p.poll() is not None for p in pair))
        ended = next(p for p in pair if p.poll() is not None)
        stays = next(p for p in pair if p is not ended)
        assert ended.returncode == 0, ended.stderr.read() if ended.stderr else ""
        wait_for_window(display, stays)
        stays.send_signal(signal.SIGKILL)
        stays.wait(10)
        wait_until_true(lambda: not display.window_titles())


def test_start_after_kill_becomes_first_instance(
    display: VirtualDisplay, program: FairleadProcess
) -> None:
    for _ in range(2):
        first = program.start()
        wait_for_window(display, first)
        first.send_signal(signal.SIGKILL)
        first.wait(10)
        wait_until_true(lambda: not display.window_titles())
    again = program.start()
    wait_for_window(display, again)
    assert again.poll() is None


HOSTILE = [
    b"",
    b"\n",
    b"[]\n",
    b"{}\n",
    b'{"open": 7}\n',
    b'{"open": "rm -rf /; $(id)"}\n',
    b'{"open": "' + b"x" * 5000 + b'"}\n',
    b"\xff\xfe\x00" * 100 + b"\n",
    b"[" * 7000 + b"\n",
    b"y" * 200_000,
]


def test_instance_socket_ignores_hostile_bytes(
    display: VirtualDisplay, program: FairleadProcess, home: WorkspaceHome, sandbox: LoggedSandbox
) -> None:
    first = program.start()
    wait_for_window(display, first)
    path = f"{QDir.tempPath()}/{InstanceLock(home.workspace.folder).socket_name()}"
    wait_until_true(lambda: os.path.exists(path))
    assert os.stat(path).st_mode & 0o077 == 0, "no other user may connect"
    for sent in HOSTILE:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            client.connect(path)
            try:
                client.sendall(sent)
                time.sleep(0.05)
            except OSError:
                assert len(sent) > 32_768
    second = program.start("maria@lopez.example")
    assert second.wait(30) == 0
    wait_until_true(lambda: lookup_requests(sandbox.logged_requests(), "maria@lopez.example"))
    assert first.poll() is None
    assert not sandbox.logged_writes()


def test_home_that_cannot_be_used_is_told_on_the_screen(
    display: VirtualDisplay, program: FairleadProcess, tmp_path: Path
) -> None:
    """By an icon or a link there is no terminal that could say it."""
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    program.environment["FAIRLEAD_HOME"] = str(blocked / "home")
    process = program.start()
    wait_until_true(display.window_titles)
    assert process.poll() is None
    (shown,) = display.window_titles()
    xdotool = ["xdotool", "windowfocus", "--sync", shown, "key", "Return"]
    subprocess.run(xdotool, env=program.environment, check=True, timeout=20)
    assert process.wait(20) == 1
    assert process.stderr is not None
    assert str(blocked) in process.stderr.read()
