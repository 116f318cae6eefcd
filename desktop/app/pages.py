"""Builds the pages that are not needed for the first paint, when they are first wanted."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from desktop.panels.activity_page import ActivityPage
from desktop.viewmodels.activity import ActivityModel

if TYPE_CHECKING:
    from desktop.app.gui import Window


class Pages(QObject):
    """Activity and Settings, and the set-up of the first start."""

    def __init__(self, window: "Window") -> None:
        super().__init__(window)
        self._window = window
        house = window.house
        self._activity = ActivityModel(
            house.live, house.store, house.undo, house.editor, house.bus, house.ground.clock
        )
        self._activity.open_count_changed.connect(self._on_open_count)
        window.view.page_wanted.connect(self._on_wanted)

    def begin_setting_up(self) -> None:
        """Show the set-up until it is done."""

    async def show_set_up(self) -> AsyncIterator[str]:
        """For the tour: show each step of the set-up in turn."""
        if self._window.exit_code:
            yield ""

    async def close(self) -> None:
        """End what the pages have under way."""
        await self._activity.close()

    def _on_wanted(self, key: str) -> None:
        if key == "activity":
            page = ActivityPage(self._activity)
            page.customer_chosen.connect(self._window.view.look_up)
            self._window.view.add_page(key, page)

    def _on_open_count(self, count: int) -> None:
        words = "1 change waits" if count == 1 else f"{count} changes wait"
        self._window.view.rail.set_badge("activity", str(count) if count else "", words)
