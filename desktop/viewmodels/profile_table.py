"""All fields of a profile as a table: thousands of rows, filtered as one types."""

import json
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from desktop.kit.errors import BadInput
from desktop.model.json_value import Json
from desktop.viewmodels.customer.profile_data import DataRow

_Index = QModelIndex | QPersistentModelIndex
_HEADS = ("Field", "Value", "Type", "From")


class ProfileTable(QAbstractTableModel):
    """Rows of (field, value, type, source)."""

    def __init__(self) -> None:
        super().__init__()
        self._all: tuple[DataRow, ...] = ()
        self._rows: list[DataRow] = []
        self._filter = ""

    def set_rows(self, rows: tuple[DataRow, ...]) -> None:
        """Show these."""
        if rows != self._all:
            self._all = rows
            self._apply()

    def set_filter(self, text: str) -> None:
        """Show only fields whose name or value holds `text`."""
        self._filter = text.strip().casefold()
        self._apply()

    def row(self, place: int) -> DataRow:
        """One row."""
        return self._rows[place]

    def rowCount(self, parent: _Index = QModelIndex()) -> int:
        """How many fields are shown."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:
        """Field, value, type, source."""
        return 0 if parent.isValid() else len(_HEADS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The cell's text."""
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        row = self._rows[index.row()]
        value = f"{row.value} ({row.waiting})" if row.waiting else row.value
        return (row.name, value, row.kind, row.source)[index.column()]

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """The column's name."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _HEADS[section]
        return None

    def _apply(self) -> None:
        self.beginResetModel()
        wanted = self._filter
        self._rows = [
            row
            for row in self._all
            if not wanted or wanted in row.name.casefold() or wanted in row.value.casefold()
        ]
        self.endResetModel()


def read_value(text: str) -> Json:
    """What was typed as a value: JSON, else the text itself. Raises BadInput for broken JSON."""
    stripped = text.strip()
    try:
        value: Json = json.loads(stripped, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        if stripped[:1] in ("{", "[", '"'):
            raise BadInput(
                "That is not complete JSON.",
                "",
                "Close every bracket and quote, or type plain text.",
            ) from None
        return text
    return value


def _no_constant(name: str) -> None:
    raise ValueError(name)
