"""Scroll areas without a frame that scroll up and down only, with the bar over their content."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QScrollBar, QWidget

from desktop.panels.theme import fonts

_BAR_WIDTH = 12  # px at the base font
_BAR_GAP = 2  # between the bar and content beside it


class PageScrollArea(QScrollArea):
    """The scroll area of pages and dialogs; the keyboard goes to what is inside, not to the area.

    Its bar stands inside the padding of the cards at its edge: beside them it would make the cards
    slimmer than the page's header, and by another width whenever they begin to fit. Content
    without such a padding is given `bar_beside`: there the bar would cover words and buttons.
    """

    def __init__(self, parent: QWidget | None = None, *, bar_beside: bool = False) -> None:
        super().__init__(parent)
        self._bar_beside = bar_beside
        self._content: QWidget | None = None  # handed over, and not taken in yet
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        # What does not fit in width is laid out anew; scrolling sideways would hide controls.
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # One stop of Tab less on every page; the wheel and PageDown work inside.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        self.overlay_bar = QScrollBar(Qt.Orientation.Vertical, self)
        self.overlay_bar.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.overlay_bar.hide()
        own = self.verticalScrollBar()
        own.rangeChanged.connect(self._on_range_changed)
        own.valueChanged.connect(self._on_scrolled)
        self.overlay_bar.valueChanged.connect(own.setValue)

    def hand_over(self, content: QWidget) -> None:
        """Take the scroll area's content in when it is first laid out or shown.

        Qt styles and measures all of it at once where it is set. On a page that is still being
        built everything would be styled again for each widget that is put around it afterwards.
        """
        content.setParent(self.viewport())
        self._content = content

    def _take_in(self) -> None:
        if (content := self._content) is not None:
            self._content = None
            super().setWidget(content)
            # Qt fills it with the window's ground otherwise.
            content.setAutoFillBackground(False)

    def widget(self) -> QWidget | None:
        """Return the scroll area's content."""
        self._take_in()
        return super().widget()

    def sizeHint(self) -> QSize:
        self._take_in()
        return super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        self._take_in()
        return super().minimumSizeHint()

    def showEvent(self, event: QShowEvent) -> None:
        self._take_in()
        super().showEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_bar()

    def _on_range_changed(self, low: int, high: int) -> None:
        bar, own = self.overlay_bar, self.verticalScrollBar()
        # Following says nothing back: a value cut to the former range would scroll the page.
        bar.blockSignals(True)
        bar.setRange(low, high)
        bar.setPageStep(own.pageStep())
        bar.setSingleStep(own.singleStep())
        bar.setValue(own.value())
        bar.blockSignals(False)
        bar.setVisible(high > low)
        if self._bar_beside:
            # Slimmer content is never lower, so that this does not go to and fro.
            room = fonts.scaled(_BAR_WIDTH + _BAR_GAP) if high > low else 0
            left, right = (room, 0) if self.isRightToLeft() else (0, room)
            self.setViewportMargins(left, 0, right, 0)
        self._place_bar()

    def _on_scrolled(self, value: int) -> None:
        self.overlay_bar.blockSignals(True)
        self.overlay_bar.setValue(value)
        self.overlay_bar.blockSignals(False)
        self.overlay_bar.update()

    def _place_bar(self) -> None:
        width = fonts.scaled(_BAR_WIDTH)
        left = 0 if self.isRightToLeft() else self.width() - width
        self.overlay_bar.setGeometry(left, 0, width, self.height())
        self.overlay_bar.raise_()


def create_scroll_area(*, bar_beside: bool = False) -> QScrollArea:
    """Create an empty scroll area for a page; `bar_beside` as in `wrap_in_scroll_area`."""
    return PageScrollArea(bar_beside=bar_beside)


def wrap_in_scroll_area(inside: QWidget, *, bar_beside: bool = False) -> QScrollArea:
    """Create a scroll area around a widget, on the background of the window.

    `bar_beside`: the content reaches the edge without a padding, so that the bar stands beside it.
    """
    area = PageScrollArea(bar_beside=bar_beside)
    area.hand_over(inside)
    return area


def scroll_into_view(widget: QWidget) -> None:
    """Scroll every scroll area around a widget until it can be seen."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            parent.ensureWidgetVisible(widget)
        parent = parent.parentWidget()
