"""The context menu that copies a value shown: an address, a number, an id, a link, a name."""

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QMenu, QWidget

from desktop.panels.widgets.label import ElidedLabel, PlainLabel
from desktop.panels.widgets.screen_reader import announce


class CopyMenu(QObject):
    """Context menu that copies a widget's values, by the right button or the menu key.

    Without `set_entries` it copies the whole text of an elided label, also where that is cut.
    """

    def __init__(self, widget: QWidget, what: str = "") -> None:
        super().__init__(widget)
        self._widget = widget
        self._label = f"Copy {what}".rstrip()
        self._entries: tuple[tuple[str, str], ...] = ()
        # By the signal: an event filter in Python would be asked at every paint.
        widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        widget.customContextMenuRequested.connect(self._on_requested)

    def set_entries(self, *entries: tuple[str, str]) -> None:
        """Set the copy menu's labels, each of which copies its text; empty texts are left out."""
        self._entries = entries

    def entries(self) -> tuple[tuple[str, str], ...]:
        """Return the copy menu's entries, as (label, text)."""
        found = list(self._entries)
        widget = self._widget
        if isinstance(widget, PlainLabel) and widget.hasSelectedText():
            found.append(("Copy selection", widget.selectedText()))
        if isinstance(widget, ElidedLabel) and not self._entries:
            found.append((self._label, widget.full_text()))
        return tuple((words, text) for words, text in found if text)

    def _on_requested(self, place: QPoint) -> None:
        entries = self.entries()
        if not entries:
            return
        menu = QMenu(self._widget)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for words, text in entries:
            action = menu.addAction(words)
            action.setData(text)
        menu.triggered.connect(self._on_triggered)
        # A table tells the place inside its header.
        widget = self._widget
        origin = widget.viewport() if isinstance(widget, QAbstractScrollArea) else widget
        menu.popup(origin.mapToGlobal(place))

    def _on_triggered(self, action: QAction) -> None:
        QApplication.clipboard().setText(str(action.data()))
        # Nothing else tells that the clipboard was filled.
        announce(self._widget, "Copied")
