"""The dialog of the people table's columns: which are shown, in which order, from which service."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop.model.audience_person import AudienceColumn, PeopleColumn, UserFieldColumn
from desktop.model.service import Service
from desktop.panels.audience.people_table_view import paint_badge
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import Button, icon_button, primary_button, secondary_button
from desktop.panels.widgets.check_box import CheckBox
from desktop.panels.widgets.label import label
from desktop.panels.widgets.scrolling_dialog import ScrollingDialog
from desktop.viewmodels.audience.people_table_model import DEFAULT_TABLE_COLUMNS

_BADGE_PX = 13


class SourceBadge(QWidget):
    """The badge of the service that tells a column: Z of Zendesk, S of Sailthru."""

    def __init__(self, service: Service, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self.setToolTip(f"From {service.title}")
        self.rescale_lengths(1.0)

    def rescale_lengths(self, _scale: float) -> None:
        """Scale the rows of the dialog of columns to another zoom."""
        side = fonts.scaled(_BADGE_PX)
        self.setFixedSize(QSize(side, side))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_badge(painter, QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), self._service)


class ColumnsDialog(ScrollingDialog):
    """Which columns the table of people has behind the name, and in which order."""

    chosen = Signal(object)  # the columns in order, the name first

    def __init__(
        self, shown: Sequence[PeopleColumn], parent: QWidget, fields: Sequence[str] = ()
    ) -> None:
        """`fields` are the names of the account's own user fields, `field.KEY` each."""
        super().__init__("Columns of the people table", parent)
        self.content.addWidget(
            label("The name and its address come first. Where the window is narrow, the last"
                  " columns are left out.", "muted", wrap=True)
        )  # fmt: skip
        self._rows: dict[PeopleColumn, _ColumnRow] = {}
        self._order: list[PeopleColumn] = []
        for column in (*AudienceColumn, *map(UserFieldColumn, fields)):
            if column is AudienceColumn.NAME:
                continue
            row = self._rows[column] = _ColumnRow(column)
            row.box.chosen.connect(self._update)
            row.up_button.clicked.connect(partial(self._move, column, -1))
            row.down_button.clicked.connect(partial(self._move, column, 1))
        self.usual_button = secondary_button("Usual columns")
        self.show_button = primary_button("Show these", name="Show these columns")
        cancel = secondary_button("Cancel")
        self.add_buttons(self.usual_button, cancel, self.show_button)
        self.usual_button.clicked.connect(partial(self.show_columns, DEFAULT_TABLE_COLUMNS))
        cancel.clicked.connect(self.reject)
        self.show_button.clicked.connect(self._on_show)
        self.show_columns(shown)

    def row(self, column: PeopleColumn) -> "_ColumnRow":
        """Return a column's row, with its check box and its buttons."""
        return self._rows[column]

    def show_columns(self, shown: Sequence[PeopleColumn]) -> None:
        """Tick these columns, in this order, the others below them."""
        ticked = [column for column in shown if column in self._rows]
        self._order = [*ticked, *(column for column in self._rows if column not in ticked)]
        for column, row in self._rows.items():
            row.box.set_value(column in ticked)
        self._lay_out()

    def _lay_out(self) -> None:
        for column in self._order:
            # Added again, a widget moves to the end.
            self.content.addWidget(self._rows[column])
        self._update()

    def _move(self, column: PeopleColumn, step: int) -> None:
        place = self._order.index(column)
        self._order.remove(column)
        self._order.insert(place + step, column)
        row = self._rows[column]
        pressed = row.up_button if step < 0 else row.down_button
        self._lay_out()
        # At an end its button is off: the other one goes back.
        other = row.down_button if step < 0 else row.up_button
        (pressed if pressed.isEnabled() else other).setFocus()
        self.scroll_to(row)

    def _update(self, *_values: object) -> None:
        for place, column in enumerate(self._order):
            row = self._rows[column]
            row.up_button.set_enabled(place > 0, "It is the first already.")
            is_last = place == len(self._order) - 1
            row.down_button.set_enabled(not is_last, "It is the last already.")

    def _on_show(self) -> None:
        ticked = (column for column in self._order if self._rows[column].box.isChecked())
        self.accept()
        self.chosen.emit((AudienceColumn.NAME, *ticked))


class _ColumnRow(QWidget):
    """One column: a check box, the badge of its source, and buttons that move it."""

    def __init__(self, column: PeopleColumn) -> None:
        super().__init__()
        text = column.label
        self.box = CheckBox(text, name=f"{text}, from {column.service.title}")
        self.up_button: Button = icon_button("chevron-up", f"Move {text} up")
        self.down_button: Button = icon_button("chevron-down", f"Move {text} down")
        line = hbox(self.box, SourceBadge(column.service), 1, self.up_button, self.down_button)
        line.setContentsMargins(0, 0, 0, 0)
        self.setLayout(line)
