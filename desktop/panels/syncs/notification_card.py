"""The card that says who is told of a sync's runs: when, on screen, by e-mail."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.panels.syncs.form_fields import create_check_box, create_form_layout, create_text_field
from desktop.panels.theme import fonts
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.label import label
from desktop.viewmodels.syncs.schedule_draft import NOTIFICATION_LABELS
from desktop.viewmodels.syncs.schedule_model import ScheduleView

_FIELD_WIDTH = 260
_LABEL_WIDTH = 74


class NotificationCard(Card):
    """Shows the notification part of a schedule's draft."""

    edited = Signal(str, object)  # a field of NotificationDraft, and its value

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Who is told", parent=parent)
        self.when_dropdown = DropdownField("When somebody is told", NOTIFICATION_LABELS)
        self.desktop_box = create_check_box("A notification on the computer that runs it")
        self.email_field = create_text_field("E-mail to", "Nobody", max_length=2000)
        self.summary_label = label("", wrap=True)
        self.note_text = label("", wrap=True, tone="warn")
        self.error_label = label("", wrap=True, tone="bad")
        for field in (self.when_dropdown, self.email_field):
            field.setMaximumWidth(fonts.scaled(_FIELD_WIDTH))
        self.when_dropdown.allow_shrinking()
        self._rows = create_form_layout()
        when = label("When")
        # As wide as the longest of the card above, so that the fields stand below each other.
        when.setMinimumWidth(fonts.scaled(_LABEL_WIDTH))
        self._rows.addRow(when, self.when_dropdown)
        self._rows.addRow("", self.desktop_box)
        self._rows.addRow(label("E-mail to"), self.email_field)
        self.add(self._rows)
        self.add(8)
        for part in (self.summary_label, self.error_label, self.note_text):
            self.add(part)
        self.when_dropdown.chosen.connect(self._on_when)
        self.desktop_box.clicked.connect(self._on_desktop)
        self.email_field.textEdited.connect(self._on_email)

    def show_view(self, view: ScheduleView) -> None:
        """Show the notifications of a draft; what is being typed is not disturbed."""
        notification = view.draft.telling
        self.when_dropdown.set_value(notification.when)
        self.desktop_box.setChecked(notification.desktop)
        # Else the cursor would jump to the end with every key.
        if self.email_field.text() != notification.email:
            self.email_field.setText(notification.email)
            self.email_field.setCursorPosition(0)
        somebody = notification.when != "never"
        self._rows.setRowVisible(self.desktop_box, somebody)
        self._rows.setRowVisible(self.email_field, somebody)
        for part, words in (
            (self.summary_label, view.notification_text),
            (self.error_label, view.notification_error),
            (self.note_text, view.notification_note),
        ):
            part.setText(words)
            part.setVisible(bool(words))

    def _on_when(self, when: str) -> None:
        self.edited.emit("when", when)

    def _on_desktop(self, on: bool) -> None:
        self.edited.emit("desktop", on)

    def _on_email(self, text: str) -> None:
        self.edited.emit("email", text)
