"""One window a workspace: real processes on a real display."""

import os
import signal
import socket
import time

from PySide6.QtCore import QDir

from desktop.app.instance import Instance
from tests.window.desk import Home, Sandbox
from tests.window.system.xvfb import Display, Program, looked_up, wait_for, wait_for_window

PAIRS = int(os.environ.get("FAIRLEAD_PAIRS", "5"))


def test_a_second_start_hands_over_and_raises_the_first(
    display: Display, program: Program, sandbox: Sandbox
) -> None:
    first = program.start()
    wait_for_window(display, first)
    second = program.start("fairlead://ticket/48240")
    assert second.wait(30) == 0
    assert first.poll() is None
    assert len(display.windows()) == 1
    wait_for(lambda: looked_up(sandbox.requests(), "48240"))
    third = program.start("fairlead://customer/maria@lopez.example")
    assert third.wait(30) == 0
    wait_for(lambda: looked_up(sandbox.requests(), "maria@lopez.example"))
    assert not sandbox.writes()


def test_started_at_the_same_moment_there_is_one_window(display: Display, program: Program) -> None:
    for _ in range(PAIRS):
        pair = [program.start(), program.start("#48213")]
        wait_for(lambda pair=pair: any(p.poll() is not None for p in pair))
        ended = next(p for p in pair if p.poll() is not None)
        stays = next(p for p in pair if p is not ended)
        assert ended.returncode == 0, ended.stderr.read() if ended.stderr else ""
        wait_for_window(display, stays)
        stays.send_signal(signal.SIGKILL)
        stays.wait(10)
        wait_for(lambda: not display.windows())


def test_after_a_kill_the_next_start_is_the_first(display: Display, program: Program) -> None:
    for _ in range(2):
        first = program.start()
        wait_for_window(display, first)
        first.send_signal(signal.SIGKILL)
        first.wait(10)
        wait_for(lambda: not display.windows())
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


def test_hostile_bytes_are_ignored(
    display: Display, program: Program, home: Home, sandbox: Sandbox
) -> None:
    first = program.start()
    wait_for_window(display, first)
    path = f"{QDir.tempPath()}/{Instance(home.workspace.folder).socket_name()}"
    wait_for(lambda: os.path.exists(path))
    assert os.stat(path).st_mode & 0o077 == 0, "nobody else may knock"
    for said in HOSTILE:
        with socket.socket(socket.AF_UNIX) as knock:
            knock.settimeout(5)
            knock.connect(path)
            try:
                knock.sendall(said)
                time.sleep(0.05)
            except OSError:
                assert len(said) > 32_768
    second = program.start("maria@lopez.example")
    assert second.wait(30) == 0
    wait_for(lambda: looked_up(sandbox.requests(), "maria@lopez.example"))
    assert first.poll() is None
    assert not sandbox.writes()
