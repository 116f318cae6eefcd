"""Zoom: a window zoomed while it is open looks like one that was built at that zoom."""

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QFontInfo
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QGridLayout, QLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.application_theme import ApplicationTheme
from desktop.panels.widgets.confirmation_dialog import ConfirmationDialog
from desktop.panels.widgets.label import WrappedLabel
from desktop.settings import settings_table
from tests.support.accessibility_checks import clipped_texts
from tests.support.window_driver import CTRL, Key, WindowDriver
from tests.support.window_workspace import lasting_faults


@pytest.fixture(autouse=True)
def _usual_appearance(qapp: QApplication) -> Iterator[None]:
    """The application's font, colours and direction are every test's."""
    yield
    ApplicationTheme(qapp).deleteLater()


def path_of(widget: QWidget) -> str:
    """Where a widget stands: the class and place of it and of each of its parents."""
    steps, here = [], widget
    while (parent := here.parentWidget()) is not None:
        same = [c for c in parent.children() if type(c) is type(here)]
        steps.append(f"{type(here).__name__}[{same.index(here)}]")
        here = parent
    return "/".join(reversed(steps))


def lengths_of(window: QWidget) -> dict[str, tuple[int, ...]]:
    """Limits, margins and gaps of every visible widget and layout of a window."""
    found: dict[str, tuple[int, ...]] = {}
    for widget in window.findChildren(QWidget):
        if not widget.isVisible():
            # What was never shown has no arrangement yet.
            continue
        least, most = widget.minimumSize(), widget.maximumSize()
        if isinstance(widget, WrappedLabel):
            # As high as its own text needs, not a length of the design.
            least.setHeight(0)
        path = path_of(widget)
        found[path] = (least.width(), least.height(), most.width(), most.height())
        layout = widget.layout()
        if layout is not None:
            found[f"{path} layout"] = layout_lengths(layout)
    return found


def layout_lengths(layout: QLayout) -> tuple[int, ...]:
    m = layout.contentsMargins()
    gaps = (layout.spacing(),)
    if isinstance(layout, QGridLayout):
        gaps = (layout.horizontalSpacing(), layout.verticalSpacing())
    inner = [layout.itemAt(n).layout() for n in range(layout.count())]
    more = tuple(x for each in inner if each is not None for x in layout_lengths(each))
    return (m.left(), m.top(), m.right(), m.bottom(), *gaps, *more)


def are_alike(zoomed: tuple[int, ...], built: tuple[int, ...]) -> bool:
    """Whether lengths are the same; Qt's own gaps of 6 and 9 px follow no font, but the zoom."""
    return len(zoomed) == len(built) and all(
        abs(a - b) <= 1 or (b in (6, 8, 9) and a == round(b * 1.5))
        for a, b in zip(zoomed, built, strict=True)
    )


async def lengths_of_every_page(window: WindowDriver) -> dict[str, tuple[int, ...]]:
    """Show one page after the other, and measure what is visible there."""
    await window.look_up("maria@lopez.example")
    found: dict[str, tuple[int, ...]] = {}
    for page in ("sync", "activity", "settings", "customers"):
        window.view.show_page(page)
        await window.pause(0.3)
        found |= lengths_of(window.view)
    return found


async def test_zoomed_window_has_the_lengths_of_one_built_so(window: WindowDriver) -> None:
    await lengths_of_every_page(window)
    for zoom in (125, 80, 150):
        window.house.session.change_settings({"window.zoom": zoom})
    zoomed = await lengths_of_every_page(window)
    window.save_screenshot("zoomed")
    await window.reopen_window()
    built = await lengths_of_every_page(window)
    window.save_screenshot("built-zoomed")
    # Qt's own scroll bars are among them, which it styles when they are first needed.
    shared = {path for path in zoomed.keys() & built.keys() if "/QWidget[" not in path[-12:]}
    assert len(shared) > 200
    wrong = {p: (zoomed[p], built[p]) for p in shared if not are_alike(zoomed[p], built[p])}
    assert not wrong


