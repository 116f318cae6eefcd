"""Every page zoomed, mirrored, with wide letters and in high contrast: nothing is clipped."""

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

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
@pytest.mark.parametrize("size", [(1280, 820), (392, 860)])
async def test_pages_fit_in_each_appearance(
    window: WindowDriver,
    appearance: str,
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if appearance.startswith("letters"):
        widen_letters(monkeypatch)
    await open_in_tabs(window, "tom@old.example", "#48213")
    window.click("No marketing e-mail")
    window.house.session.change_settings(APPEARANCES[appearance])
    # As much room as at 100 %: no window is less than 340 px of the design wide.
    window.view.resize(max(size[0], round(392 * fonts.scale())), size[1])
    for page in ("customers", "sync", "events", "activity", "settings"):
        window.view.show_page(page)
        await window.pause(0.3)
        window.save_screenshot(f"{page}-{appearance}-{size[0]}")
        shown = window.view.page_stack.currentWidget()
        assert shown is not None
        found = [*clipped_texts(shown), *overlapping(shown), *scrolled_aside(shown), *cut(window)]
        found += [*cut_controls(shown), *covered_by_scroll_bar(shown)]
        assert not found, "\n".join([page, *found])
        assert controls_without_name(window.view) == []
