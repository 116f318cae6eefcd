"""The lines of the Activity page as a table; an update keeps scroll and selection by id."""

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from desktop.viewmodels.activity.activity_row import ActivityRow

ModelIndex = QModelIndex | QPersistentModelIndex

COLUMNS = ("Time", "Who", "Customer", "Change", "Reason", "State")
TIME, WHO, CUSTOMER, CHANGE, REASON, STATE = range(len(COLUMNS))
ROW_ROLE = Qt.ItemDataRole.UserRole


class ActivityTableModel(QAbstractTableModel):
    """Holds ready-made lines. `more_wanted` asks for the next page when the end is in sight."""

    more_wanted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[ActivityRow] = []
        self.is_complete = True

    def row_at(self, place: int) -> ActivityRow | None:
        """Give one line, or None outside the table."""
        return self._rows[place] if 0 <= place < len(self._rows) else None

    def index_of(self, row_id: str) -> int:
        """Where a line stands, or -1."""
        return next((i for i, row in enumerate(self._rows) if row.id == row_id), -1)

    def show_rows(self, rows: Sequence[ActivityRow]) -> None:
        """Show these, newest first; lines that stay keep their place in the view."""
        wanted = {row.id for row in rows}
        for first, last in reversed(_consecutive_ranges([r.id not in wanted for r in self._rows])):
            self.beginRemoveRows(QModelIndex(), first, last)
            del self._rows[first : last + 1]
            self.endRemoveRows()
        kept = {row.id for row in self._rows}
        if [r.id for r in self._rows] != [r.id for r in rows if r.id in kept]:
            self.beginResetModel()
            self._rows = list(rows)
            self.endResetModel()
            return
        for first, last in _consecutive_ranges([r.id not in kept for r in rows]):
            self.beginInsertRows(QModelIndex(), first, last)
            self._rows[first:first] = rows[first : last + 1]
            self.endInsertRows()
        changed = [old != new for old, new in zip(self._rows, rows, strict=True)]
        self._rows = list(rows)
        for first, last in _consecutive_ranges(changed):
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(COLUMNS) - 1))

    def rowCount(self, parent: ModelIndex = QModelIndex()) -> int:
        """Lines loaded so far."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: ModelIndex = QModelIndex()) -> int:
        """Fixed columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def canFetchMore(self, parent: ModelIndex) -> bool:
        """Whether older lines exist."""
        return not parent.isValid() and not self.is_complete

    def fetchMore(self, parent: ModelIndex) -> None:
        """Ask for older lines; they come later."""
        if not parent.isValid():
            self.more_wanted.emit()

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        """Name the columns."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One cell's text; the whole line as an object, and as a sentence."""
        row = self.row_at(index.row())
        if row is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            cells = (row.time, row.actor, row.customer, row.change_text, row.reason_text, row.state)
            return cells[index.column()]
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.AccessibleTextRole:
            # A screen reader hears the line once, on its leading cell.
            return row.accessible_text if index.column() in (TIME, CHANGE) else None
        return None


def _consecutive_ranges(marks: Sequence[bool]) -> list[tuple[int, int]]:
    """First and last place of each stretch of marks."""
    runs: list[tuple[int, int]] = []
    for place, mark in enumerate(marks):
        if not mark:
            continue
        if runs and runs[-1][1] == place - 1:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return runs
