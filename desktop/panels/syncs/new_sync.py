"""The list of syncs that can be added: one click adds one, switched off."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from desktop.panels.parts.button import Button, quiet
from desktop.panels.parts.card import Card
from desktop.panels.parts.label import elided, label
from desktop.panels.theme import fonts
from desktop.viewmodels.syncs.page import Offer


class NewSync(QDialog):
    """`wanted` names the preset to be added."""

    wanted = Signal(str)

    def __init__(self, offers: tuple[Offer, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("New sync")
        self.setAccessibleName("New sync")
        self.setObjectName("New sync")
        self.setMinimumWidth(fonts.scaled(440))
        self._buttons: dict[Button, str] = {}
        column = QVBoxLayout(self)
        side = fonts.scaled(18)
        column.setContentsMargins(side, side, side, fonts.scaled(14))
        column.setSpacing(fonts.scaled(10))
        column.addWidget(label("New sync", "heading"))
        text = "It is added switched off, and can be changed before it runs."
        if not offers:
            text = "Every sync that Fairlead brings along is added already."
        column.addWidget(label(text, "muted", wrap=True))
        for offer in offers:
            column.addWidget(self._card(offer))
        close = quiet("Close")
        close.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(close)
        column.addStretch(1)
        column.addLayout(row)
        first = next(iter(self._buttons), close)
        first.setFocus()

    def _card(self, offer: Offer) -> Card:
        card = Card(offer.title)
        add = Button("Add", name=f"Add {offer.title}")
        add.clicked.connect(self._on_add)
        self._buttons[add] = offer.name
        card.set_corner(add)
        card.add(elided(f"{offer.source} → {offer.target}", "muted"))
        card.add(4)
        card.add(label(offer.description, wrap=True))
        return card

    def _on_add(self) -> None:
        button = self.sender()
        if isinstance(button, Button):
            self.wanted.emit(self._buttons[button])
            self.accept()
