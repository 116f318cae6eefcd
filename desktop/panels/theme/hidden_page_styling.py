"""Keeps pages that nobody sees out of a change of theme, and styles each when it is shown.

Qt polishes every widget of the application for a new style sheet, and most of them stand on pages
behind the one in front: 1,300 of 1,900 in a window with all its pages.
"""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QStackedWidget, QWidget
from shiboken6 import isValid

# Qt polishes anew only what has this.
_POLISHED = Qt.WidgetAttribute.WA_WState_Polished


class HiddenPageStyling(QObject):
    """The hidden pages of all stacks, with the widgets of each that wait for the new style."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._waiting: dict[QWidget, list[QWidget]] = {}

    def leave_out(self) -> list[QWidget]:
        """Leave the hidden pages out of the style sheet that is set next; returns their widgets."""
        self._waiting = {page: found for page, found in self._waiting.items() if isValid(page)}
        taken: set[QWidget] = set()
        style = self._app.style()
        # The innermost first: a page in a hidden page waits until it is shown itself.
        for page in sorted(self._find_pages(), key=_depth, reverse=True):
            if page in self._waiting:
                # Not shown since the last change: it waits already.
                continue
            own = [page, *page.findChildren(QWidget)]
            found = [w for w in own if w not in taken and w.testAttribute(_POLISHED)]
            taken.update(own)
            for widget in found:
                style.unpolish(widget)
                widget.setAttribute(_POLISHED, False)
            page.installEventFilter(self)
            self._waiting[page] = found
        return list(
            {w: None for page in self._waiting for w in (page, *page.findChildren(QWidget))}
        )

    def _find_pages(self) -> list[QWidget]:
        stacks = [
            stack
            for window in self._app.topLevelWidgets()
            for stack in window.findChildren(QStackedWidget)
        ]
        pages = [stack.widget(place) for stack in stacks for place in range(stack.count())]
        return [page for page in pages if page is not None and not page.isVisible()]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Show and isinstance(watched, QWidget):
            watched.removeEventFilter(self)
            self._style([w for w in self._waiting.pop(watched, []) if isValid(w)])
        return False

    def _style(self, widgets: list[QWidget]) -> None:
        """Do for these widgets what Qt does for all at a new style sheet, in the same order."""
        style = self._app.style()
        for widget in widgets:
            style.polish(widget)
            widget.setAttribute(_POLISHED, True)
        for widget in widgets:
            QApplication.sendEvent(widget, QEvent(QEvent.Type.StyleChange))


def _depth(widget: QWidget) -> int:
    depth, parent = 0, widget.parentWidget()
    while parent is not None:
        depth, parent = depth + 1, parent.parentWidget()
    return depth
