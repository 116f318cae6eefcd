"""Qt item model of a report's exact table: cells as texts, a pattern before a category."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt

from desktop.viewmodels.list_model import ListColumn, ListModel, ModelIndex
from desktop.viewmodels.reports.report_chart import Pattern


@dataclass(frozen=True)
class ReportTableRow:
    """A row of a report's table; the first cell is its heading, `detail` stands after it.

    `place` is the bucket or category that it tells of, -1 for the sum of all.
    """

    cells: tuple[str, ...]
    place: int = -1
    detail: str = ""
    pattern: Pattern | None = None
    # The sum below rows with patterns begins where their texts do.
    is_indented: bool = False

    @property
    def is_total(self) -> bool:
        """Whether the row is the sum of the others."""
        return self.place < 0


@dataclass(frozen=True)
class ReportTableView:
    """A report's table as it is shown: headings and rows."""

    headings: tuple[str, ...] = ()
    rows: tuple[ReportTableRow, ...] = ()


class ReportTableModel(ListModel[ReportTableRow]):
    """Item model of one table of a report; every column but the first is aligned as numbers."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__((), parent)
        self._rows: Sequence[ReportTableRow] = ()

    def show_table(self, table: ReportTableView) -> None:
        """Show another table of a report."""
        self.beginResetModel()
        self.columns = tuple(_column(title, n) for n, title in enumerate(table.headings))
        self._rows = table.rows
        self.endResetModel()

    def row_at(self, place: int) -> ReportTableRow | None:
        return self._rows[place] if 0 <= place < len(self._rows) else None

    def row_of(self, place: int) -> int:
        """Return the row that tells of a bucket or category, -1 where none does."""
        return next((n for n, row in enumerate(self._rows) if row.place == place), -1)

    def rowCount(self, parent: ModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if role == Qt.ItemDataRole.TextAlignmentRole and section > 0:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return super().headerData(section, orientation, role)


def _column(title: str, place: int) -> ListColumn[ReportTableRow]:
    def text(row: ReportTableRow) -> str:
        return row.cells[place] if place < len(row.cells) else ""

    def spoken(row: ReportTableRow) -> str:
        return f"{text(row)}, {row.detail}" if row.detail else text(row)

    return ListColumn(title, text, spoken if place == 0 else None)