async def test_zooming_to_and_fro_moves_nothing(window: WindowDriver) -> None:
    before = await lengths_of_every_page(window)
    for zoom in (125, 110, 80, 175, 90, 100):
        window.house.session.change_settings({"window.zoom": zoom})
    after = await lengths_of_every_page(window)
    moved = {p: (before[p], after[p]) for p in before.keys() & after.keys()}
    assert {path: pair for path, pair in moved.items() if pair[0] != pair[1]} == {}


async def test_zoom_by_keys_is_kept_over_a_restart(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    text, icon = window.find_one("Refresh"), window.view.navigation_rail
    before = text.iconSize().width(), icon.width()
    window.press(Key.Key_Plus, CTRL)
    window.press(Key.Key_Equal, CTRL)
    assert window.house.session.values.get(settings_table.WINDOW_ZOOM) == 125
    await window.wait_until(lambda: fonts.scale() == pytest.approx(1.25, abs=0.01))
    assert QFontInfo(QApplication.font()).pixelSize() == 16
    assert text.iconSize().width() == 20
    assert icon.width() > before[1]
    assert window.last_status_text == "Zoom 125 %"
    window.press(Key.Key_Minus, CTRL)
    assert window.house.session.values.get(settings_table.WINDOW_ZOOM) == 110
    await window.reopen_window()
    assert fonts.scale() == pytest.approx(1.1, abs=0.01)
    window.press(Key.Key_0, CTRL)
    assert window.house.session.values.get(settings_table.WINDOW_ZOOM) == 100


async def test_zoom_ends_at_80_and_200_per_cent_and_says_so(window: WindowDriver) -> None:
    actions = window.view.window_actions
    for _ in range(3):
        window.press(Key.Key_Minus, CTRL)
    assert window.house.session.values.get(settings_table.WINDOW_ZOOM) == 80
    assert actions["Zoom out"].statusTip() == "It is at its smallest, 80 %."
    for _ in range(9):
        window.press(Key.Key_Plus, CTRL)
    assert window.house.session.values.get(settings_table.WINDOW_ZOOM) == 200
    assert not actions["Zoom in"].isEnabled()
    # What the window needs at least stays within the screen.
    screen = window.view.screen().availableSize()
    assert window.view.minimumWidth() <= screen.width()
    assert window.view.minimumHeight() <= screen.height()


async def test_zoom_keys_work_in_dialogs(window: WindowDriver) -> None:
    def zoom() -> int:
        return window.house.session.values.get(settings_table.WINDOW_ZOOM)

    for dialog in ("Help", "New sync"):
        window.view.window_actions[dialog].trigger()
        await window.wait_until(lambda: window.open_dialogs())
        (shown,) = window.open_dialogs()
        await window.wait_until(shown.isActiveWindow)
        QTest.keyClick(shown, Key.Key_Plus, CTRL)
        assert zoom() == 110
        QTest.keyClick(shown, Key.Key_Minus, CTRL)
        assert zoom() == 100
        window.house.session.change_settings({"window.zoom": 175})
        QTest.keyClick(shown, Key.Key_Plus, CTRL)
        assert zoom() == 200
        await window.wait_until(lambda shown=shown: not clipped_texts(shown))
        room = shown.screen().availableSize()
        assert shown.width() <= room.width()
        assert shown.height() <= room.height()
        QTest.keyClick(shown, Key.Key_0, CTRL)
        assert zoom() == 100
        shown.reject()
        await window.wait_until(window._activate)


async def test_zoomed_confirmation_is_as_high_as_its_text(window: WindowDriver) -> None:
    question = ConfirmationDialog(
        window.view, "Quit?", "Three changes are not sent yet. " * 6, confirm="Quit", cancel="Stay"
    )
    question.open()
    await window.pause(0.05)
    before = question.height()
    window.house.session.change_settings({"window.zoom": 175})
    await window.wait_until(lambda: question.height() > 1.4 * before)
    assert await lasting_faults(lambda: clipped_texts(question)) == []
    question.reject()
