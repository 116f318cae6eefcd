"""Who hears how runs of a sync went, when and how."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.panels.parts.card import Card
from desktop.panels.parts.choice_field import ChoiceField
from desktop.panels.parts.label import label
from desktop.panels.syncs.form import check_box, form, text_field
from desktop.panels.theme import fonts
from desktop.viewmodels.syncs.schedule import ScheduleView
from desktop.viewmodels.syncs.schedule_draft import OCCASIONS

_FIELD = 260
_LABEL = 74


class TellingCard(Card):
    """`edited` carries one choice: its name in the draft, and its value."""

    edited = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Who is told", parent=parent)
        self.when = ChoiceField("When somebody is told", OCCASIONS)
        self.desktop = check_box("A notification on the computer that runs it")
        self.email = text_field("E-mail to", "Nobody", longest=2000)
        self.words = label("", wrap=True)
        self.note = label("", wrap=True, tone="warn")
        self.wrong = label("", wrap=True, tone="bad")
        for field in (self.when, self.email):
            field.setMaximumWidth(fonts.scaled(_FIELD))
        self.when.may_shrink()
        self._rows = form()
        when = label("When")
        # As wide as the longest of the card above, so that the fields stand below each other.
        when.setMinimumWidth(fonts.scaled(_LABEL))
        self._rows.addRow(when, self.when)
        self._rows.addRow("", self.desktop)
        self._rows.addRow(label("E-mail to"), self.email)
        self.add(self._rows)
        self.add(8)
        for part in (self.words, self.wrong, self.note):
            self.add(part)
        self.when.chosen.connect(self._on_when)
        self.desktop.clicked.connect(self._on_desktop)
        self.email.textEdited.connect(self._on_email)

    def show_view(self, view: ScheduleView) -> None:
        """Show who is told; what is being typed is not disturbed."""
        telling = view.draft.telling
        self.when.set_value(telling.when)
        self.desktop.setChecked(telling.desktop)
        if self.email.text() != telling.email:
            self.email.setText(telling.email)
            self.email.setCursorPosition(0)
        somebody = telling.when != "never"
        self._rows.setRowVisible(self.desktop, somebody)
        self._rows.setRowVisible(self.email, somebody)
        for part, words in (
            (self.words, view.telling_words),
            (self.wrong, view.telling_wrong),
            (self.note, view.telling_note),
        ):
            part.setText(words)
            part.setVisible(bool(words))

    def _on_when(self, when: str) -> None:
        self.edited.emit("when", when)

    def _on_desktop(self, on: bool) -> None:
        self.edited.emit("desktop", on)

    def _on_email(self, text: str) -> None:
        self.edited.emit("email", text)
