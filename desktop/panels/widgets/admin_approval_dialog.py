"""The dialog in which another Zendesk admin signs in to approve one thing: a limit, an erasure."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QLineEdit, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.label import label
from desktop.panels.widgets.scrolling_dialog import ScrollingDialog


class AdminApprovalDialog(ScrollingDialog):
    """The dialog of another admin's sign-in; stays open until it was taken, keeps nothing typed."""

    credentials_entered = Signal(str, str)  # e-mail address, API token

    def __init__(
        self, what: str, parent: QWidget | None = None, *, button: str = "Allow once"
    ) -> None:
        """`what` the other admin approves, in a sentence; `button` says what their approval does.

        Nothing is approved by the dialog itself: `credentials_entered` is to be answered by
        `accept` or `show_error`.
        """
        super().__init__("Approval by another admin", parent, width=420)
        self.setObjectName("Approval by another admin")
        self.content.addWidget(label(what, wrap=True))
        self.content.addWidget(
            label(
                "They sign in to Zendesk here, for this approval only. The token is used once and"
                " not saved.",
                "muted",
                wrap=True,
            )
        )
        form = QFormLayout()
        form.setHorizontalSpacing(fonts.scaled(12))
        form.setVerticalSpacing(fonts.scaled(8))
        self.email_field = self._create_field("E-mail address of the admin")
        self.token_field = self._create_field("API token of the admin")
        self.token_field.setEchoMode(QLineEdit.EchoMode.Password)
        form.addRow(label("E-mail address"), self.email_field)
        form.addRow(label("API token"), self.token_field)
        self.content.addLayout(form)
        self.error_label = label("", wrap=True, tone="bad")
        self.error_label.hide()
        # Beside the buttons: it must be read without scrolling.
        self.foot.addWidget(self.error_label)
        self.allow_button = primary_button(button, name=button)
        cancel = secondary_button("Cancel")
        self.add_buttons(cancel, self.allow_button)
        cancel.clicked.connect(self.reject)
        self.allow_button.clicked.connect(self._on_allow)
        self.token_field.returnPressed.connect(self._on_allow)
        self.email_field.setFocus()

    def show_error(self, words: str) -> None:
        """Show why the other admin's sign-in was refused, and let it be tried again."""
        self.error_label.setText(words)
        self.error_label.setVisible(bool(words))
        self.fit_height()
        self.allow_button.set_enabled(True)

    def _create_field(self, name: str) -> QLineEdit:
        field = QLineEdit()
        field.setAccessibleName(name)
        field.setObjectName(name)
        # Zendesk's tokens have 40 characters; addresses at most 320.
        field.setMaxLength(400)
        return field

    def _on_allow(self) -> None:
        self.error_label.hide()
        self.allow_button.set_enabled(False, "Asking Zendesk…")
        self.credentials_entered.emit(self.email_field.text(), self.token_field.text())
