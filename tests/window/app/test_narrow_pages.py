"""Pages, the empty Sync page and dialogs in small windows: nothing is clipped or overlaps."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QScrollArea, QWidget

from desktop.panels.customer.customer_header_panel import CustomerHeaderPanel
from desktop.panels.customer.profile_data_panel import ProfileDataPanel
from desktop.panels.settings_page import SettingsPage
from desktop.panels.syncs.new_sync_dialog import PresetList
from desktop.panels.syncs.sync_page import SyncPage
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.panels.widgets.switch import Switch
from desktop.viewmodels.syncs.sync_page_model import PresetView
from tests.support.accessibility_checks import clipped_texts
from tests.support.child_processes import ROOT
from tests.support.window_driver import CTRL, Key, WindowDriver
from tests.support.window_workspace import lasting_faults
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
async def test_settings_fit_a_narrow_window(window: WindowDriver, size: tuple[int, int]) -> None:
    window.view.resize(*size)
    window.press(Key.Key_Comma, CTRL)
    page = window.view.findChild(SettingsPage)
    assert page is not None
    for section, _ in SettingsPage.SECTIONS:
        page.show_section(section)
        found = await lasting_faults(lambda: faults(page))
        assert window.view.width() == size[0]
        window.save_screenshot(f"settings-{section}-{size[0]}")
        assert not found, "\n".join([section, *found])


async def test_empty_sync_page_fits(window: WindowDriver) -> None:
    for sync in window.house.store.syncs.list_all.blocking():
        window.house.store.syncs.remove.blocking(sync.name)
    window.press(Key.Key_2, CTRL)
    page = window.view.findChild(SyncPage)
    assert page is not None
    await window.wait_for_text("Copies facts about", page)
    # From wide to narrow: columns that were there must not keep the list wide.
    for size in [(1280, 820), *NARROW, (1480, 900)]:
        window.view.resize(*size)
        found = await lasting_faults(lambda: faults(page))
        assert window.view.width() == size[0]
        window.save_screenshot(f"sync-empty-{size[0]}")
        assert not found, "\n".join([f"{size}", *found])


async def test_presets_leave_their_columns_in_a_window_made_narrow(window: WindowDriver) -> None:
    presets = PresetList()
    presets.show_presets(
        tuple(
            PresetView(f"{n}", "Zendesk Sell products to Sailthru content", "A", "B", "Copies.")
            for n in range(3)
        )
    )
    area = wrap_in_scroll_area(presets)
    window.view.page_stack.addWidget(area)
    window.view.page_stack.setCurrentWidget(area)
    columns = []
    for width in (1480, 1000, 392):
        window.view.resize(width, 820)
        assert not await lasting_faults(lambda: faults(area))
        cards = presets.findChildren(Card)
        columns.append(len({card.x() for card in cards}))
    assert columns == [3, 2, 1]


async def test_dialogs_fit_the_screen(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    for dialog in ("New sync", "Profile data", "Help", "Quit"):
        if dialog == "Profile data":
            window.view.findChild(ProfileDataPanel).open_fields()  # type: ignore[union-attr]
        elif dialog == "Quit":
            await queue_changes_and_quit(window)
        else:
            window.view.window_actions[dialog].trigger()
        await window.wait_until(lambda: window.open_dialogs())
        (shown,) = window.open_dialogs()
        found = await lasting_faults(lambda shown=shown: faults(shown))
        room = shown.screen().availableSize()
        window.save_screenshot(f"dialog-{dialog}-{room.width()}", shown)
        assert shown.width() <= room.width(), (dialog, shown.size())
        assert shown.height() <= room.height(), (dialog, shown.size())
        assert not found, "\n".join([dialog, *found])
        shown.reject()
        window.view.show_page("customers")
        await window.wait_until(lambda: not window.open_dialogs())


async def queue_changes_and_quit(window: WindowDriver) -> None:
    """Quit over five changes that cannot be sent: the longest question there is."""
    window.sandbox.set_faults("sailthru:POST /user:503")
    for name in ("Newsletter", "Product news", "VIP Offers", "Winback", "Back in stock"):
        window.find_one(name, Switch).click()
    await window.wait_until(lambda: len(window.newest_edits()) == 5)
    window.view.window_actions["Quit"].trigger()


async def test_header_fits_a_window_of_a_scaled_screen(window: WindowDriver) -> None:
    for address in ("maria@lopez.example", "j.doe@corp.example"):
        await window.look_up(address)
        header = window.view.findChild(CustomerHeaderPanel)
        assert header is not None

        def find(header: CustomerHeaderPanel = header) -> list[str]:
            return [*clipped_texts(header), *overlapping(header), *cut(window)]

        for size in [(640, 410), (500, 700), (392, 420)]:
            window.view.resize(*size)
            found = await lasting_faults(find)
            scale = window.view.devicePixelRatioF()
            window.save_screenshot(f"header-{address[:5]}-{size[0]}-{scale}")
            assert not found, "\n".join([f"{address} {size}", *found])


@pytest.mark.parametrize(
    ("scale", "tests"),
    [("1.5", ["texts_are_not_cut"]), ("2", ["texts_are_not_cut", "dialogs", "header", "empty"])],
)
def test_scaled_screen_shows_everything(scale: str, tests: list[str], tmp_path: Path) -> None:
    """The same tests once more where a point is more than a pixel; at 2 a screen has 400 by 400."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-c", "tests/window/pytest.ini"),
            *("--rootdir", "tests/window", "-p", "no:xdist", f"--basetemp={tmp_path / 'base'}"),
            *(__file__, str(Path(__file__).with_name("test_window_layout.py"))),
            *("-k", " or ".join(tests)),
        ],
        env={**os.environ, "QT_SCALE_FACTOR": scale, "QT_QPA_PLATFORM": "offscreen"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
