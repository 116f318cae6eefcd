"""Keeps the keyboard where a person is when the control that has it is disabled or vanishes."""

from collections import deque

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedWidget, QWidget
from shiboken6 import isValid

from desktop.panels.widgets.tab_order import IS_MEANT_FOCUS, tab_stops

# To find back from a toast or a banner to where the person was before.
_MAX_HISTORY = 8
_RESUMING_EVENTS = (QEvent.Type.EnabledChange, QEvent.Type.ShowToParent)


class FocusKeeper(QObject):
    """Parks the focus on the card, dialog or page around a control that lost it by itself.

    Qt hands it to the next control, where Space or Enter, pressed once more, would do something
    else. A parked focus presses nothing. It returns to the control once that is usable again, and
    Tab goes on from its place.
    """

    def __init__(self, app: QApplication, parent: QObject) -> None:
        super().__init__(parent)
        self._ancestors: list[QWidget] = []  # the control that had the focus, then its parents
        self._history: deque[QWidget] = deque(maxlen=_MAX_HISTORY)
        self._y = 0  # px of its middle in the window
        self._parked: QWidget | None = None
        self._lost: QWidget | None = None  # gets the focus back
        self._lost_y = 0
        app.focusChanged.connect(self._on_focus_changed)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._lost and event.type() in _RESUMING_EVENTS:
            self._resume()
        elif watched is self._parked and event.type() == QEvent.Type.KeyPress:
            return isinstance(event, QKeyEvent) and self._move_on(event)
        return False

    def _on_focus_changed(self, _old: QWidget | None, new: QWidget | None) -> None:
        if new is not None and new is self._parked:
            return
        if new is not None and new.property(IS_MEANT_FOCUS):
            self._forget_parked()
            self._remember(new)
            return
        before = self._ancestors
        if before and not _is_usable(before[0]) and _is_in_shown_window(before):
            # The window lost it to another one meanwhile: looked at once it is active again.
            if new is None and QApplication.activeWindow() is None:
                return
            if new is None or not isValid(before[0]) or new.window() is before[0].window():
                self._park(before)
                return
        if new is not None:
            self._forget_parked()
            self._remember(new)

    def _remember(self, widget: QWidget) -> None:
        self._y = widget.mapTo(widget.window(), widget.rect().center()).y()
        self._ancestors = [widget]
        while (parent := self._ancestors[-1].parentWidget()) is not None:
            self._ancestors.append(parent)
            if parent.isWindow():
                break
        self._history.append(widget)

    def _park(self, ancestors: list[QWidget]) -> None:
        lost, self._ancestors = ancestors[0], []
        self._forget_parked()
        place = self._place_for(ancestors)
        if place is None:
            return
        # What stands in the place of another page is entered at its top.
        self._lost_y = self._y if place in ancestors else 0
        if isValid(lost):
            self._lost = lost
            lost.installEventFilter(self)
        self._parked = place
        place.installEventFilter(self)
        place.setFocus(Qt.FocusReason.OtherFocusReason)
        self._remember(place)

    def _place_for(self, ancestors: list[QWidget]) -> QWidget | None:
        usable = [each for each in ancestors[1:] if _is_usable(each)]
        if not usable:
            return None
        window = usable[-1]
        inner = [each for each in usable if not isinstance(each, QMainWindow) and each.parent()]
        for each in inner:
            if isinstance(each, QStackedWidget) and (shown := each.currentWidget()) is not None:
                # Another page has taken its place.
                return shown
            if each.accessibleName():
                return each
        # Of a toast or a banner nothing is left: back to where the person was before.
        formers = reversed(self._history) if isinstance(window, QMainWindow) else ()
        for former in formers:
            if _is_usable(former) and former.window() is window and former not in ancestors:
                return former
        return window

    def _resume(self) -> None:
        lost, parked = self._lost, self._parked
        if lost is not None and parked is not None and _is_usable(lost) and parked.hasFocus():
            self._forget_parked()
            lost.setFocus(Qt.FocusReason.OtherFocusReason)

    def _forget_parked(self) -> None:
        for watched in (self._parked, self._lost):
            if watched is not None and isValid(watched):
                watched.removeEventFilter(self)
        self._parked = self._lost = None

    def _move_on(self, event: QKeyEvent) -> bool:
        """Go to the control after, or before, the place of the one that was lost."""
        is_forward = event.key() == Qt.Key.Key_Tab
        if self._parked is None or not (is_forward or event.key() == Qt.Key.Key_Backtab):
            return False
        window = self._parked.window()
        stops = [stop for stop in tab_stops(window) if stop.isEnabled()]
        if self._parked in stops:
            # Back at a control of before: Tab goes on from it as ever.
            return False
        inside = [stop for stop in stops if self._parked.isAncestorOf(stop)]
        below = [
            stop for stop in inside if stop.mapTo(window, stop.rect().center()).y() >= self._lost_y
        ]
        if not inside:
            return False
        after = stops.index(below[0]) if below else stops.index(inside[-1]) + 1
        stop = stops[(after if is_forward else after - 1) % len(stops)]
        stop.setFocus(
            Qt.FocusReason.TabFocusReason if is_forward else Qt.FocusReason.BacktabFocusReason
        )
        return True


def _is_usable(widget: QWidget) -> bool:
    return isValid(widget) and widget.isVisible() and widget.isEnabled()


def _is_in_shown_window(ancestors: list[QWidget]) -> bool:
    """Whether the window stays: Qt leads back from a dialog that is closed."""
    window = ancestors[-1]
    return isValid(window) and window.isWindow() and window.isVisible()
