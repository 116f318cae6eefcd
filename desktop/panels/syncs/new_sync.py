"""The syncs that can be added: one click adds one, switched off."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from desktop.panels.parts.button import Button, quiet
from desktop.panels.parts.card import Card
from desktop.panels.parts.label import elided, label
from desktop.panels.theme import fonts
from desktop.viewmodels.syncs.page import Offer


class Offers(QWidget):
    """A card for each; `wanted` names the preset to be added."""

    wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons: dict[Button, str] = {}
        self._cards: list[Card] = []
        self._shown: tuple[tuple[Offer, ...], str] | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(fonts.scaled(9))

    def show_offers(self, offers: tuple[Offer, ...], why_not: str = "") -> None:
        """Show these; `why_not`: why none can be added."""
        if self._shown == (offers, why_not):
            return
        self._shown = (offers, why_not)
        for card in self._cards:
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._buttons, self._cards = {}, []
        for offer in offers:
            card = self._card(offer, why_not)
            self._cards.append(card)
            self._column.addWidget(card)

    def first(self) -> Button | None:
        """The first button."""
        return next(iter(self._buttons), None)

    def _card(self, offer: Offer, why_not: str) -> Card:
        card = Card(offer.title)
        add = Button("Add", name=f"Add {offer.title}")
        add.set_enabled(not why_not, why_not)
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


class NewSync(QDialog):
    """`wanted` names the preset to be added."""

    wanted = Signal(str)

    def __init__(self, offers: tuple[Offer, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("New sync")
        self.setAccessibleName("New sync")
        self.setObjectName("New sync")
        self.setMinimumWidth(fonts.scaled(440))
        column = QVBoxLayout(self)
        side = fonts.scaled(18)
        column.setContentsMargins(side, side, side, fonts.scaled(14))
        column.setSpacing(fonts.scaled(10))
        column.addWidget(label("New sync", "heading"))
        text = "It is added switched off, and can be changed before it runs."
        if not offers:
            text = "Every sync that Fairlead brings along is added already."
        column.addWidget(label(text, "muted", wrap=True))
        self.offers = Offers()
        self.offers.show_offers(offers)
        self.offers.wanted.connect(self._on_wanted)
        column.addWidget(self.offers)
        close = quiet("Close")
        close.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(close)
        column.addStretch(1)
        column.addLayout(row)
        (self.offers.first() or close).setFocus()

    def _on_wanted(self, preset: str) -> None:
        self.wanted.emit(preset)
        self.accept()
