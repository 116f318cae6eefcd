"""A drawer: a form that comes from the right over the dimmed window."""

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QShortcut,
)
from PySide6.QtWidgets import QApplication, QFrame, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import icon_button
from desktop.panels.widgets.label import elided_label, label
from desktop.panels.widgets.tab_order import tab_stops

_SUBMIT_KEYS = ("Ctrl+Return", "Ctrl+Enter")
# Another tab may be looked at over a half-typed form: it is there again when one comes back.
_TAB_KEYS = ("Ctrl+Tab", "Ctrl+Shift+Tab", "Meta+Tab", "Meta+Shift+Tab", "Ctrl+PgDown", "Ctrl+PgUp")
_DIM = QColor(0, 0, 0, 110)


class Drawer(QFrame):
    """Drawer widget that keeps the keyboard inside; Esc and a click beside it ask to close."""

    close_requested = Signal()
    submitted = Signal()  # Ctrl+Enter, wherever the keyboard is inside

    def __init__(self, title: str, host: QWidget, *, width: int) -> None:
        # A widget of the window and no window of its own: it moves and scales with it.
        super().__init__(host)
        self._host = host
        self._width = width
        self._dim = _Dim(host)
        self._focus_before: QWidget | None = None
        self.setAccessibleName(title)
        self.setObjectName(title)
        self.title_label = label(title, "heading")
        self.subtitle_label = elided_label("", "muted")
        self.close_button = icon_button("close", f"Close {title}")
        self.close_button.clicked.connect(self.close_requested)
        self._dim.pressed.connect(self.close_requested)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(0, 0, 0, 0)
        column = QVBoxLayout(self)
        side = fonts.scaled(20)
        column.setContentsMargins(side, fonts.scaled(14), side, fonts.scaled(12))
        column.setSpacing(fonts.scaled(2))
        head = hbox(self.title_label, 1, self.close_button)
        column.addLayout(head)
        column.addWidget(self.subtitle_label)
        column.addSpacing(fonts.scaled(6))
        column.addLayout(self.body, 1)
        for keys in _SUBMIT_KEYS:
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(self.submitted)
        self.hide()

    def slide_in(self) -> None:
        """Show the drawer over its window, above everything else there."""
        self._focus_before = QApplication.focusWidget()
        self._place()
        self._host.installEventFilter(self)
        self._dim.show()
        self._dim.raise_()
        self.show()
        self.raise_()

    def slide_out(self) -> None:
        """Hide the drawer; the keyboard goes back to where it was."""
        self._host.removeEventFilter(self)
        self._dim.hide()
        self.hide()
        before, self._focus_before = self._focus_before, None
        # A row or a note that was drawn anew meanwhile has taken its control with it.
        if before is not None and isValid(before) and before.isVisible() and before.isEnabled():
            before.setFocus(Qt.FocusReason.OtherFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._host and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            # The window below is out of reach, and so are its shortcuts but those of the tabs; the
            # drawer's own is not.
            if QKeySequence(event.keyCombination()).toString() in (*_SUBMIT_KEYS, *_TAB_KEYS):
                return super().event(event)
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            event.accept()
            self.close_requested.emit()
            return
        super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes round inside the drawer."""
        stops = [stop for stop in tab_stops(self) if stop.isEnabled()]
        if not stops:
            return True
        focus = QApplication.focusWidget()
        place = stops.index(focus) if focus in stops else -1 if forward else 0
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        stops[(place + (1 if forward else -1)) % len(stops)].setFocus(reason)
        return True

    def _place(self) -> None:
        area = self._host.rect()
        width = min(fonts.scaled(self._width), area.width())
        left = 0 if self.isRightToLeft() else area.width() - width
        self._dim.setGeometry(area)
        self.setGeometry(QRect(left, 0, width, area.height()))


class _Dim(QWidget):
    """The darkened window below a drawer; it emits a click instead of passing it on."""

    pressed = Signal()

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(event.rect(), _DIM)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self.pressed.emit()
