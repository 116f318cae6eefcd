"""A customer who is kept: what is visible is whole in one paint, the rest follows."""

import pytest

from desktop.panels.customer.sheet_panel import SheetPanel
from desktop.panels.widgets.responsive_columns import ResponsiveColumnsScrollArea
from desktop.panels.widgets.switch import Switch
from tests.support.window_driver import WindowDriver

LONG, SHORT = "maria@lopez.example", "alex.kim@studio.example"


class FirstPaint:
    """Of the first publication of a customer: the panels in sight, and those not filled yet."""

    def __init__(self, window: WindowDriver) -> None:
        self._window = window
        self._number = window.sheet.customer_number
        self.seen: list[str] = []
        self.stale: list[str] = []
        window.sheet.changed.connect(self.note)

    def note(self) -> None:
        if self.seen or self._window.sheet.customer_number == self._number:
            return
        for panel in self._window.view.findChildren(SheetPanel):
            name, shown = panel.accessibleName(), self._window.visible_texts(panel)
            if not panel.visibleRegion().isEmpty():
                self.seen.append(name)
            panel.refresh()
            if self._window.visible_texts(panel) != shown:
                self.stale.append(name)


async def _both_kept(window: WindowDriver, height: int) -> None:
    window.view.resize(700, height)
    for address in (SHORT, LONG):
        await window.look_up(address)


@pytest.mark.parametrize("scrolled", [False, True])
@pytest.mark.parametrize("height", [500, 900])
async def test_kept_customer_first_paint_is_whole_in_sight(
    window: WindowDriver, height: int, scrolled: bool
) -> None:
    await _both_kept(window, height)
    bar = window.view.findChildren(ResponsiveColumnsScrollArea)[0].verticalScrollBar()
    assert bar.maximum() > 0
    bar.setValue(bar.maximum() if scrolled else 0)
    first = FirstPaint(window)
    await window.look_up(SHORT)
    assert first.seen
    assert not set(first.seen) & set(first.stale), (first.seen, first.stale)


async def test_kept_customer_panels_out_of_sight_follow(window: WindowDriver) -> None:
    await _both_kept(window, 500)
    first = FirstPaint(window)
    await window.look_up(SHORT)
    await window.look_up(LONG)
    assert first.stale, "all of it was filled before the first paint"
    assert "Profile data" not in first.seen
    assert "maria@lopez.example" in window.visible_texts()
    assert "Show all" in " ".join(w.text() for w in window.find_all("Show all 17"))


async def test_panel_with_the_keyboard_is_filled_at_once_out_of_sight(
    window: WindowDriver,
) -> None:
    await _both_kept(window, 500)
    bar = window.view.findChildren(ResponsiveColumnsScrollArea)[0].verticalScrollBar()
    window.find_one("Sync to Sailthru", Switch).setFocus()
    bar.setValue(0)
    first = FirstPaint(window)
    # As Follow Zendesk does: the keyboard stays where it is.
    window.sheet.open_text(SHORT)
    await window.is_lookup_finished()
    assert "Zendesk" not in first.seen
    assert "Zendesk" not in first.stale
    assert first.stale
