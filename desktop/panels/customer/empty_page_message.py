"""Message in the middle of the Customers page: welcome or nobody found, and a next step."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import Button
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton


class EmptyPageMessage(QWidget):
    """Widget of the Customers page without a sheet.

    `example_chosen`: a demo customer's address; `action_chosen`: the key of a button.
    """

    example_chosen = Signal(str)
    action_chosen = Signal(str)

    def __init__(self, title: str, text: str, examples: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._title = label(title, "heading", wrap=True)
        self._text = label(text, "muted", wrap=True)
        for part in (self._title, self._text):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
        # Two are enough for every state; spare ones are hidden.
        self._buttons = [_ActionButton(self), _ActionButton(self)]
        self._examples = [_ExampleButton(words, self) for words in examples]
        row = hbox(1, label("Try", "muted"), *self._examples, 1)
        self._row = QWidget()
        self._row.setLayout(row)
        self._row.setVisible(bool(examples))
        column = QVBoxLayout(self)
        # A little above the middle, where one looks first.
        column.addStretch(2)
        column.addWidget(self._title)
        column.addSpacing(fonts.scaled(6))
        column.addWidget(self._text)
        column.addSpacing(fonts.scaled(10))
        column.addLayout(hbox(1, *self._buttons, 1))
        column.addWidget(self._row)
        column.addStretch(3)

    def show_message(
        self,
        title: str,
        text: str,
        actions: Sequence[tuple[str, str, str]] = (),
        *,
        examples: bool = False,
    ) -> None:
        """Show the Customers page's message.

        `actions`: (key, text, why it is disabled or "") of at most two buttons.
        """
        self._title.setText(title)
        self._text.setText(text)
        for button in self._buttons[len(actions) :]:
            button.hide()
        for button, (key, words, reason) in zip(self._buttons, actions, strict=False):
            button.show_action(key, words, reason)
        self._row.setVisible(examples and bool(self._examples))


class _ActionButton(Button):
    """Button of the message, which knows its key so that no lambda has to."""

    def __init__(self, message: EmptyPageMessage) -> None:
        super().__init__("", parent=message)
        self._key = ""
        self._message = message
        self.clicked.connect(self._on_clicked)
        self.hide()

    def show_action(self, key: str, words: str, disabled_reason: str) -> None:
        """Draw what this button of the Customers page does, or why it cannot."""
        self._key = key
        self.set_text(words)
        self.set_enabled(not disabled_reason, disabled_reason)
        self.show()

    def _on_clicked(self) -> None:
        self._message.action_chosen.emit(self._key)


class _ExampleButton(LinkButton):
    """Link to a demo customer, which knows the address so that no lambda has to."""

    def __init__(self, words: str, message: EmptyPageMessage) -> None:
        super().__init__(words)
        self._words = words
        self._message = message
        self.clicked.connect(self._on_clicked)

    def _on_clicked(self) -> None:
        self._message.example_chosen.emit(self._words)
