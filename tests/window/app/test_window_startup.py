"""Starting: paint first; killed and opened again; the tour; where the window stands."""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections import defaultdict
from contextlib import nullcontext
from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox

from desktop.app.bootstrap import AppContext
from desktop.app.commands import demo
from desktop.app.startup import launcher
from desktop.app.startup.startup_window import LaunchOptions
from desktop.panels.activity_page import ActivityPage
from desktop.panels.widgets.switch import Switch
from desktop.settings.window_state import WindowState, WindowStateFile
from desktop.settings.workspace import Workspace
from desktop.store.plan_row_filter import PlanRowOrder
from desktop.vault.secret import Secret
from desktop.viewmodels.activity.activity_period import ActivityOrder
from tests.support.child_processes import ROOT, die_with_parent
from tests.support.window_driver import CTRL, Key, WindowDriver
from tests.support.window_home import WorkspaceHome
from tests.support.window_sandbox import LoggedSandbox

_PAINT = """
import sys
sys.argv = ["fairlead"]
from desktop.app.startup import launcher
painted = []
paint_now = launcher._paint_now
def check_and_paint(startup_window):
    paint_now(startup_window)
    late = ("httpx", "keyring", "httpcore", "sqlite3", "asyncio", "importlib.metadata", "email")
    painted.append([n for n in late if n in sys.modules])
    assert startup_window.main_window.isVisible()
launcher._paint_now = check_and_paint
from desktop.app.cli import run_command
code = run_command(["--exit-after-first-paint"])
import locale
print(code, painted, locale.setlocale(locale.LC_TIME))
"""


def environment(home: Path) -> dict[str, str]:
    # With a language for the C library: Qt takes it, and days would be named in it.
    own = {"QT_QPA_PLATFORM": "offscreen", "FAIRLEAD_HOME": str(home), "LC_ALL": "C.UTF-8"}
    return {**os.environ, **own}


