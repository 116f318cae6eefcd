"""Customer panel “Tickets”: number, subject, state and age; a click opens Zendesk."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from desktop.panels.customer.sheet_panel import SheetPanel
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.chip import Chip
from desktop.panels.widgets.copy_menu import CopyMenu
from desktop.panels.widgets.label import ElidedLabel, elided_label
from desktop.panels.widgets.link_button import LinkButton
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.customer.tickets_view import TicketRow, build_tickets_view


class TicketsPanel(SheetPanel):
    """Panel widget of tickets; `link_requested` carries a ticket's address in Zendesk."""

    key = "tickets"
    link_requested = Signal(str)
    note_requested = Signal()  # an internal note on one of the tickets
    mail_requested = Signal()  # the customer's last e-mails

    def __init__(self, model: CustomerSheetModel, parent: QWidget | None = None) -> None:
        super().__init__("Tickets", model, parent=parent)
        self._lines: list[_TicketRowWidgets] = []
        self._all_url = ""
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(fonts.scaled(8))
        self._grid.setVerticalSpacing(fonts.scaled(2))
        self._grid.setColumnStretch(1, 1)
        self.add(self._grid)
        self._show_older_button = LinkButton("")
        self._show_older_button.clicked.connect(self._on_more)
        self._open_in_zendesk_button = LinkButton("Open in Zendesk")
        self._open_in_zendesk_button.clicked.connect(self._on_open_in_zendesk)
        self.add_note_button = LinkButton("Add note…", name="Add note")
        self.add_note_button.clicked.connect(self.note_requested)
        self.mail_button = LinkButton("Did the mail go out?")
        self.mail_button.clicked.connect(self.mail_requested)
        self.add(hbox(self.mail_button, 1))
        self.add(
            hbox(self._show_older_button, self.add_note_button, 1, self._open_in_zendesk_button)
        )

    def show_context(self, context: CustomerContext) -> None:
        view = build_tickets_view(context)
        if not self.show_panel_state(view.panel_state, rows=4):
            return
        self.reserve_rows(len(view.rows))
        for shown, row in zip(self._lines, view.rows, strict=False):
            shown.show_row(row)
        for spare in self._lines[len(view.rows) :]:
            spare.hide()
        is_expanded = self.key in context.expanded_panels
        self._show_older_button.set_text(
            "Show fewer" if is_expanded and not view.older_text else view.older_text
        )
        self._show_older_button.setVisible(bool(view.older_text) or is_expanded)
        self._all_url = view.all_url
        self._open_in_zendesk_button.setVisible(bool(view.all_url))
        self.mail_button.setVisible(context.sheet.profile.value is not None)
        self.add_note_button.setVisible(view.can_add_note)
        self.add_note_button.set_enabled(not view.note_reason, view.note_reason)

    def reserve_rows(self, count: int) -> None:
        """Create the widgets of this many tickets; spare ones are hidden and kept."""
        while len(self._lines) < count:
            made = _TicketRowWidgets(self._grid, len(self._lines), self)
            made.number.clicked.connect(made.on_clicked)
            self._lines.append(made)

    def _on_open_in_zendesk(self) -> None:
        self.link_requested.emit(self._all_url)


class _TicketRowWidgets:
    """The four widgets of one ticket in the panel's grid."""

    def __init__(self, grid: QGridLayout, place: int, panel: TicketsPanel) -> None:
        self._panel = panel
        self._grid, self._place = grid, place
        self._url = ""
        self.number = LinkButton("")
        self._copy_menu = CopyMenu(self.number)
        self._subject = elided_label("")
        # As wide as “Pending”, so that the column is straight.
        self._state = Chip("", "open", min_width=70)
        self._age: ElidedLabel = elided_label("", "small", align_right=True)
        self._age.setMinimumWidth(fonts.scaled(44))  # “12 min” in small print
        for column, widget in enumerate(self._widgets()):
            grid.addWidget(widget, place, column)
            widget.hide()

    def show_row(self, row: TicketRow) -> None:
        """Draw a ticket in this row of the Tickets panel."""
        self._url = row.url
        self.number.set_text(row.number)
        self.number.set_name(f"{row.number} {row.subject}, {row.state_text}, open in Zendesk")
        self.number.set_enabled(bool(row.url), "Zendesk is not connected.")
        subject = f"{row.priority}: {row.subject}" if row.priority else row.subject
        self._subject.setText(subject)
        self._subject.set_tooltip(row.tooltip)
        self._copy_menu.set_entries(("Copy link", row.url), ("Copy number", row.number))
        self._state.set_state(row.state_text, row.state, row.tooltip)
        self._age.setText(row.age)
        self._age.set_tooltip(row.tooltip)
        self._grid.setRowMinimumHeight(self._place, fonts.scaled(24))
        for widget in self._widgets():
            widget.show()

    def on_clicked(self) -> None:
        """Ask for the clicked ticket to be opened in the browser."""
        self._panel.link_requested.emit(self._url)

    def hide(self) -> None:
        """Hide a ticket's row and its height: a grid layout remembers empty rows' minimum."""
        self._grid.setRowMinimumHeight(self._place, 0)
        for widget in self._widgets():
            widget.hide()

    def _widgets(self) -> tuple[QWidget, ...]:
        return (self.number, self._subject, self._state, self._age)
