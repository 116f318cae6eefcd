"""A dialog whose content scrolls on a small screen while its title and buttons stay in reach."""

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox, vbox
from desktop.panels.widgets.dialog import Dialog
from desktop.panels.widgets.label import label
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area

_MIN_WIDTH = 320  # px at the base font: the narrowest window has 340


class ScrollingDialog(Dialog):
    """Base of dialogs with a title, a `content` layout that scrolls, and a `foot` that does not.

    As high as its content, at most as the screen.
    """

    def __init__(self, title: str, parent: QWidget | None = None, *, width: int = 380) -> None:
        """`width` is px at the base font, where the screen has them."""
        super().__init__(parent)
        self._width = width
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setMinimumWidth(fonts.scaled(_MIN_WIDTH))
        self.content = vbox(spacing=8)
        inside = QWidget()
        inside.setLayout(self.content)
        self._scroll = wrap_in_scroll_area(inside, bar_beside=True)
        self.foot = vbox(spacing=8)
        self._column = QVBoxLayout(self)
        side = fonts.scaled(18)
        self._column.setContentsMargins(side, side, side, fonts.scaled(14))
        self._column.setSpacing(fonts.scaled(8))
        self._column.addWidget(label(title, "title", wrap=True))
        self._column.addWidget(self._scroll, 1)
        self._column.addLayout(self.foot)

    def add_buttons(self, *buttons: QWidget) -> None:
        """Put buttons at the end of the dialog's foot, the one that goes on last."""
        self.foot.addSpacing(fonts.scaled(6))
        self.foot.addLayout(hbox(1, *buttons))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.fit_height()

    def rescale_lengths(self, _scale: float) -> None:
        """Take over another zoom: the dialog is as high as its content is then."""
        self.setMinimumWidth(fonts.scaled(_MIN_WIDTH))
        # Once the widgets in it have taken over their lengths too.
        QTimer.singleShot(0, self, self.fit_height)

    def fit_height(self) -> None:
        """Make the dialog as high as its content is by now, at most as the screen."""
        room = self.screen().availableSize()
        width = min(max(fonts.scaled(self._width), self.minimumSizeHint().width()), room.width())
        margins = self._column.contentsMargins()
        inside = width - margins.left() - margins.right()
        wanted = max(
            self.content.totalHeightForWidth(inside), self.content.totalMinimumSize().height()
        )
        self._scroll.setMinimumHeight(0)
        least = self._scroll.minimumSizeHint().height()
        rest = self._column.totalMinimumHeightForWidth(width) - least
        self._scroll.setMinimumHeight(max(least, min(wanted, room.height() - rest)))
        self.resize(width, self._column.totalMinimumHeightForWidth(width))
        # Otherwise it could not be made lower by hand.
        self._scroll.setMinimumHeight(0)

    def scroll_to(self, widget: QWidget) -> None:
        """Scroll the dialog's content to a widget of it."""
        self._scroll.ensureWidgetVisible(widget)
