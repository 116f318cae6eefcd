"""The drawer Ask a lead: what is wanted, why, on which ticket, and the button."""

from PySide6.QtWidgets import QWidget

from desktop.model.edit import EditKind
from desktop.panels.theme import fonts
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.check_box import CheckBox
from desktop.panels.widgets.drawer import Drawer
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.label import label
from desktop.panels.widgets.text_field import MultilineTextField
from desktop.viewmodels.customer.ask_lead_model import AskLeadModel

_WIDTH = 460  # px of the design
_EXPLANATION = (
    "Somebody with the right sees it on this computer, on the customer's sheet and in Activity."
    " Other computers show it only as a note on the ticket."
)


class AskLeadDrawer(Drawer):
    """The drawer Ask a lead as a widget; Ctrl+Enter asks."""

    def __init__(self, model: AskLeadModel, host: QWidget) -> None:
        super().__init__("Ask a lead", host, width=_WIDTH)
        self._model = model
        self.wanted_dropdown = DropdownField("What you ask for")
        self.wanted_dropdown.allow_shrinking()
        self.ticket_dropdown = DropdownField("Ticket")
        self.ticket_dropdown.allow_shrinking()
        self.reason_field = MultilineTextField("Reason for the lead")
        self.note_box = CheckBox("Also as an internal note on the ticket")
        self._banner = Banner()
        self.cancel_button = secondary_button("Cancel")
        self.ask_button = primary_button("Ask")
        self.body.setSpacing(fonts.scaled(10))
        self.body.addWidget(self._banner)
        for words, control in (
            ("Ask for", self.wanted_dropdown),
            ("Why", self.reason_field),
            ("Ticket", self.ticket_dropdown),
        ):
            name = label(words)
            name.setBuddy(control)
            name.setFixedWidth(fonts.scaled(52))
            row = hbox(name)
            row.addWidget(control, 1)
            self.body.addLayout(row)
        self.body.addWidget(self.note_box)
        self.body.addWidget(label(_EXPLANATION, "muted", wrap=True))
        self.body.addStretch(1)
        keys = label("Ctrl+Enter", "small")
        self.body.addLayout(hbox(1, keys, self.cancel_button, self.ask_button))
        model.changed.connect(self._on_changed)
        model.asked.connect(self.close_drawer)
        self.wanted_dropdown.chosen.connect(model.choose)
        self.ticket_dropdown.chosen.connect(model.choose_ticket)
        self.reason_field.textChanged.connect(self._on_typed)
        self.note_box.chosen.connect(model.set_adds_note)
        self.cancel_button.clicked.connect(self.close_drawer)
        self.close_requested.connect(self.close_drawer)
        self.ask_button.clicked.connect(model.submit)
        self.submitted.connect(model.submit)

    def open_for(self, kind: EditKind | None) -> None:
        """Slide the drawer Ask a lead in, with the first refused change of a kind chosen."""
        self._model.begin(kind)
        self.refresh()
        self.slide_in()
        self.reason_field.setFocus()

    def close_drawer(self) -> None:
        """Close the drawer Ask a lead; the reason stays as a draft."""
        if self.isVisible():
            self.slide_out()
            self._model.end()

    def refresh(self) -> None:
        """Draw the drawer Ask a lead as its model is now."""
        view = self._model.view()
        self.subtitle_label.setText(view.subtitle)
        self.wanted_dropdown.set_options(view.choices)
        self.wanted_dropdown.set_value(view.choice)
        self.ticket_dropdown.set_options(view.tickets)
        self.ticket_dropdown.set_value(view.ticket)
        self.reason_field.set_value(view.reason)
        self.note_box.set_value(view.adds_note)
        self.note_box.set_enabled(not view.note_reason, view.note_reason)
        self._banner.setVisible(bool(view.error))
        if view.error:
            self._banner.show_message("bad", view.error)
        self.ask_button.set_enabled(not view.button_reason, view.button_reason)

    def _on_changed(self) -> None:
        if self.isVisible():
            self.refresh()

    def _on_typed(self) -> None:
        self._model.type_reason(self.reason_field.toPlainText())
