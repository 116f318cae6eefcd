"""Rows of label, value and small note on aligned columns; values can be selected and copied."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QGridLayout, QWidget

from desktop.panels.parts.label import ElidedLabel, Tone, elided
from desktop.panels.theme import fonts
from desktop.panels.theme.tokens import ROW


@dataclass(frozen=True)
class Row:
    """One row; `tip` is the value's (an absolute time), `tone` colours the value."""

    label: str
    value: str
    note: str = ""
    tip: str = ""
    note_tip: str = ""
    tone: Tone = "text"
    note_tone: Tone = "muted"


class KeyValue(QWidget):
    """A table of facts. Rows that stay keep their widgets, so an update does not flicker."""

    def __init__(
        self,
        name: str = "",
        *,
        label_width: int = 102,
        small_labels: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._small = small_labels
        self._rows: list[tuple[ElidedLabel, ElidedLabel, ElidedLabel]] = []
        self._label_width = label_width
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(fonts.scaled(10))
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(1, 1)

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows."""
        while len(self._rows) < len(rows):
            self._append()
        for place, row in enumerate(rows):
            self._fill(place, row)
        for place in range(len(rows), len(self._rows)):
            for cell in self._rows[place]:
                cell.hide()
            self._grid.setRowMinimumHeight(place, 0)

    def cells(self, place: int) -> tuple[ElidedLabel, ElidedLabel, ElidedLabel]:
        """Return label, value and note of one row."""
        return self._rows[place]

    def _append(self) -> None:
        name = elided("", "small" if self._small else "muted")
        name.setFixedWidth(fonts.scaled(self._label_width))
        value = elided("", selectable=True)
        note = elided("", "small", align_right=True)
        place = len(self._rows)
        for column, cell in enumerate((name, value, note)):
            self._grid.addWidget(cell, place, column)
        self._rows.append((name, value, note))

    def _fill(self, place: int, row: Row) -> None:
        name, value, note = self._rows[place]
        self._grid.setRowMinimumHeight(place, fonts.scaled(ROW - 1))
        name.setText(row.label)
        value.setText(row.value)
        value.set_tone(row.tone)
        value.set_tip(row.tip)
        note.setText(row.note)
        note.set_tone(row.note_tone)
        note.set_tip(row.note_tip)
        name.show()
        value.show()
        note.setVisible(bool(row.note))
