"""Pages, the empty Sync page and dialogs in small windows: nothing is clipped or overlaps."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialog, QScrollArea, QWidget

from desktop.panels.customer.customer_header_panel import CustomerHeaderPanel
from desktop.panels.customer.profile_data_panel import ProfileDataPanel
from desktop.panels.settings_page import SettingsPage
from desktop.panels.syncs.sync_page import SyncPage
from desktop.panels.widgets.switch import Switch
from tests.support.accessibility_checks import clipped_texts
from tests.support.sandbox_process import ROOT
from tests.support.window_driver import CTRL, Key, WindowDriver
from tests.window.app.test_window_layout import cut, overlapping

NARROW = [(392, 860), (480, 700), (700, 600)]


def scrolled_aside(root: QWidget) -> list[str]:
    """Scroll areas whose contents are wider than what is seen of them."""
    return [
        f"{area.objectName() or area.accessibleName() or area}: {area.widget().width()}"
        f" of {area.viewport().width()}"
        for area in root.findChildren(QScrollArea)
        if area.isVisible()
        and area.widget() is not None
        and area.widget().width() > area.viewport().width()
    ]


def faults(root: QWidget) -> list[str]:
    return [*clipped_texts(root), *overlapping(root), *scrolled_aside(root)]


@pytest.mark.parametrize("size", NARROW)
@pytest.mark.parametrize("section", [key for key, _ in SettingsPage.SECTIONS])
async def test_settings_fit_a_narrow_window(
    window: WindowDriver, section: str, size: tuple[int, int]
) -> None:
    window.view.resize(*size)
    window.press(Key.Key_Comma, CTRL)
    page = window.view.findChild(SettingsPage)
    assert page is not None
    page.show_section(section)
    # A text that changes once the account's facts are known is laid out a moment later.
    with contextlib.suppress(AssertionError):
        await window.wait_until(lambda: not faults(page), within_s=3.0)
    assert window.view.width() == size[0]
    window.save_screenshot(f"settings-{section}-{size[0]}")
    assert not (found := faults(page)), "\n".join(found)


@pytest.mark.parametrize("size", [*NARROW, (1280, 820)])
async def test_empty_sync_page_fits(window: WindowDriver, size: tuple[int, int]) -> None:
    for sync in window.house.store.syncs.list_all.blocking():
        window.house.store.syncs.remove.blocking(sync.name)
    window.view.resize(*size)
    window.press(Key.Key_2, CTRL)
    page = window.view.findChild(SyncPage)
    assert page is not None
    await window.pause(0.3)
    assert window.view.width() == size[0]
    window.save_screenshot(f"sync-empty-{size[0]}")
    assert not (found := faults(page)), "\n".join(found)


@pytest.mark.parametrize("dialog", ["New sync", "Profile data", "Help", "Quit"])
async def test_dialogs_fit_the_screen(window: WindowDriver, dialog: str) -> None:
    await window.look_up("maria@lopez.example")
    if dialog == "Profile data":
        window.view.findChild(ProfileDataPanel).open_fields()  # type: ignore[union-attr]
    elif dialog == "Quit":
        await queue_changes_and_quit(window)
    else:
        window.view.window_actions[dialog].trigger()
    await window.wait_until(lambda: [d for d in window.view.findChildren(QDialog) if d.isVisible()])
    (shown,) = [d for d in window.view.findChildren(QDialog) if d.isVisible()]
    await window.pause(0.1)
    room = shown.screen().availableSize()
    window.save_screenshot(f"dialog-{dialog}-{room.width()}", shown)
    assert shown.width() <= room.width(), shown.size()
    assert shown.height() <= room.height(), shown.size()
    found = [*clipped_texts(shown), *overlapping(shown), *scrolled_aside(shown)]
    assert not found, "\n".join(found)


async def queue_changes_and_quit(window: WindowDriver) -> None:
    """Quit over five changes that cannot be sent: the longest question there is."""
    window.sandbox.set_faults("sailthru:POST /user:503")
    for name in ("Newsletter", "Product news", "VIP Offers", "Winback", "Back in stock"):
        window.find_one(name, Switch).click()
    await window.wait_until(lambda: len(window.newest_edits()) == 5)
    window.press(Key.Key_Q, CTRL)


@pytest.mark.parametrize("size", [(640, 410), (500, 700), (392, 420)])
async def test_header_fits_a_window_of_a_scaled_screen(
    window: WindowDriver, size: tuple[int, int]
) -> None:
    for address in ("maria@lopez.example", "j.doe@corp.example"):
        await window.look_up(address)
        window.view.resize(*size)
        await window.pause(0.2)
        header = window.view.findChild(CustomerHeaderPanel)
        assert header is not None
        scale = window.view.devicePixelRatioF()
        window.save_screenshot(f"header-{address[:5]}-{size[0]}-{scale}")
        assert not (found := [*clipped_texts(header), *overlapping(header), *cut(window)]), (
            "\n".join(found)
        )


def test_small_screen_of_scale_two_shows_everything(tmp_path: Path) -> None:
    """Dialogs, the header and the empty page once more where the screen is 400 by 400."""
    tests = ("dialogs_fit", "header_fits", "empty_sync")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-c", "tests/window/pytest.ini"),
            *("--rootdir", "tests/window", "-p", "no:xdist", f"--basetemp={tmp_path / 'base'}"),
            *(__file__, "-k", " or ".join(tests)),
        ],
        env={**os.environ, "QT_SCALE_FACTOR": "2", "QT_QPA_PLATFORM": "offscreen"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
