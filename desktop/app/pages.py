"""Builds the pages that are not needed for the first paint, when they are first wanted."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from desktop.app.gui import Window


class Pages(QObject):
    """Activity and Settings, and the set-up of the first start."""

    def __init__(self, window: "Window") -> None:
        super().__init__(window)
        self._window = window
        window.view.page_wanted.connect(self._on_wanted)

    def begin_setting_up(self) -> None:
        """Show the set-up until it is done."""

    async def show_set_up(self) -> AsyncIterator[str]:
        """For the tour: show each step of the set-up in turn."""
        if self._window.exit_code:
            yield ""

    async def close(self) -> None:
        """End what the pages have under way."""

    def _on_wanted(self, key: str) -> None:
        del key