def test_first_paint_needs_no_network_keyring_or_loop(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PAINT],
        env=environment(tmp_path / "home"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines()[-1:] == ["0 [[]] C"], (done.stdout, done.stderr)


def test_home_read_only_is_explained(tmp_path: Path) -> None:
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


async def test_killed_while_typing_restores_draft_and_waiting_edit(
    window: WindowDriver, home: WorkspaceHome, sandbox: LoggedSandbox
) -> None:
    await window.close_window()
    typist = ROOT / "tests" / "window" / "system" / "killed_while_typing.py"
    process = subprocess.Popen(  # noqa: ASYNC220 - it is waited for in a thread
        [sys.executable, str(typist), str(home.folder), json.dumps(sandbox.connection_document)],
        env=environment(home.folder),
        cwd=ROOT,
        preexec_fn=die_with_parent,
    )
    assert await asyncio.to_thread(process.wait, 40) == -9
    assert not sandbox.logged_writes()
    await window.open_window()
    assert window.waiting_edit_count == "1 change waiting"
    await window.look_up("maria@lopez.example")
    assert window.find_one("Winback", Switch).is_waiting()
    window.click("No marketing e-mail")
    assert window.find_one("Reason", QComboBox).currentText().startswith("she wrote: enough")
    window.press(Key.Key_Return, CTRL)
    window.advance_clock(11)
    await window.wait_until(lambda: window.waiting_edit_count == "")
    profile = await window.read_profile_officially()
    assert profile["optout_email"] == "basic"
    assert "Winback" in profile["lists"]


async def test_window_closed_during_page_build_exits_cleanly(
    prebuilding_window: WindowDriver,
) -> None:
    window = prebuilding_window
    for after_s in (0.04, 0.07, 0.1):
        await window.reopen_window()
        await asyncio.sleep(after_s)
    await window.reopen_window()
    await window.look_up("maria@lopez.example")
    assert window.find_one("Newsletter", Switch).isChecked()


def test_demo_lends_its_run_processes_the_windows_key_of_the_audit(
    home: WorkspaceHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    document: dict[str, dict[str, str]] = defaultdict(lambda: defaultdict(str))
    opened: list[tuple[str | None, str]] = []

    def open_window(context: AppContext, workspace: Workspace, options: LaunchOptions) -> int:
        assert context.vault_factory is not None
        key = asyncio.run(context.vault_factory(workspace).get(Secret.AUDIT_KEY))
        opened.append((key, options.run_environment["FAIRLEAD_AUDIT_KEY"]))
        return 0

    monkeypatch.setattr(launcher, "open_window", open_window)
    monkeypatch.setattr(demo, "_sandbox_process", lambda _options: nullcontext(document))
    monkeypatch.setattr(demo, "_set_up_demo", lambda *_ready: None)
    monkeypatch.setattr(demo, "set_up_logging", lambda *_where: None)
    options = argparse.Namespace(what="", tour=None, role="admin", team="")
    services = home.make_services()
    services.store.close()
    assert demo.COMMANDS["demo"].run(services.context, options) == 0
    ((key, lent),) = opened
    assert key
    assert key == lent


def test_tour_saves_every_screenshot_of_theme(tmp_path: Path) -> None:
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
    assert done.returncode == 0, (done.stdout.splitlines()[-2:], done.stderr[-500:])
    pictures = sorted(path.name for path in tmp_path.glob("*.png"))
    assert not [name for name in pictures if "-light" in name]
    assert [name.split("-", 1)[0] for name in pictures] == [
        f"{number:03}" for number in range(1, len(pictures) + 1)
    ]
    names = " ".join(pictures)
    wanted = ("customer", "activity", "settings", "sync-plan", "add-note", "did-the-mail-go-out")
    wanted += (
        "why-opted-out",
        "pause-marketing",
        "agent-fewer-e-mails-6-why",
        "agent-pause-4-ended",
    )
    wanted += ("agent-new-address-4-customer", "agent-other-address-2-in-use")
    wanted += ("agent-offline-4-nothing-to-do", "agent-address-changed-in-zendesk-2-activity")
    assert [page for page in wanted if f"-{page}-" not in names] == []
    assert len(pictures) >= 60
    assert all((tmp_path / name).stat().st_size > 2_000 for name in pictures)


def on_a_screen(driver: WindowDriver) -> bool:
    frame = driver.view.geometry()
    return any(s.availableGeometry().contains(frame) for s in QGuiApplication.screens())


async def test_window_geometry_is_restored(window: WindowDriver) -> None:
    window.view.setGeometry(QRect(20, 30, 640, 560))
    await window.close_window()
    await window.open_window_with_saved_size()
    assert window.view.size().width() == 640
    assert window.view.size().height() == 560
    assert on_a_screen(window)


async def test_window_invalid_geometry_is_moved_on_screen(
    window: WindowDriver, home: WorkspaceHome
) -> None:
    broken = b"\x01\xd9\xd0\xcb\x00\x03\x00\x00" + b"\x7f" * 58
    for geometry in (b"", b"garbage" * 50, broken):
        await window.close_window()
        WindowStateFile(home.workspace.state_path).write(WindowState(geometry=geometry))
        await window.open_window_with_saved_size()
        assert on_a_screen(window), window.view.geometry()


async def test_window_state_broken_or_monitor_gone_uses_defaults(
    window: WindowDriver, home: WorkspaceHome
) -> None:
    window.view.setGeometry(QRect(40, 40, 700, 600))
    far = window.view.saveGeometry()
    raw = bytearray(far.data())
    for offset in (8, 24):
        raw[offset : offset + 8] = (9000).to_bytes(4, "big") + (9000).to_bytes(4, "big")
    await window.close_window()
    WindowStateFile(home.workspace.state_path).write(WindowState(geometry=bytes(raw)))
    await window.open_window_with_saved_size()
    assert on_a_screen(window), window.view.geometry()
    await window.close_window()
    home.workspace.state_path.write_bytes(b"\x00{[[")
    await window.open_window_with_saved_size()
    assert on_a_screen(window)


async def test_what_is_wrong_at_the_start_stands_on_the_page_that_opens(
    window: WindowDriver,
) -> None:
    await window.wait_until(lambda: window.window._is_ready)
    window.press(Key.Key_3, CTRL)
    await window.wait_until(lambda: window.view.current_page == "activity")
    window.sandbox.stop()
    try:
        await window.reopen_window()
        await window.wait_until(lambda: window.view.current_page == "activity")
        await window.wait_until(window.view.banner.isVisible)
        assert "can't be reached" in window.visible_texts(window.view.banner)
    finally:
        window.sandbox.start()


async def test_orders_of_the_lists_are_those_of_last_time(prebuilding_window: WindowDriver) -> None:
    window = prebuilding_window
    await window.wait_until(lambda: "sync" in window.view._pages)
    window.press(Key.Key_3, CTRL)
    page = window.view.findChild(ActivityPage)
    assert page is not None
    page._model.set_order(ActivityOrder.CUSTOMER)
    assert window.window.page_factory is not None
    window.window.page_factory.sync_models.plan.set_order(PlanRowOrder.NAME_DOWN)
    await window.reopen_window()
    window.press(Key.Key_3, CTRL)
    await window.wait_until(lambda: window.view.findChild(ActivityPage) is not None)
    page = window.view.findChild(ActivityPage)
    assert page is not None
    assert page._model.order is ActivityOrder.CUSTOMER
    models = window.window.page_factory.sync_models
    await window.wait_until(lambda: models.plan.plan_filter.order is PlanRowOrder.NAME_DOWN)
    # A new preview and another sync are sorted so as well.
    models.plan.show_plan("")
    assert models.plan.plan_filter.order is PlanRowOrder.NAME_DOWN


async def test_window_closed_while_it_connects_keeps_the_page_of_last_time(
    window: WindowDriver,
) -> None:
    await window.wait_until(lambda: window.window._is_ready)
    window.press(Key.Key_3, CTRL)
    await window.wait_until(lambda: window.view.current_page == "activity")
    await window.close_window()
    state = WindowStateFile(window.home.workspace.state_path)
    assert state.read().page == "activity"
    # Sailthru answers at once; the window is ready when Zendesk has said who is at work.
    window.sandbox.set_faults("zendesk:* *:slow=3")
    await window.open_window()
    assert window.view.current_page == "customers"
    assert not window.window._is_ready
    await window.close_window()
    assert state.read().page == "activity"
    window.sandbox.set_faults()
    await window.open_window()
    await window.wait_until(lambda: window.view.current_page == "activity")
