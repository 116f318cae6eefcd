"""Qt table model of the dialog with all fields of a Sailthru profile, filtered as one types."""

import json
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from desktop.kit.errors import InvalidInput
from desktop.kit.text import fold_text
from desktop.model.json_value import Json
from desktop.model.profile_field_type import PROFILE_FIELD_TYPES, profile_field_type
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
        if rows == self._all_rows:
            return
        names = [row.name for row in self._rows]
        self._all_rows = rows
        kept = self._matching_rows()
        if names and names == [row.name for row in kept]:
            # Only values moved: the current row and the scroll position stay.
            self._rows = kept
            self.dataChanged.emit(self.index(0, 0), self.index(len(kept) - 1, 3))
        else:
            self._apply_filter()

    def set_filter(self, text: str) -> None:
        """Show only profile fields whose name or value has `text`, in any case or accents."""
        self._filter = fold_text(text.strip())
        self._apply_filter()

    def row(self, place: int) -> ProfileFieldRow:
        """Return the profile field at a row of the filtered table."""
        return self._rows[place]

    def find(self, name: str) -> ProfileFieldRow | None:
        """Return the profile dialog's field of this name, whether or not its filter shows it."""
        return next((row for row in self._all_rows if row.name == name), None)

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
        self._rows = self._matching_rows()
        self.endResetModel()

    def _matching_rows(self) -> list[ProfileFieldRow]:
        wanted = self._filter
        return [
            row
            for row in self._all_rows
            if not wanted or wanted in fold_text(row.name) or wanted in fold_text(row.value)
        ]


def parse_field_value(text: str, type_name: str, before: str = "") -> Json:
    """Parse a value typed into the profile dialog, of a type that `profile_field_type` names.

    A text is taken as it is, unless `before`, the `field_text` it was made from, was quoted; a
    yes/no also as yes, no, on or off. Raises InvalidInput for what is no value of that type.
    """
    is_quoted = before[:1] == '"' and text[:1] == '"'
    if type_name == "text" and not is_quoted:
        return text
    stripped = text.strip()
    if type_name == "yes/no":
        if stripped.casefold() in _YES_NO:
            return _YES_NO[stripped.casefold()]
    else:
        try:
            value: Json = json.loads(stripped, parse_constant=_reject_json_constant)
        except (ValueError, RecursionError):
            value = None
        if profile_field_type(value) == type_name:
            return value
    what, example = _TYPE_EXAMPLES[type_name]
    raise InvalidInput(f"That is not {what}.", "Nothing was saved.", f"Type it like {example}.")


_YES_NO = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_TYPE_EXAMPLES = PROFILE_FIELD_TYPES | {"text": ("a whole text in quotes", '"two\\nlines"')}
# For a field that has no value yet, in the order of a drop-down.
FIELD_TYPES = tuple(_TYPE_EXAMPLES)


def field_text(row: ProfileFieldRow) -> str:
    """Return a value as the profile dialog edits it: a text without quotes, else JSON."""
    if row.type_name == "none":
        return ""
    # With line breaks or the like in it, one line of text would be another value.
    if row.type_name != "text" or not (text := str(json.loads(row.json_text))).isprintable():
        return row.json_text
    return text


def _reject_json_constant(name: str) -> None:
    raise ValueError(name)
