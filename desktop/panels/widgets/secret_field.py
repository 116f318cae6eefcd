"""Password field for a key or secret: hidden, revealed by a link, concealed again after 10 s."""

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.text_field import TextField
from desktop.viewmodels.form import FieldValue

HIDE_DELAY_MS = 10_000  # long enough to compare 32 characters, short on a shared screen
# Sailthru's secrets have 32 characters, OAuth tokens of Zendesk some hundred.
_MAX_LENGTH = 1300


class SecretField(QWidget):
    """A masked QLineEdit for a secret; screen readers get no text of it while it is concealed."""

    chosen = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = TextField(name, max_length=_MAX_LENGTH)
        self.field.chosen.connect(self.chosen)
        self.reveal_button = LinkButton("Show", name=f"Show {name}")
        self._name = name
        row = hbox(self.field, self.reveal_button)
        row.setStretchFactor(self.field, 1)
        self.setLayout(row)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(HIDE_DELAY_MS)
        self._timer.timeout.connect(self.conceal)
        self.reveal_button.clicked.connect(self._on_reveal)
        self.field.installEventFilter(self)
        # A label's buddy and Tab lead into the field, not to the box around it.
        self.setFocusProxy(self.field)
        self.conceal()

    def text(self) -> str:
        """Return the secret typed into the password field."""
        return self.field.text()

    def value(self) -> FieldValue:
        """Return the secret typed into the password field, as a form's value."""
        return self.field.text()

    def set_value(self, value: FieldValue) -> None:
        """Show another secret in the password field, concealed; an empty one clears it."""
        if self.field.text() != value:
            self.field.set_value(value)
            self.conceal()

    def set_enabled(self, enabled: bool, reason: str = "") -> None:
        """Enable the password field, or disable it with the reason in tool tip and description."""
        self.field.set_enabled(enabled, reason)

    def clear(self) -> None:
        """Clear the password field and its undo history: Qt's `clear` would keep that."""
        self.field.setText("")
        self.conceal()

    def is_revealed(self) -> bool:
        """Return whether the password field shows its secret in plain text."""
        return self.field.echoMode() is QLineEdit.EchoMode.Normal

    def conceal(self) -> None:
        """Show dots in the password field instead of the secret again."""
        self._timer.stop()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.reveal_button.set_text("Show")
        self.reveal_button.set_name(f"Show {self._name}")

    def hideEvent(self, event: QHideEvent) -> None:
        # A page that is left shows no key when it comes back.
        super().hideEvent(event)
        self.conceal()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Another window may be on a shared screen: the secret is concealed there.
        if event.type() == QEvent.Type.WindowDeactivate:
            self.conceal()
        return super().eventFilter(watched, event)

    def _on_reveal(self) -> None:
        if self.is_revealed():
            self.conceal()
            return
        self.field.setEchoMode(QLineEdit.EchoMode.Normal)
        self.reveal_button.set_text("Hide")
        self.reveal_button.set_name(f"Hide {self._name}")
        self._timer.start()
