"""Tickets: number, subject, state and age in columns; a click opens Zendesk in the browser."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from desktop.panels.customer.boxes import line
from desktop.panels.customer.framed import show_frame
from desktop.panels.customer.panel import SheetPanel
from desktop.panels.parts.chip import Chip, State
from desktop.panels.parts.label import ElidedLabel, elided
from desktop.panels.parts.link import LinkButton
from desktop.panels.theme import fonts
from desktop.viewmodels.customer.tickets import TicketRow
from desktop.viewmodels.sheet import SheetModel

_STATES: dict[str, State] = {
    "new": "new",
    "open": "open",
    "pending": "pending",
    "hold": "hold",
    "solved": "solved",
    "closed": "closed",
}


class TicketsPanel(SheetPanel):
    """`link_opened` carries the address of a ticket in Zendesk."""

    link_opened = Signal(str)

    def __init__(self, model: SheetModel, parent: QWidget | None = None) -> None:
        super().__init__("Tickets", model, parent=parent)
        self._lines: list[_TicketLine] = []
        self._all_url = ""
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(fonts.scaled(8))
        self._grid.setVerticalSpacing(fonts.scaled(2))
        self._grid.setColumnStretch(1, 1)
        self.add(self._grid)
        self._older = LinkButton("")
        self._older.clicked.connect(self._on_older)
        self._all = LinkButton("Open in Zendesk")
        self._all.clicked.connect(self._on_all)
        self.add(line(self._older, 1, self._all))

    def refresh(self) -> None:
        """Show the newest view."""
        if self.model.sheet is None:
            return
        view = self.model.views.tickets()
        if not show_frame(self, view.frame, rows=4):
            return
        self.reserve(len(view.rows))
        for shown, row in zip(self._lines, view.rows, strict=False):
            shown.show_row(row)
        for spare in self._lines[len(view.rows) :]:
            spare.hide()
        everything = self.model.views.shows_all("tickets")
        self._older.set_text("Show fewer" if everything and not view.older else view.older)
        self._older.setVisible(bool(view.older) or everything)
        self._all_url = view.all_url
        self._all.setVisible(bool(view.all_url))

    def reserve(self, count: int) -> None:
        """Make the widgets of this many rows before they are wanted; spare ones stay for later."""
        while len(self._lines) < count:
            made = _TicketLine(self._grid, len(self._lines), self)
            made.number.clicked.connect(made.on_clicked)
            self._lines.append(made)

    def _on_older(self) -> None:
        self.model.show_all("tickets")

    def _on_all(self) -> None:
        self.link_opened.emit(self._all_url)


class _TicketLine:
    """The widgets of one row of the grid."""

    def __init__(self, grid: QGridLayout, place: int, panel: TicketsPanel) -> None:
        self._panel = panel
        self._grid, self._place = grid, place
        self._url = ""
        self.number = LinkButton("")
        self._subject = elided("")
        self._state = Chip("", "open", min_width=70)
        self._age: ElidedLabel = elided("", "small", align_right=True)
        self._age.setMinimumWidth(fonts.scaled(44))
        for column, widget in enumerate(self._widgets()):
            grid.addWidget(widget, place, column)
            widget.hide()

    def show_row(self, row: TicketRow) -> None:
        """Show one ticket."""
        self._url = row.url
        self.number.set_text(row.number)
        self.number.set_name(f"{row.number} {row.subject}, {row.state_words}, open in Zendesk")
        self.number.set_enabled(bool(row.url), "Zendesk is not connected.")
        subject = f"{row.priority}: {row.subject}" if row.priority else row.subject
        self._subject.setText(subject)
        self._subject.set_tip(row.tip)
        self._state.set_state(row.state_words, _STATES.get(row.state, "neutral"), row.tip)
        self._age.setText(row.age)
        self._age.set_tip(row.tip)
        self._grid.setRowMinimumHeight(self._place, fonts.scaled(24))
        for widget in self._widgets():
            widget.show()

    def on_clicked(self) -> None:
        """Open it in the browser."""
        self._panel.link_opened.emit(self._url)

    def hide(self) -> None:
        """Show no ticket. The grid remembers rows for ever: an empty one must have no height."""
        self._grid.setRowMinimumHeight(self._place, 0)
        for widget in self._widgets():
            widget.hide()

    def _widgets(self) -> tuple[QWidget, ...]:
        return (self.number, self._subject, self._state, self._age)
