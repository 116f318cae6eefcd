"""Starting: paint first; killed and opened again; the tour; where the window stands."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox

from desktop.panels.parts.switch import Switch
from desktop.settings.state import StateFile, WindowState
from tests.window.at_work import ROOT
from tests.window.desk import CTRL, Desk, Home, Key, Sandbox, die_with_parent

_PAINT = """
import sys
sys.argv = ["fairlead"]
from desktop.app import gui
painted = []
real = gui._paint
def watched(shell):
    real(shell)
    late = ("httpx", "keyring", "httpcore", "sqlite3", "asyncio")
    painted.append([n for n in late if n in sys.modules])
    assert shell.view.isVisible()
gui._paint = watched
from desktop.app.cli import run
code = run(["--exit-after-first-paint"])
print(code, painted)
"""


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "QT_QPA_PLATFORM": "offscreen", "FAIRLEAD_HOME": str(home)}


def test_the_first_paint_needs_neither_network_nor_keyring_nor_loop(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PAINT],
        env=environment(tmp_path / "home"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines()[-1:] == ["0 [[]]"], (done.stdout, done.stderr)


def test_a_home_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    done = subprocess.run(
        [sys.executable, "-m", "desktop"],
        env=environment(blocked / "home"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert str(blocked) in done.stderr, done.stderr


async def test_killed_while_typing_the_draft_and_the_waiting_change_are_back(
    desk: Desk, home: Home, sandbox: Sandbox
) -> None:
    await desk.leave()
    typist = ROOT / "tests" / "window" / "system" / "typist.py"
    process = subprocess.Popen(  # noqa: ASYNC220 - it is waited for in a thread
        [sys.executable, str(typist), str(home.folder), json.dumps(sandbox.document)],
        env=environment(home.folder),
        cwd=ROOT,
        preexec_fn=die_with_parent,
    )
    assert await asyncio.to_thread(process.wait, 40) == -9
    assert not sandbox.writes()
    await desk.begin()
    assert desk.waiting == "1 change waiting"
    await desk.look_up("maria@lopez.example")
    assert desk.one("Winback", Switch).is_waiting()
    desk.click("No marketing e-mail")
    assert desk.one("Reason", QComboBox).currentText() == "she wrote: enough"
    desk.press(Key.Key_Return, CTRL)
    desk.skip(11)
    await desk.until(lambda: desk.waiting == "")
    said = await desk.said_by_sailthru()
    assert said["optout_email"] == "basic"
    assert "Winback" in said["lists"]


@pytest.mark.parametrize("after_s", [0.04, 0.07, 0.1])
async def test_closed_while_the_pages_are_being_built(desk: Desk, after_s: float) -> None:
    await desk.again()
    await asyncio.sleep(after_s)
    await desk.again()
    await desk.look_up("maria@lopez.example")
    assert desk.one("Newsletter", Switch).isChecked()


def test_the_tour_takes_every_picture_of_a_theme(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "desktop",
            "demo",
            "--customers",
            "50",
            "--tour",
            str(tmp_path),
            "--theme",
            "dark",
        ],
        env=environment(tmp_path / "home"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    pictures = sorted(path.name for path in tmp_path.glob("*.png"))
    assert not [name for name in pictures if "-light" in name]
    assert [name.split("-", 1)[0] for name in pictures] == [
        f"{number:02}" for number in range(1, len(pictures) + 1)
    ]
    told = " ".join(pictures)
    assert all(f"-{page}-" in told for page in ("customer", "activity", "settings", "sync-plan"))
    assert len(pictures) >= 40
    assert all((tmp_path / name).stat().st_size > 2_000 for name in pictures)


def on_a_screen(desk: Desk) -> bool:
    frame = desk.view.geometry()
    return any(s.availableGeometry().contains(frame) for s in QGuiApplication.screens())


async def test_the_window_comes_back_where_it_was(desk: Desk) -> None:
    desk.view.setGeometry(QRect(20, 30, 640, 560))
    await desk.leave()
    await desk.begin_where_it_was()
    assert desk.view.size().width() == 640
    assert desk.view.size().height() == 560
    assert on_a_screen(desk)


@pytest.mark.parametrize(
    "geometry", [b"", b"garbage" * 50, b"\x01\xd9\xd0\xcb\x00\x03\x00\x00" + b"\x7f" * 58]
)
async def test_odd_geometry_still_stands_on_a_screen(
    desk: Desk, home: Home, geometry: bytes
) -> None:
    await desk.leave()
    StateFile(home.workspace.state_path).write(WindowState(geometry=geometry))
    await desk.begin_where_it_was()
    assert on_a_screen(desk), desk.view.geometry()


async def test_a_broken_state_file_and_a_monitor_that_is_gone(desk: Desk, home: Home) -> None:
    desk.view.setGeometry(QRect(40, 40, 700, 600))
    far = desk.view.saveGeometry()
    raw = bytearray(far.data())
    for offset in (8, 24):
        raw[offset : offset + 8] = (9000).to_bytes(4, "big") + (9000).to_bytes(4, "big")
    await desk.leave()
    StateFile(home.workspace.state_path).write(WindowState(geometry=bytes(raw)))
    await desk.begin_where_it_was()
    assert on_a_screen(desk), desk.view.geometry()
    await desk.leave()
    home.workspace.state_path.write_bytes(b"\x00{[[")
    await desk.begin_where_it_was()
    assert on_a_screen(desk)
