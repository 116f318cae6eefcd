"""Dialog that asks why an event is never sent."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.label import label
from desktop.panels.widgets.scrolling_dialog import ScrollingDialog
from desktop.panels.widgets.text_field import TextField


class IgnoreEventDialog(ScrollingDialog):
    """Asks for the reason for which an event is left aside; Try again brings it back later."""

    reason_given = Signal(str)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__("Ignore this event?", parent)
        self.content.addWidget(
            label(
                f"{title} is not sent, and later events of the same user go on without it. It stays"
                " in the log.",
                wrap=True,
            )
        )
        self.reason_field = TextField("Reason", "Why it is not needed")
        self.content.addWidget(self.reason_field)
        self.cancel_button = secondary_button("Cancel")
        self.ignore_button = primary_button("Ignore", name="Ignore the event")
        self.add_buttons(self.cancel_button, self.ignore_button)
        self.cancel_button.clicked.connect(self.reject)
        self.ignore_button.clicked.connect(self._on_ignore)
        self.reason_field.textChanged.connect(self._on_typed)
        self._on_typed("")
        self.reason_field.setFocus()

    def _on_typed(self, text: str) -> None:
        self.ignore_button.set_enabled(bool(text.strip()), "Say why.")
        self.ignore_button.setDefault(bool(text.strip()))

    def _on_ignore(self) -> None:
        self.reason_given.emit(self.reason_field.text().strip())
        self.accept()
