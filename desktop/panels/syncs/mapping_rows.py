"""The rows of a mapping as a table: where from, how, where to, and what it would do."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from desktop.panels.parts.tip import tip_text
from desktop.panels.theme import fonts
from desktop.panels.theme.current import color
from desktop.viewmodels.syncs.mapping_view import MappingLine

_FROM, _HOW, _TO, _RESULT = range(4)
_ROW = 28
_WIDTHS = {_FROM: 210, _HOW: 130, _TO: 200}
_RESULT_FROM = 620
_ALT = Qt.KeyboardModifier.AltModifier
_CTRL = Qt.KeyboardModifier.ControlModifier


class MappingRows(QTableWidget):
    """Up and Down choose, with Alt they move the row; Space is on or off, Delete deletes."""

    chosen = Signal(int)
    switched = Signal(int, bool)
    move_wanted = Signal(int)
    delete_wanted = Signal()
    duplicate_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 4, parent)
        self._showing = False
        self._lines: tuple[MappingLine, ...] = ()
        self.setAccessibleName("Mapping rows")
        self.setObjectName("Mapping rows")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(fonts.scaled(_ROW))
        columns = self.horizontalHeader()
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns.setStretchLastSection(True)
        columns.setHighlightSections(False)
        columns.setSectionsClickable(False)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        self.itemChanged.connect(self._on_item_changed)
        self.currentCellChanged.connect(self._on_current)

    def show_lines(
        self, lines: tuple[MappingLine, ...], chosen: int, heads: tuple[str, str, str, str]
    ) -> None:
        """Show these rows."""
        self._showing = True
        self._lines = lines
        self.setHorizontalHeaderLabels(list(heads))
        self.setRowCount(len(lines))
        for place, line in enumerate(lines):
            self._show_line(place, line)
        if lines and self.currentRow() != chosen:
            self.setCurrentCell(chosen, _FROM)
        height = (
            fonts.scaled(_ROW) * max(1, len(lines)) + self.horizontalHeader().sizeHint().height()
        )
        self.setFixedHeight(height + 4)
        self._showing = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move, switch, duplicate or delete the chosen row."""
        key, alt = event.key(), bool(event.modifiers() & _ALT)
        item = self.item(self.currentRow(), _FROM)
        if alt and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.move_wanted.emit(-1 if key == Qt.Key.Key_Up else 1)
        elif key == Qt.Key.Key_Space and item is not None:
            self.switched.emit(self.currentRow(), item.checkState() != Qt.CheckState.Checked)
        elif key == Qt.Key.Key_Delete:
            self.delete_wanted.emit()
        elif key == Qt.Key.Key_D and event.modifiers() & _CTRL:
            self.duplicate_wanted.emit()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Other colours in another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._showing = True
            for place, line in enumerate(self._lines[: self.rowCount()]):
                self._show_line(place, line)
            self._showing = False

    def set_room(self, width: int) -> None:
        """Leave the result out where there is no room for it."""
        narrow = width < fonts.scaled(_RESULT_FROM)
        self.setColumnHidden(_RESULT, narrow)
        share = width / fonts.scaled(545) if narrow else 1.0
        for column, wanted in _WIDTHS.items():
            self.setColumnWidth(column, int(fonts.scaled(wanted) * min(1.0, share)))

    def _show_line(self, place: int, line: MappingLine) -> None:
        result = line.wrong or line.result
        tone = "bad" if line.wrong else line.result_tone
        cells = (line.source, line.operator, line.target, result)
        for column, words in enumerate(cells):
            item = self.item(place, column)
            if item is None:
                item = QTableWidgetItem()
                item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                if column == _FROM:
                    item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                self.setItem(place, column, item)
            item.setText(words)
            item.setToolTip(tip_text(words))
            dim = not line.on or column == _HOW
            shade = tone if column == _RESULT else "muted" if dim else "text"
            item.setForeground(QColor(color(shade)))
        first = self.item(place, _FROM)
        if first is not None:
            first.setCheckState(Qt.CheckState.Checked if line.on else Qt.CheckState.Unchecked)

    def _on_item_changed(self, item: QTableWidgetItem) -> None:
        if not self._showing and item.column() == _FROM:
            self.switched.emit(item.row(), item.checkState() == Qt.CheckState.Checked)

    def _on_current(self, row: int, _column: int, _before: int, _was: int) -> None:
        if not self._showing and row >= 0:
            self.chosen.emit(row)
