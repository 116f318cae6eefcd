"""Palette commands of the window's open page: one for each visible button and tab on it."""

from collections.abc import Callable, Iterator
from functools import partial

from PySide6.QtWidgets import QTabBar, QWidget
from shiboken6 import isValid

from desktop.panels.widgets.button import Button
from desktop.panels.widgets.card import Card
from desktop.viewmodels.palette_command import PaletteCommand

# Property of a button that does what an action of the window does: that is in the palette already.
REPEATS_WINDOW_ACTION = "repeats-window-action"


def list_page_commands(page: QWidget, tell_gone: Callable[[], None]) -> Iterator[PaletteCommand]:
    """Yield a palette command for each visible button of a page, and for its tabs.

    It clicks the button, or calls `tell_gone` where that cannot be clicked any more.
    """
    for button in page.findChildren(Button):
        label = (button.accessibleName() or button.plain_text()).rstrip("…")
        if not button.isVisible() or not label or button.property(REPEATS_WINDOW_ACTION):
            continue
        # A disabled button says why in its description.
        reason = "" if button.isEnabled() else button.accessibleDescription() or _NOT_NOW
        run = partial(_click, button, tell_gone)
        yield PaletteCommand(label, run, disabled_reason=reason, detail=_card_title(button))
    for bar in page.findChildren(QTabBar):
        if not bar.isVisible():
            continue
        for place in range(bar.count()):
            tab = bar.tabText(place).rstrip(" •")
            yield PaletteCommand(f"Tab {tab}", partial(_open_tab, bar, place))


_NOT_NOW = "Not possible right now."


def _click(button: Button, tell_gone: Callable[[], None]) -> None:
    if not isValid(button) or not button.isVisible() or not button.isEnabled():
        tell_gone()
        return
    button.setFocus()
    button.click()


def _open_tab(bar: QTabBar, place: int) -> None:
    if isValid(bar) and place < bar.count():
        bar.setCurrentIndex(place)
        bar.setFocus()


def _card_title(widget: QWidget) -> str:
    """Return the name of the card that a page's button stands in, or ""."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, Card):
            return parent.accessibleName()
        parent = parent.parentWidget()
    return ""
