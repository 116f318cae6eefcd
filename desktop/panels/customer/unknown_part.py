"""The part of a customer's drawer that says what cannot be known."""

from PySide6.QtWidgets import QVBoxLayout

from desktop.panels.theme import fonts
from desktop.panels.widgets.label import label


def add_unknown(column: QVBoxLayout, sentences: tuple[str, ...]) -> None:
    """Append to a drawer's rows what cannot be known; nothing without sentences."""
    if not sentences:
        return
    column.addSpacing(fonts.scaled(6))
    column.addWidget(label("What cannot be known", "title"))
    for sentence in sentences:
        column.addWidget(label(sentence, "muted", wrap=True))
