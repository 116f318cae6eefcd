"""Table widget of mapping rows: where from, how, where to, and the result on the customer."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.widgets.tooltip import escape_tooltip
from desktop.viewmodels.syncs.mapping_row_view import MappingRowView

_FROM, _HOW, _TO, _RESULT = range(4)
_ROW_HEIGHT = 28
_WIDTHS = {_FROM: 210, _HOW: 130, _TO: 200}
_RESULT_MIN_WIDTH = 620
_ALT = Qt.KeyboardModifier.AltModifier
_CTRL = Qt.KeyboardModifier.ControlModifier


class MappingTable(QTableWidget):
    """Table widget of the mapping; Up and Down choose, Alt moves, Space and Delete act."""

    row_chosen = Signal(int)
    row_toggled = Signal(int, bool)
    move_requested = Signal(int)
    delete_requested = Signal()
    duplicate_requested = Signal()

    def __init__(self, parent: QWidget | None = None, *, has_switches: bool = True) -> None:
        """`has_switches`: each row can be switched off by a box at its beginning."""
        super().__init__(0, 4, parent)
        self._has_switches = has_switches
        self._is_updating = False
        self._lines: tuple[MappingRowView, ...] = ()
        self.setAccessibleName("Mapping rows")
        self.setObjectName("Mapping rows")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # The tab scrolls, not the table: a mapping has some dozen rows.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(fonts.scaled(_ROW_HEIGHT))
        columns = self.horizontalHeader()
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns.setStretchLastSection(True)
        columns.setHighlightSections(False)
        columns.setSectionsClickable(False)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        self.itemChanged.connect(self._on_item_changed)
        self.currentCellChanged.connect(self._on_current)

    def show_lines(
        self, lines: tuple[MappingRowView, ...], chosen: int, heads: tuple[str, str, str, str]
    ) -> None:
        """Draw mapping rows under these headings; `chosen` is the place of the current one."""
        # Setting an item emits itemChanged, which would be taken for a click.
        self._is_updating = True
        self._lines = lines
        self.setHorizontalHeaderLabels(list(heads))
        self.setRowCount(len(lines))
        for place, line in enumerate(lines):
            self._show_line(place, line)
        if lines and self.currentRow() != chosen:
            self.setCurrentCell(chosen, _FROM)
        height = (
            fonts.scaled(_ROW_HEIGHT) * max(1, len(lines))
            + self.horizontalHeader().sizeHint().height()
        )
        self.setFixedHeight(height + 4)
        self._is_updating = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the mapping table's keys: move, switch, duplicate or delete the chosen row."""
        key, alt = event.key(), bool(event.modifiers() & _ALT)
        item = self.item(self.currentRow(), _FROM)
        if alt and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.move_requested.emit(-1 if key == Qt.Key.Key_Up else 1)
        elif key == Qt.Key.Key_Space and item is not None and self._has_switches:
            self.row_toggled.emit(self.currentRow(), item.checkState() != Qt.CheckState.Checked)
        elif key == Qt.Key.Key_Delete:
            self.delete_requested.emit()
        elif key == Qt.Key.Key_D and event.modifiers() & _CTRL:
            self.duplicate_requested.emit()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        # Items keep the colours they were given in the other theme.
        if event.type() == QEvent.Type.PaletteChange:
            self._is_updating = True
            for place, line in enumerate(self._lines[: self.rowCount()]):
                self._show_line(place, line)
            self._is_updating = False

    def fit_columns(self, width: int) -> None:
        """Share a width in px between the mapping table's columns; narrow: without the result."""
        narrow = width < fonts.scaled(_RESULT_MIN_WIDTH)
        self.setColumnHidden(_RESULT, narrow)
        share = width / fonts.scaled(545) if narrow else 1.0
        for column, wanted in _WIDTHS.items():
            self.setColumnWidth(column, int(fonts.scaled(wanted) * min(1.0, share)))

    def _show_line(self, place: int, line: MappingRowView) -> None:
        result = line.problem or line.result
        tone = "bad" if line.problem else line.result_tone
        cells = (line.source, line.operator, line.target, result)
        for column, words in enumerate(cells):
            item = self.item(place, column)
            if item is None:
                item = QTableWidgetItem()
                item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                if column == _FROM and self._has_switches:
                    item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                self.setItem(place, column, item)
            item.setText(words)
            item.setToolTip(escape_tooltip(words))
            dim = not line.is_on or column == _HOW
            shade = tone if column == _RESULT else "muted" if dim else "text"
            item.setForeground(QColor(theme_color(shade)))
        first = self.item(place, _FROM)
        if first is not None and self._has_switches:
            first.setCheckState(Qt.CheckState.Checked if line.is_on else Qt.CheckState.Unchecked)

    def _on_item_changed(self, item: QTableWidgetItem) -> None:
        if not self._is_updating and item.column() == _FROM:
            self.row_toggled.emit(item.row(), item.checkState() == Qt.CheckState.Checked)

    def _on_current(self, row: int, _column: int, _before: int, _was: int) -> None:
        if not self._is_updating and row >= 0:
            self.row_chosen.emit(row)
