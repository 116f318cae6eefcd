"""Card widget with what people will notice of a simulated file, the one that hurts first."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.check_box import CheckBox
from desktop.panels.widgets.label import PlainLabel, label
from desktop.viewmodels.events.event_consequences import EventConsequence

_SIGNS = {"bad": "!", "warn": "!", "accent": "i"}


class ConsequencesCard(Card):
    """The card widget of consequences, with the tick that sends removals too."""

    removals_ticked = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("What people will notice", parent=parent)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(fonts.scaled(4))
        self.removals_box = CheckBox("Send the removals too", name="Send the removals too")
        self.removals_box.chosen.connect(self.removals_ticked)
        tick = QHBoxLayout()
        tick.addWidget(self.removals_box)
        tick.addStretch(1)
        self.add(self._lines)
        self.add(tick)
        self._shown: tuple[EventConsequence, ...] = ()

    def show_consequences(
        self, consequences: Sequence[EventConsequence], removals: int, *, is_ticked: bool
    ) -> None:
        """Draw the consequences; without any the card is not there."""
        self.setVisible(bool(consequences))
        self.removals_box.setVisible(removals > 0)
        what = "removal" if removals == 1 else f"{removals:,} removals"
        self.removals_box.show_whole_text(f"Send the {what} too")
        self.removals_box.set_value(is_ticked)
        if tuple(consequences) == self._shown:
            return
        self._shown = tuple(consequences)
        while (item := self._lines.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for one in consequences:
            self._lines.addWidget(_line(one))


def _line(consequence: EventConsequence) -> QWidget:
    """Build one line: a sign that says its weight without colour, what, and the rest."""
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(fonts.scaled(8))
    sign = label(_SIGNS.get(consequence.tone, "i"), "title", tone=consequence.tone)
    sign.setFixedWidth(fonts.scaled(10))
    row.addWidget(sign)
    text: PlainLabel = label(
        f"{consequence.title} {consequence.text}", tone=consequence.tone, wrap=True, selectable=True
    )
    row.addWidget(text, 1)
    return line
