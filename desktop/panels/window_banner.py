"""The main window's banner: over the lower edge of the page it belongs to."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QStackedWidget, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.banner import Banner
from desktop.viewmodels.tone import BannerTone


class WindowBanner(Banner):
    """Banner over the window's lower edge: moves no page, and shows only on its own page."""

    def __init__(self, pages: QStackedWidget) -> None:
        super().__init__(pages.parentWidget())
        self._pages = pages
        self._owner: QWidget | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.hide()
        pages.installEventFilter(self)
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
    ) -> None:
        """Draw a message on the window's banner, on the page that is in front."""
        super().show_message(tone, title, message, hint, actions=actions, close=close)
        self._owner = self._pages.currentWidget()
        self._place()

    def covered_height(self) -> int:
        """Return the px at the lower edge of the pages that the banner covers."""
        return self.height() + fonts.scaled(8) if self.isVisible() else 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move) and watched is self._pages:
            self._place()
        return False

    def _on_page_changed(self, _index: int) -> None:
        if self.has_message():
            self.setVisible(self._owner is self._pages.currentWidget())
            self._place()

    def _place(self) -> None:
        if self.isHidden():
            return
        room = self._pages.geometry()
        layout = self.layout()
        wanted = layout.totalHeightForWidth(room.width()) if layout is not None else -1
        height = min(wanted if wanted > 0 else self.sizeHint().height(), room.height())
        self.setGeometry(room.left(), room.bottom() + 1 - height, room.width(), height)
        self.raise_()
