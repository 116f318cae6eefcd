"""Table of facts: label, value and small note in aligned columns; values can be copied."""

from collections.abc import Sequence

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import ROW_HEIGHT
from desktop.panels.widgets.box_layout import WIDGET_SIZE_MAX
from desktop.panels.widgets.copy_menu import CopyMenu
from desktop.panels.widgets.label import ElidedLabel, elided_label
from desktop.viewmodels.key_value_row import KeyValueRow

_GAP = 10  # px at the base font
_LABEL_WIDTH_SHARE = 0.4  # of the whole, at most
_NOTE_WIDTH_SHARE = 0.42  # of the room of value and note


class KeyValueTable(QFrame):
    """Table widget of facts; rows that stay keep their widgets, so no update flickers."""

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
        self._has_small_labels = small_labels
        self._rows: list[tuple[ElidedLabel, ElidedLabel, ElidedLabel]] = []
        self._copy_menus: list[CopyMenu] = []  # of each row's value
        self._shapes: list[tuple[bool, bool]] = []  # of each row: has a value, has a note
        self._shown: list[
            tuple[KeyValueRow, int] | None
        ] = []  # of each row: what stands there, height
        self._label_width = label_width
        self._shown_label_width = fonts.scaled(label_width)  # px: wider for longer labels
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(fonts.scaled(_GAP))
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(1, 1)

    def set_rows(self, rows: Sequence[KeyValueRow]) -> None:
        """Replace the fact table's rows of label and value."""
        while len(self._rows) < len(rows):
            self._append_row()
        height = fonts.scaled(ROW_HEIGHT - 1)
        if self._shown == [(row, height) for row in rows] + [None] * (len(self._rows) - len(rows)):
            return
        for place, row in enumerate(rows):
            if self._shown[place] != (row, height):
                self._shown[place] = (row, height)
                self._fill_row(place, row, height)
        for place in range(len(rows), len(self._rows)):
            if self._shown[place] is None:
                continue
            self._shown[place] = None
            # A grid layout keeps the minimum height of a row whose cells are hidden.
            for cell in self._rows[place]:
                cell.hide()
            self._grid.setRowMinimumHeight(place, 0)
        self._fit_label_width()
        self._limit_note_width()

    def reserve_rows(self, count: int) -> None:
        """Create the fact table's widgets of this many rows before they are needed."""
        while len(self._rows) < count:
            place = len(self._rows)
            self._append_row()
            self._shapes[place] = (True, True)
            _name, value, note = cells = self._rows[place]
            self._grid.addWidget(value, place, 1)
            self._grid.addWidget(note, place, 2)
            for cell in cells:
                cell.hide()

    def row_cells(self, place: int) -> tuple[ElidedLabel, ElidedLabel, ElidedLabel]:
        """Return the label, value and note widgets of one row in the fact table."""
        return self._rows[place]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_label_width()
        self._limit_note_width()

    def _append_row(self) -> None:
        name = elided_label("", "small" if self._has_small_labels else "muted")
        name.setFixedWidth(self._shown_label_width)
        value = elided_label("", selectable=True)
        self._copy_menus.append(CopyMenu(value))
        note = elided_label("", "small", align_right=True)
        place = len(self._rows)
        self._grid.addWidget(name, place, 0)
        self._rows.append((name, value, note))
        self._shapes.append((False, False))
        self._shown.append(None)

    def _fill_row(self, place: int, row: KeyValueRow, height: int) -> None:
        name, value, note = self._rows[place]
        self._grid.setRowMinimumHeight(place, height)
        name.setText(row.label)
        value.setText(row.value)
        value.set_tone(row.tone)
        value.set_tooltip(row.tip)
        self._copy_menus[place].set_entries(*_copy_entries(row))
        note.setText(row.note)
        note.set_tone(row.note_tone)
        note.set_tooltip(row.note_tip)
        # Where there is no note the value has its room too, and the other way round.
        shape = (bool(row.value), bool(row.note))
        if self._shapes[place] != shape or self._grid.indexOf(value) < 0:
            self._shapes[place] = shape
            self._grid.removeWidget(value)
            self._grid.removeWidget(note)
            self._grid.addWidget(value, place, 1, 1, 1 if row.note else 2)
            self._grid.addWidget(note, place, 2 if row.value else 1, 1, 1 if row.value else 2)
        name.show()
        value.setVisible(bool(row.value) or not row.note)
        note.setVisible(bool(row.note))

    def _fit_label_width(self) -> None:
        """Make the labels as wide as the longest, where the values keep most of the room."""
        names = [cells[0] for cells, shown in zip(self._rows, self._shown, strict=True) if shown]
        longest = max((name.sizeHint().width() for name in names), default=0)
        usual = fonts.scaled(self._label_width)
        width = max(usual, min(longest, round(self.width() * _LABEL_WIDTH_SHARE)))
        self._shown_label_width = width
        for name, _value, _note in self._rows:
            # Asked of the label itself: another zoom has changed it meanwhile.
            if name.maximumWidth() != width:
                name.setFixedWidth(width)

    def _limit_note_width(self) -> None:
        # A long note takes at most its part, the value keeps the larger one.
        room = self.width() - self._shown_label_width - 2 * fonts.scaled(_GAP)
        for (_name, _value, note), (has_value, _) in zip(self._rows, self._shapes, strict=True):
            note.setMaximumWidth(
                max(round(room * _NOTE_WIDTH_SHARE), 1) if has_value else WIDGET_SIZE_MAX
            )


def _copy_entries(row: KeyValueRow) -> tuple[tuple[str, str], ...]:
    """Return what a fact's context menu copies; empty: its whole text alone."""
    if not row.merge_tag:
        return ()
    return (("Copy", row.value), (f"Copy merge tag {row.merge_tag}", row.merge_tag))
