"""A field for a key: hidden, shown on wish, and hidden again by itself."""

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.link_button import LinkButton

HIDE_DELAY_MS = 10_000


class SecretField(QWidget):
    """What is typed is never in an accessible text while it is hidden."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = QLineEdit()
        self.field.setAccessibleName(name)
        self.field.setObjectName(name)
        self.field.setMaxLength(1300)
        self.reveal_button = LinkButton("Show", name=f"Show {name}")
        self._name = name
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(fonts.scaled(8))
        row.addWidget(self.field, 1)
        row.addWidget(self.reveal_button)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(HIDE_DELAY_MS)
        self._timer.timeout.connect(self.conceal)
        self.reveal_button.clicked.connect(self._on_reveal)
        self.field.installEventFilter(self)
        self.setFocusProxy(self.field)
        self.conceal()

    def text(self) -> str:
        """What was typed."""
        return self.field.text()

    def clear(self) -> None:
        """Forget what was typed, undo history included."""
        self.field.setText("")
        self.conceal()

    def is_revealed(self) -> bool:
        """Whether the key can be read on the screen."""
        return self.field.echoMode() is QLineEdit.EchoMode.Normal

    def conceal(self) -> None:
        """Hide it again."""
        self._timer.stop()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.reveal_button.set_text("Show")
        self.reveal_button.set_name(f"Show {self._name}")

    def hideEvent(self, event: QHideEvent) -> None:
        """A page that is left shows no key when it comes back."""
        super().hideEvent(event)
        self.conceal()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hide when the keyboard goes to another window."""
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
