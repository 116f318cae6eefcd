"""A sentence in the middle of the page, what to do next, and in the demo whom to try."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.panels.customer.boxes import line
from desktop.panels.parts.button import secondary
from desktop.panels.parts.label import label
from desktop.panels.parts.link import LinkButton
from desktop.panels.theme import fonts


class Message(QWidget):
    """`asked` carries an example that was chosen."""

    asked = Signal(str)

    def __init__(self, title: str, text: str, examples: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._title = label(title, "heading", wrap=True)
        self._text = label(text, "muted", wrap=True)
        for part in (self._title, self._text):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.act = secondary("")
        self.act.hide()
        self._examples = [_Example(words, self) for words in examples]
        row = line(1, label("Try", "muted"), *self._examples, 1)
        self._row = QWidget()
        self._row.setLayout(row)
        self._row.setVisible(bool(examples))
        column = QVBoxLayout(self)
        column.addStretch(2)
        column.addWidget(self._title)
        column.addSpacing(fonts.scaled(6))
        column.addWidget(self._text)
        column.addSpacing(fonts.scaled(10))
        column.addWidget(self.act, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._row)
        column.addStretch(3)

    def say(self, title: str, text: str, act: str = "", *, examples: bool = False) -> None:
        """Say this; `act` is the one next step."""
        self._title.setText(title)
        self._text.setText(text)
        self.act.set_text(act)
        self.act.setVisible(bool(act))
        self._row.setVisible(examples and bool(self._examples))


class _Example(LinkButton):
    """Somebody to look up; knows whom so that no lambda has to."""

    def __init__(self, words: str, message: Message) -> None:
        super().__init__(words)
        self._words = words
        self._message = message
        self.clicked.connect(self._on_clicked)

    def _on_clicked(self) -> None:
        self._message.asked.emit(self._words)
