"""Ctrl+Z while a change can be undone: in text fields and dialogs too, but not over typed text."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

_ENTER_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class UndoKey(QObject):
    """Calls `undo` for the window's Ctrl+Z while it watches.

    A field that somebody has typed in since the change undoes its own text, until Enter.
    """

    def __init__(self, undo: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._undo = undo
        self._typed_in: QWidget | None = None

    def watch(self) -> None:
        """Begin to take Ctrl+Z for a change that was just made: nothing was typed since."""
        self._typed_in = None
        app = QApplication.instance()
        if app is not None:
            # Qt keeps one of two equal filters. Python sees every event of the application
            # meanwhile, so it is taken out again as soon as nothing can be undone.
            app.installEventFilter(self)

    def stop(self) -> None:
        """Leave Ctrl+Z to the window and its fields again."""
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
            return False
        if not isinstance(event, QKeyEvent) or not isinstance(watched, QWidget):
            return False
        if not event.matches(QKeySequence.StandardKey.Undo):
            self._note_typing(watched, event)
            return False
        if watched is self._typed_in:
            return False
        if kind is QEvent.Type.ShortcutOverride:
            # Not claimed by the field, the key is the window's shortcut.
            event.ignore()
        else:
            # In a dialog, where the window's shortcut does not reach.
            self._undo()
        return True

    def _note_typing(self, watched: QWidget, event: QKeyEvent) -> None:
        if event.type() is not QEvent.Type.KeyPress:
            return
        if event.key() in _ENTER_KEYS:
            self._typed_in = None
        elif event.text() and isinstance(watched, QLineEdit | QPlainTextEdit | QTextEdit):
            self._typed_in = watched
