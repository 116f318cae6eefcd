"""Ctrl+Z undoes a change wherever the keyboard is, but for text typed since."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLineEdit, QMainWindow, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.panels.undo_key import UndoKey

CTRL = Qt.KeyboardModifier.ControlModifier


class Window(QMainWindow):
    """A field, a dialog with a field, and the window's own shortcut."""

    def __init__(self) -> None:
        super().__init__()
        self.undone = 0
        self.field = QLineEdit()
        self.setCentralWidget(self.field)
        action = QAction("Undo", self)
        action.setShortcuts(QKeySequence.StandardKey.Undo)
        action.triggered.connect(self.undo)
        self.addAction(action)
        self.dialog = QDialog(self)
        self.dialog_field = QLineEdit()
        QVBoxLayout(self.dialog).addWidget(self.dialog_field)
        self.undo_key = UndoKey(self.undo, self)

    def undo(self) -> None:
        self.undone += 1


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    made = Window()
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    made.field.setFocus()
    return made


def press_undo(widget: QWidget) -> None:
    QTest.keyClick(widget, Qt.Key.Key_Z, CTRL)


def test_undo_key_in_a_field_undoes_the_change(window: Window) -> None:
    QTest.keyClicks(window.field, "maria")
    QTest.keyClick(window.field, Qt.Key.Key_Return)
    press_undo(window.field)
    # Without a change to undo, the key is the field's.
    assert (window.undone, window.field.text()) == (0, "")
    window.field.setText("maria@lopez.example")
    window.undo_key.watch()
    press_undo(window.field)
    assert (window.undone, window.field.text()) == (1, "maria@lopez.example")
    window.undo_key.stop()


def test_undo_key_after_typing_is_the_fields_until_enter(window: Window) -> None:
    window.undo_key.watch()
    QTest.keyClicks(window.field, "abc")
    press_undo(window.field)
    assert (window.undone, window.field.text()) == (0, "")
    QTest.keyClicks(window.field, "abc")
    QTest.keyClick(window.field, Qt.Key.Key_Return)
    press_undo(window.field)
    assert (window.undone, window.field.text()) == (1, "abc")
    window.undo_key.stop()


def test_undo_key_works_in_a_dialog(window: Window, qtbot: QtBot) -> None:
    window.dialog.open()
    window.dialog.activateWindow()
    qtbot.waitUntil(window.dialog.isActiveWindow)
    window.dialog_field.setFocus()
    window.undo_key.watch()
    press_undo(window.dialog_field)
    assert window.undone == 1
    window.undo_key.stop()
    press_undo(window.dialog_field)
    assert window.undone == 1
    window.dialog.reject()
