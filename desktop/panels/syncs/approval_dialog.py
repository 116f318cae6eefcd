"""Another admin signs in here, for this one question; what they type is kept nowhere."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.panels.parts.button import primary, secondary
from desktop.panels.parts.label import label
from desktop.panels.theme import fonts


class ApprovalDialog(QDialog):
    """`given` carries address and token; `show_trouble` says why it was not taken."""

    given = Signal(str, str)

    def __init__(self, what: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Another admin allows it")
        self.setAccessibleName("Another admin allows it")
        self.setObjectName("Another admin allows it")
        self.setMinimumWidth(fonts.scaled(420))
        column = QVBoxLayout(self)
        side = fonts.scaled(18)
        column.setContentsMargins(side, side, side, fonts.scaled(14))
        column.setSpacing(fonts.scaled(10))
        column.addWidget(label("Another admin allows it", "title"))
        column.addWidget(label(what, wrap=True))
        column.addWidget(
            label(
                "They sign in to Zendesk here, for this question alone. The token is asked of"
                " Zendesk once and kept nowhere.",
                "muted",
                wrap=True,
            )
        )
        form = QFormLayout()
        form.setHorizontalSpacing(fonts.scaled(12))
        form.setVerticalSpacing(fonts.scaled(8))
        self.email = self._field("E-mail address of the admin")
        self.token = self._field("API token of the admin")
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        form.addRow(label("E-mail address"), self.email)
        form.addRow(label("API token"), self.token)
        column.addLayout(form)
        self.trouble = label("", wrap=True, tone="bad")
        self.trouble.hide()
        column.addWidget(self.trouble)
        self.allow = primary("Allow once", name="Allow once")
        cancel = secondary("Cancel")
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self.allow)
        column.addLayout(row)
        cancel.clicked.connect(self.reject)
        self.allow.clicked.connect(self._on_allow)
        self.token.returnPressed.connect(self._on_allow)
        self.email.setFocus()

    def show_trouble(self, words: str) -> None:
        """Say why it was not taken; it may be tried again."""
        self.trouble.setText(words)
        self.trouble.setVisible(bool(words))
        self.allow.set_enabled(True)

    def _field(self, name: str) -> QLineEdit:
        field = QLineEdit()
        field.setAccessibleName(name)
        field.setObjectName(name)
        field.setMaxLength(400)
        return field

    def _on_allow(self) -> None:
        self.trouble.hide()
        self.allow.set_enabled(False, "Zendesk is being asked.")
        self.given.emit(self.email.text(), self.token.text())
