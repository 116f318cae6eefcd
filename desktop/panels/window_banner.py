"""The main window's banner: over the lower edge of the page it belongs to."""

from collections.abc import Sequence

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QStackedWidget, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.edge_banner import EdgeBanner
from desktop.viewmodels.tone import BannerTone


class WindowBanner(EdgeBanner):
    """Banner over the window's lower edge: moves no page, and shows only on its own page."""

    def __init__(self, pages: QStackedWidget) -> None:
        super().__init__(pages, pages.parentWidget())
        self._pages = pages
        self._owner: QWidget | None = None
        self._watched: set[EdgeBanner] = set()
        pages.currentChanged.connect(self._on_page_changed)

    def show_message(
        self,
        tone: BannerTone,
        title: str,
        message: str = "",
        hint: str = "",
        *,
        actions: Sequence[tuple[str, str]] = (),
        close: str = "",
        announces: bool = True,
    ) -> None:
        """Draw a message on the window's banner, on the page that is in front."""
        super().show_message(
            tone, title, message, hint, actions=actions, close=close, announces=announces
        )
        self._owner = self._pages.currentWidget()
        self._watch_page()
        self.place()

    def move_to_current_page(self) -> None:
        """Let what was said on the page before stand on the one in front as well."""
        if self.has_message():
            self._owner = self._pages.currentWidget()
            self._on_page_changed(self._pages.currentIndex())

    def covered_height(self) -> int:
        """Return the px at the lower edge of the pages that banners cover."""
        heights = [self.height()] if self.isVisible() else []
        heights += [banner.height() for banner in self._page_banners() if banner.isVisible()]
        return sum(height + fonts.scaled(8) for height in heights)

    def _room(self) -> QRect:
        # Above what the page itself says at its lower edge.
        covered = sum(b.height() for b in self._page_banners() if b.isVisible())
        return super()._room().adjusted(0, 0, 0, -covered)

    def _page_banners(self) -> list[EdgeBanner]:
        page = self._pages.currentWidget()
        return page.findChildren(EdgeBanner) if page is not None else []

    def _watch_page(self) -> None:
        for banner in set(self._page_banners()) - self._watched:
            self._watched.add(banner)
            banner.placed.connect(self.place)

    def _on_page_changed(self, _index: int) -> None:
        if self.has_message():
            self.setVisible(self._owner is self._pages.currentWidget())
            self.place()
