"""Every page zoomed, mirrored, with wide letters and in high contrast: nothing is clipped."""

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.application_theme import ApplicationTheme
from tests.support.accessibility_checks import (
    clipped_texts,
    controls_without_name,
    covered_by_scroll_bar,
    cut_controls,
)
from tests.support.customer_tabs_driver import open_in_tabs
from tests.support.window_driver import WindowDriver
from tests.support.window_workspace import lasting_faults
from tests.window.app.test_narrow_pages import scrolled_aside
from tests.window.app.test_window_layout import cut, overlapping

APPEARANCES = {
    "zoom-200": {"window.zoom": 200},
    "zoom-80": {"window.zoom": 80},
    "mirrored": {"window.direction": "right_to_left"},
    "high-contrast": {"window.contrast": "on"},
    # Another zoom, so that the font is made anew.
    "letters-140": {"window.zoom": 110},
}
_WIDE_LETTERS_PERCENT = 140


@pytest.fixture(autouse=True)
def _usual_appearance(qapp: QApplication) -> Iterator[None]:
    """The application's font, colours and direction are every test's."""
    yield
    ApplicationTheme(qapp).deleteLater()


def widen_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the application's next font 40 % wider, as another language's texts would be."""
    make = fonts.base_font

    def make_wide(system: QFont, factor: float) -> QFont:
        font = make(system, factor)
        font.setLetterSpacing(QFont.SpacingType.PercentageSpacing, _WIDE_LETTERS_PERCENT)
        return font

    monkeypatch.setattr(fonts, "base_font", make_wide)


@pytest.mark.parametrize("appearance", APPEARANCES)
async def test_pages_fit_in_each_appearance(
    window: WindowDriver, appearance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if appearance.startswith("letters"):
        widen_letters(monkeypatch)
    await open_in_tabs(window, "tom@old.example", "#48213")
    window.click("No marketing e-mail")
    window.house.session.change_settings(APPEARANCES[appearance])
    for width, height in ((1280, 820), (392, 860)):
        # As much room as at 100 %: no window is less than 340 px of the design wide.
        window.view.resize(max(width, round(392 * fonts.scale())), height)
        for page in ("customers", "sync", "events", "activity", "settings"):
            window.view.show_page(page)
            shown = window.view.page_stack.currentWidget()
            assert shown is not None
            found = await lasting_faults(lambda shown=shown: page_faults(window, shown))
            window.save_screenshot(f"{page}-{appearance}-{width}")
            assert not found, "\n".join([f"{page} {width}", *found])
            assert controls_without_name(window.view) == []


def page_faults(window: WindowDriver, shown: QWidget) -> list[str]:
    return [
        *(*clipped_texts(shown), *overlapping(shown), *scrolled_aside(shown), *cut(window)),
        *(*cut_controls(shown), *covered_by_scroll_bar(shown)),
    ]
