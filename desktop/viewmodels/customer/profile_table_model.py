"""Qt table model of the dialog with all fields of a Sailthru profile, filtered as one types."""

import json
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from desktop.kit.errors import InvalidInput
from desktop.model.json_value import Json
from desktop.viewmodels.customer.profile_data_view import ProfileFieldRow

_ModelIndex = QModelIndex | QPersistentModelIndex
_COLUMN_TITLES = ("Field", "Value", "Type", "From")


class ProfileTableModel(QAbstractTableModel):
    """Rows of a Sailthru profile's field table; columns are field, value, type, source."""

    def __init__(self) -> None:
        super().__init__()
        self._all_rows: tuple[ProfileFieldRow, ...] = ()
        self._rows: list[ProfileFieldRow] = []
        self._filter = ""

    def set_rows(self, rows: tuple[ProfileFieldRow, ...]) -> None:
        """Show another profile's fields in the field table, or the same one's read again."""
        if rows != self._all_rows:
            self._all_rows = rows
            self._apply_filter()

    def set_filter(self, text: str) -> None:
        """Show only profile fields whose name or value contains `text`, in either case."""
        self._filter = text.strip().casefold()
        self._apply_filter()

    def row(self, place: int) -> ProfileFieldRow:
        """Return the profile field at a row of the filtered table."""
        return self._rows[place]

    def rowCount(self, parent: _ModelIndex = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _ModelIndex = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(_COLUMN_TITLES)

    def data(self, index: _ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        row = self._rows[index.row()]
        value = f"{row.value} ({row.pending_text})" if row.pending_text else row.value
        return (row.name, value, row.type_name, row.source)[index.column()]

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _COLUMN_TITLES[section]
        return None

    def _apply_filter(self) -> None:
        # Thousands of single row changes would cost more than one reset.
        self.beginResetModel()
        wanted = self._filter
        self._rows = [
            row
            for row in self._all_rows
            if not wanted or wanted in row.name.casefold() or wanted in row.value.casefold()
        ]
        self.endResetModel()


def parse_field_value(text: str) -> Json:
    """Parse a var typed in the profile dialog: JSON, else text. Raises InvalidInput."""
    stripped = text.strip()
    try:
        value: Json = json.loads(stripped, parse_constant=_reject_json_constant)
    except (ValueError, RecursionError):
        if stripped[:1] in ("{", "[", '"'):
            raise InvalidInput(
                "That is not complete JSON.",
                "",
                "Close every bracket and quote, or type plain text.",
            ) from None
        return text
    return value


def _reject_json_constant(name: str) -> None:
    raise ValueError(name)
