"""High contrast and right-to-left layout: by setting, by command, by the system, at run time."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from desktop.panels.theme.application_theme import (
    Appearance,
    ApplicationTheme,
    ContrastChoice,
    ThemeChoice,
)
from desktop.panels.theme.current_theme import current_tokens
from desktop.panels.theme.design_tokens import DARK_CONTRAST, LIGHT, LIGHT_CONTRAST
from desktop.panels.theme.icon import icon_pixmap
from desktop.panels.theme.text_direction import is_right_to_left, isolate
from desktop.panels.widgets.label import PlainLabel
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.search_field import SearchField
from desktop.settings import settings_table
from tests.support.customer_tabs_driver import open_in_tabs, tab_bar
from tests.support.window_driver import CTRL, Key, WindowDriver

MIRRORED = {"window.direction": "right_to_left"}


@pytest.fixture(autouse=True)
def _usual_appearance(qapp: QApplication) -> Iterator[None]:
    """The application's font, colours and direction are every test's."""
    yield
    ApplicationTheme(qapp).deleteLater()


def left_of(window: WindowDriver, widget: QWidget) -> int:
    return widget.mapTo(window.view, QPoint()).x()


async def run_command(window: WindowDriver, name: str) -> None:
    """Choose a command in the palette."""
    window.press(Key.Key_K, CTRL)
    window.view.top_bar.search_field.clear()
    window.type(f">{name}")
    window.press(Key.Key_Return)
    await window.pause(0.05)


async def test_high_contrast_by_command_and_setting_is_kept(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    await run_command(window, "high contrast")
    assert current_tokens() is LIGHT_CONTRAST
    assert window.house.session.values.get(settings_table.WINDOW_CONTRAST) == "on"
    assert window.view.window_actions["High contrast"].isChecked()
    window.house.session.change_settings({"window.theme": "dark"})
    assert current_tokens() is DARK_CONTRAST
    await window.reopen_window()
    # The test's driver chooses light.
    assert current_tokens() is LIGHT_CONTRAST
    await run_command(window, "high contrast")
    assert window.house.session.values.get(settings_table.WINDOW_CONTRAST) == "off"


async def test_high_contrast_follows_the_system(
    window: WindowDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    theme = window.window.theme
    assert theme.appearance.contrast is ContrastChoice.SYSTEM
    assert current_tokens() is LIGHT
    hints = _SystemWithHighContrast()
    monkeypatch.setattr(theme, "_accessibility_hints", hints)
    theme._on_contrast_changed(Qt.ContrastPreference.HighContrast)
    assert current_tokens() is LIGHT_CONTRAST
    # Who has chosen is not overruled.
    theme.use(Appearance(ThemeChoice.LIGHT, ContrastChoice.OFF))
    assert current_tokens() is LIGHT


class _SystemWithHighContrast:
    def contrastPreference(self) -> Qt.ContrastPreference:
        return Qt.ContrastPreference.HighContrast


async def test_a_theme_listens_to_the_system(window: WindowDriver) -> None:
    """The signal is connected: what Qt tells reaches the theme."""
    theme = window.window.theme
    assert isinstance(theme, ApplicationTheme)
    signal = theme._accessibility_hints.contrastPreferenceChanged
    theme._applied = None
    told = []
    theme.changed.connect(lambda: told.append(True))
    signal.emit(Qt.ContrastPreference.NoPreference)
    assert told == [True]


async def test_mirrored_window_begins_at_the_right(window: WindowDriver) -> None:
    await open_in_tabs(window, "tom@old.example", "maria@lopez.example")
    panels = [window.find_one(name) for name in ("Opt-out", "Lists", "Engagement")]
    assert left_of(window, panels[0]) < left_of(window, panels[1]) < left_of(window, panels[2])
    await run_command(window, "right-to-left layout")
    await window.pause(0.1)
    assert QApplication.layoutDirection() is Qt.LayoutDirection.RightToLeft
    assert left_of(window, panels[0]) > left_of(window, panels[1]) > left_of(window, panels[2])
    rail = window.view.navigation_rail
    assert left_of(window, rail) > window.view.width() // 2
    assert tab_bar(window).tabRect(0).left() > tab_bar(window).tabRect(1).left()
    await window.reopen_window()
    assert QApplication.layoutDirection() is Qt.LayoutDirection.RightToLeft
    await run_command(window, "right-to-left layout")
    assert window.house.session.values.get(settings_table.WINDOW_DIRECTION) == "left_to_right"
    assert QApplication.layoutDirection() is Qt.LayoutDirection.LeftToRight


@pytest.mark.parametrize("is_built_so", [False, True])
async def test_values_stand_beside_their_names_in_a_mirrored_window(
    window: WindowDriver, is_built_so: bool
) -> None:
    window.house.session.change_settings(MIRRORED)
    if is_built_so:
        await window.reopen_window()
    await window.look_up("maria@lopez.example")
    values = [
        each
        for each in window.view.findChildren(PlainLabel)
        if each.isVisible() and each.text() in ("m.lopez@work.example", "7701", "+15550134")
    ]
    assert len(values) == 3
    for each in values:
        assert is_drawn_at_right(each), each.text()
    # The text itself is as it was read: no mark is copied along with an address.
    assert {each.text() for each in values} == {"m.lopez@work.example", "7701", "+15550134"}
    window.click("Find a customer", SearchField)
    window.view.top_bar.search_field.clear()
    window.type("maria@lopez.example")
    assert window.view.top_bar.search_field.text() == "maria@lopez.example"


def is_drawn_at_right(label: QLabel) -> bool:
    """Whether the ink of a label stands nearer to its right edge than to its left."""
    image = label.grab().toImage()
    ground = image.pixel(0, 0)
    inked = [
        x
        for x in range(image.width())
        if any(image.pixel(x, y) != ground for y in range(image.height()))
    ]
    return bool(inked) and image.width() - inked[-1] <= inked[0] + 1


async def test_english_is_kept_together_in_a_mirrored_button(window: WindowDriver) -> None:
    button = LinkButton("7 older…")
    assert button.text() == "7 older…"
    window.house.session.change_settings(MIRRORED)
    button.set_text("8 older…")
    assert button.text() == "\u20668 older…\u2069"
    # Scripts and screen readers find it by the words alone.
    assert (button.objectName(), button.accessibleName()) == ("8 older…", "8 older…")
    assert isolate("שלום 7") == "שלום 7"
    assert is_right_to_left("7 שלום")
    assert not is_right_to_left("7 older שלום")
    button.deleteLater()


async def test_icons_that_point_are_mirrored(window: WindowDriver) -> None:
    before = {name: picture(name) for name in ("chevron-left", "open-external", "search", "clock")}
    window.house.session.change_settings(MIRRORED)
    after = {name: picture(name) for name in before}
    assert after["chevron-left"] == before["chevron-left"].flipped(Qt.Orientation.Horizontal)
    assert after["open-external"] != before["open-external"]
    assert after["search"] == before["search"]
    assert after["clock"] == before["clock"]


def picture(name: str) -> QImage:
    return icon_pixmap(name, "#000000", 24).toImage()
