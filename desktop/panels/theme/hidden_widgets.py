"""Keeps what nobody sees out of a change of theme, and styles it when it is shown.

Qt polishes every widget of the application for a new style sheet, and most of them stand on pages
behind the one in front, in closed dialogs or drawers, or are hidden: 3,500 of 3,750 in a window
with all its pages.
"""

from collections.abc import Iterator

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

# Qt polishes anew only what has this.
_POLISHED = Qt.WidgetAttribute.WA_WState_Polished
_DIRECT_CHILDREN = Qt.FindChildOption.FindDirectChildrenOnly


class HiddenWidgets(QObject):
    """The outermost hidden widgets of all windows, with those in each that wait for the style."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._waiting: dict[QWidget, list[QWidget]] = {}
        # As long as one widget has a style sheet of its own, Qt remembers through a change of the
        # application's what palette and font each widget had without it. So what waits need not
        # be unpolished, which costs as much as polishing.
        self._anchor = QWidget()
        self._anchor.setStyleSheet("QWidget { margin: 0; }")

    def leave_out(self) -> list[QWidget]:
        """Leave out of the style sheet that is set next what is hidden; returns those widgets."""
        self._waiting = {root: found for root, found in self._waiting.items() if isValid(root)}
        hidden: dict[QWidget, None] = {}
        # The innermost first: a closed dialog of a hidden page waits until it is shown itself.
        for root in sorted(self._find_outermost_hidden(), key=_depth, reverse=True):
            own = [w for w in (root, *root.findChildren(QWidget)) if w not in hidden]
            hidden.update(dict.fromkeys(own))
            self._wait(root, [w for w in own if w.testAttribute(_POLISHED)])
        return list(hidden)

    def _find_outermost_hidden(self) -> Iterator[QWidget]:
        for window in self._app.topLevelWidgets():
            if window.isVisible():
                yield from _find_hidden_in(window)
            else:
                yield window

    def _wait(self, root: QWidget, widgets: list[QWidget]) -> None:
        """Style these widgets, of which none is visible, once `root` is shown."""
        if not widgets:
            return
        for widget in widgets:
            widget.setAttribute(_POLISHED, False)
        if root not in self._waiting:
            root.installEventFilter(self)
        self._waiting.setdefault(root, []).extend(widgets)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Show and isinstance(watched, QWidget):
            watched.removeEventFilter(self)
            self._on_shown(watched, [w for w in self._waiting.pop(watched, []) if isValid(w)])
        return False

    def _on_shown(self, root: QWidget, widgets: list[QWidget]) -> None:
        hidden: set[QWidget] = set()
        for inner in list(_find_hidden_in(root)):
            own = {inner, *inner.findChildren(QWidget)}
            hidden |= own
            self._wait(inner, [w for w in widgets if w in own])
        self._style([w for w in widgets if w not in hidden])

    def _style(self, widgets: list[QWidget]) -> None:
        """Do for these widgets what Qt does for all at a new style sheet, in the same order."""
        style = self._app.style()
        for widget in widgets:
            style.polish(widget)
            widget.setAttribute(_POLISHED, True)
        for widget in widgets:
            QApplication.sendEvent(widget, QEvent(QEvent.Type.StyleChange))


def _find_hidden_in(widget: QWidget) -> Iterator[QWidget]:
    """Yield the outermost hidden widgets inside a visible one, other windows left out."""
    for child in widget.findChildren(QWidget, options=_DIRECT_CHILDREN):
        if child.isWindow():
            continue
        if child.isVisible():
            yield from _find_hidden_in(child)
        else:
            yield child


def _depth(widget: QWidget) -> int:
    depth, parent = 0, widget.parentWidget()
    while parent is not None:
        depth, parent = depth + 1, parent.parentWidget()
    return depth
