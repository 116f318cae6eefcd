"""The dialog that lists every keyboard shortcut, searchable."""

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop.panels.theme import fonts
from desktop.panels.window_actions import WindowActions


class ShortcutsDialog(QDialog):
    """The dialog of the window's actions that have keys, and of the keys of its parts."""

    def __init__(self, actions: WindowActions, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.setObjectName("Keyboard shortcuts")
        self.resize(fonts.scaled(460), fonts.scaled(460))
        self._rows = [
            (a.text(), ", ".join(_native_key_text(keys) for keys in a.shortcuts()))
            for a in actions.all()
        ]
        self._rows += [
            ("Confirm the change in the panel", "Ctrl+Enter"),
            ("Put the form or list away", "Esc"),
            ("Commands", "> in the search field"),
        ]
        self._filter = QLineEdit(self)
        self._filter.setPlaceholderText("Search the shortcuts")
        self._filter.setAccessibleName("Search the shortcuts")
        self._filter.textChanged.connect(self._show_matching)
        self._table = QTableWidget(0, 2, self)
        self._table.setAccessibleName("Shortcuts")
        self._table.setHorizontalHeaderLabels(["Action", "Keys"])
        self._table.verticalHeader().hide()
        self._table.setShowGrid(False)
        self._table.setTabKeyNavigation(False)
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._table.horizontalHeader().resizeSection(1, fonts.scaled(150))
        column = QVBoxLayout(self)
        column.addWidget(self._filter)
        column.addWidget(self._table, 1)
        self._show_matching("")

    def _show_matching(self, text: str) -> None:
        wanted = text.casefold()
        # An action without keys is in the palette, not here.
        rows = [row for row in self._rows if row[1] and wanted in " ".join(row).casefold()]
        self._table.setRowCount(len(rows))
        for place, row in enumerate(rows):
            for column, words in enumerate(row):
                self._table.setItem(place, column, QTableWidgetItem(words))


def _native_key_text(keys: QKeySequence) -> str:
    return keys.toString(QKeySequence.SequenceFormat.NativeText)
