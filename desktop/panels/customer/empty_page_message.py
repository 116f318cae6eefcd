"""Message in the middle of the Customers page: welcome or nobody found, and a next step."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton


class EmptyPageMessage(QWidget):
    """Widget of the Customers page without a sheet; `example_chosen`: a demo customer's address."""

    example_chosen = Signal(str)

    def __init__(self, title: str, text: str, examples: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._title = label(title, "heading", wrap=True)
        self._text = label(text, "muted", wrap=True)
        for part in (self._title, self._text):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.action_button = secondary_button("")
        self.action_button.hide()
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
        column.addWidget(self.action_button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._row)
        column.addStretch(3)

    def show_message(self, title: str, text: str, act: str = "", *, examples: bool = False) -> None:
        """Show the Customers page's message; `act` is the text of the button with the next step."""
        self._title.setText(title)
        self._text.setText(text)
        self.action_button.set_text(act)
        self.action_button.setVisible(bool(act))
        self._row.setVisible(examples and bool(self._examples))


class _ExampleButton(LinkButton):
    """Link to a demo customer, which knows the address so that no lambda has to."""

    def __init__(self, words: str, message: EmptyPageMessage) -> None:
        super().__init__(words)
        self._words = words
        self._message = message
        self.clicked.connect(self._on_clicked)

    def _on_clicked(self) -> None:
        self._message.example_chosen.emit(self._words)
