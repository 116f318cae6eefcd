"""A banner that lies over the lower edge of a page, so that it moves nothing of it."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtWidgets import QWidget

from desktop.panels.widgets.banner import Banner
from desktop.viewmodels.tone import BannerTone


class EdgeBanner(Banner):
    """Banner over the lower edge of a page's widget; `covers` is above what lies there already."""

    placed = Signal()  # it covers another part of the page now, or none

    def __init__(self, page: QWidget, parent: QWidget | None = None) -> None:
        """`parent`: the widget it is drawn in, where that is not the page itself."""
        super().__init__(parent or page)
        self._page = page
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.hide()
        page.installEventFilter(self)

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
        """Draw a message on the page's banner, as high as it needs."""
        super().show_message(
            tone, title, message, hint, actions=actions, close=close, announces=announces
        )
        self.place()

    def clear(self) -> None:
        """Hide the page's banner and forget its message."""
        super().clear()
        self.placed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move) and watched is self._page:
            self.place()
        return False

    def place(self) -> None:
        """Lay the banner over the page's lower edge, in the width that the page has now."""
        if self.isHidden():
            return
        room = self._room()
        layout = self.layout()
        wanted = layout.totalHeightForWidth(room.width()) if layout is not None else -1
        height = min(wanted if wanted > 0 else self.sizeHint().height(), room.height())
        self.setGeometry(room.left(), room.bottom() + 1 - height, room.width(), height)
        self.raise_()
        self.placed.emit()

    def _room(self) -> QRect:
        inside = self._page is self.parentWidget()
        return self._page.rect() if inside else self._page.geometry()
