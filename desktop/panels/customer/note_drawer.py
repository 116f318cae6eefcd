"""The drawer Add note: which ticket, the note for colleagues, and the button."""

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.drawer import Drawer
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.flow_layout import FlowLayout
from desktop.panels.widgets.label import label
from desktop.panels.widgets.text_field import MultilineTextField
from desktop.viewmodels.customer.note_model import NoteModel

_WIDTH = 520  # px of the design


class NoteDrawer(Drawer):
    """The drawer Add note as a widget; Ctrl+Enter adds the note."""

    def __init__(self, model: NoteModel, host: QWidget) -> None:
        super().__init__("Add note", host, width=_WIDTH)
        self._model = model
        self.ticket_dropdown = DropdownField("Ticket")
        self.ticket_dropdown.allow_shrinking()
        self.template_dropdown = DropdownField("Template")
        self.template_dropdown.allow_shrinking()
        self._template_label = label("Template")
        self._template_label.setBuddy(self.template_dropdown)
        self.text_field = MultilineTextField("Note to colleagues")
        self.text_field.setMinimumHeight(fonts.scaled(180))
        self.text_field.setMaximumHeight(fonts.scaled(360))
        self._banner = Banner()
        self.cancel_button = secondary_button("Cancel")
        self.add_button = primary_button("Add internal note")
        ticket = hbox(label("Ticket"))
        ticket.addWidget(self.ticket_dropdown, 1)
        self.body.setSpacing(fonts.scaled(10))
        self.body.addWidget(self._banner)
        self.body.addLayout(ticket)
        template = hbox(self._template_label)
        template.addWidget(self.template_dropdown, 1)
        self.body.addLayout(template)
        self.body.addWidget(self.text_field)
        self.body.addWidget(
            label(
                "Only colleagues see it. You have 10 s to undo; then it stays on the ticket.",
                "muted",
                wrap=True,
            )
        )
        self.body.addStretch(1)
        buttons = FlowLayout(fonts.scaled(8), fonts.scaled(6), alignment="trailing")
        for each in (label("Ctrl+Enter", "small"), self.cancel_button, self.add_button):
            buttons.addWidget(each)
        self.body.addLayout(buttons)
        model.changed.connect(self._on_changed)
        model.sent.connect(self.close_drawer)
        self.ticket_dropdown.chosen.connect(model.choose_ticket)
        self.template_dropdown.chosen.connect(model.choose_template)
        self.text_field.textChanged.connect(self._on_typed)
        self.cancel_button.clicked.connect(self.close_drawer)
        self.close_requested.connect(self.close_drawer)
        self.add_button.clicked.connect(model.submit)
        self.submitted.connect(model.submit)

    def open_for_ticket(self, ticket: int | None = None) -> None:
        """Slide the drawer Add note in for the customer on the sheet, with this ticket chosen."""
        self._model.begin(ticket)
        self.refresh()
        self.slide_in()
        self.text_field.setFocus()

    def close_drawer(self) -> None:
        """Close the drawer Add note; what was typed stays as a draft."""
        if self.isVisible():
            self.slide_out()
            self._model.end()
            # Nothing typed of a customer stays in a drawer that nobody sees; the draft has it.
            with QSignalBlocker(self.text_field):
                self.text_field.clear()

    def refresh(self) -> None:
        """Draw the drawer Add note and its ticket as its model is now."""
        view = self._model.view()
        self.subtitle_label.setText(view.subtitle)
        self.ticket_dropdown.set_options(view.tickets)
        self.ticket_dropdown.set_value(view.ticket)
        has_templates = bool(view.templates)
        self._template_label.setVisible(has_templates)
        self.template_dropdown.setVisible(has_templates)
        none_chosen = ("", "Choose a note…")
        self.template_dropdown.set_options([none_chosen, *((t, t) for t in view.templates)])
        self.template_dropdown.set_value(view.template)
        if self.text_field.toPlainText() != view.text:
            self.text_field.set_value(view.text)
            # What was changed stands there already; one goes on typing after it.
            self.text_field.moveCursor(QTextCursor.MoveOperation.End)
        self._banner.setVisible(bool(view.error))
        if view.error:
            self._banner.show_message("bad", view.error)
        self.add_button.set_enabled(not view.button_reason, view.button_reason)

    def _on_changed(self) -> None:
        if self.isVisible():
            self.refresh()

    def _on_typed(self) -> None:
        self._model.type_text(self.text_field.toPlainText())
