"""The left column: every sync as a card, and the way to a new one."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.panels.parts.button import secondary
from desktop.panels.parts.card import Card
from desktop.panels.parts.label import label
from desktop.panels.parts.scroll import scrolling
from desktop.panels.syncs.new_sync import Offers
from desktop.panels.syncs.sync_card import SyncCard
from desktop.panels.theme import fonts
from desktop.viewmodels.syncs.card import CardView
from desktop.viewmodels.syncs.page import ListState, Offer


class SyncList(QWidget):
    """`chosen` names a sync; `opened` says that a person wants to see it (narrow windows)."""

    chosen = Signal(str)
    opened = Signal(str)
    new_wanted = Signal()
    retry_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Syncs")
        self.setObjectName("Syncs")
        self._cards: dict[str, SyncCard] = {}
        self.new_button = secondary("New sync…", name="New sync…")
        self._state = Card("No sync yet")
        self.offers = Offers()
        self._state.retry_requested.connect(self.retry_wanted)
        self.new_button.clicked.connect(self.new_wanted)
        self._lay_out()

    def card(self, goal: str) -> SyncCard | None:
        """One sync's card."""
        return self._cards.get(goal)

    def show_state(self, state: ListState, why_not: str, offers: tuple[Offer, ...]) -> None:
        """What stands in place of cards: why there are none, and what can be added."""
        self.new_button.set_enabled(not why_not, why_not)
        self.new_button.setVisible(not state.empty)
        self.offers.setVisible(state.empty)
        self.offers.show_offers(offers if state.empty else (), why_not)
        bare = state.loading or bool(state.text) or state.empty
        self._state.setVisible(bare)
        self._scroll.setVisible(not bare)
        self._state.set_title("No sync yet" if state.empty else "Syncs")
        if state.loading:
            self._state.show_loading(6, "Reading the syncs")
        elif state.failed:
            self._state.show_failed(state.text, "Try again")
        elif state.text:
            self._state.show_not_permitted(state.text)
        elif state.empty:
            text = (
                "A sync keeps Zendesk and Sailthru alike, in one direction. It begins switched"
                " off, and its preview shows every change before anything is written."
            )
            self._state.show_not_permitted(f"{text}\n\n{why_not}" if why_not else text)

    def show_cards(self, views: tuple[CardView, ...], chosen: str) -> None:
        """Every sync, in this order."""
        if [view.goal for view in views] != list(self._cards):
            self._rebuild(views)
        for view in views:
            card = self._cards[view.goal]
            if card.view() != view:
                card.show_view(view)
            card.show_checked(view.goal == chosen)

    def take_focus(self) -> None:
        """Put the keyboard on the chosen card."""
        card = next((c for c in self._cards.values() if c.isChecked()), None)
        (card or self.new_button).setFocus(Qt.FocusReason.OtherFocusReason)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(label("Syncs", "heading"))
        head.addStretch(1)
        head.addWidget(self.new_button)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(fonts.scaled(9))
        self._column.addStretch(1)
        self._scroll = scrolling(inside)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(fonts.scaled(9))
        page.addLayout(head)
        page.addWidget(self._state)
        page.addWidget(self.offers)
        page.addWidget(self._scroll, 1)
        page.addStretch(0)

    def _rebuild(self, views: tuple[CardView, ...]) -> None:
        had_focus = any(card.hasFocus() for card in self._cards.values())
        for card in self._cards.values():
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = {}
        for place, view in enumerate(views):
            card = SyncCard(view)
            card.picked.connect(self._on_picked)
            card.moved.connect(self._on_moved)
            self._cards[view.goal] = card
            self._column.insertWidget(place, card)
        if had_focus and self._cards:
            self.take_focus()

    def _on_picked(self, goal: str) -> None:
        self.chosen.emit(goal)
        self.opened.emit(goal)

    def _on_moved(self, goal: str, step: int) -> None:
        goals = list(self._cards)
        place = min(max(goals.index(goal) + step, 0), len(goals) - 1)
        self.chosen.emit(goals[place])
        self._cards[goals[place]].setFocus(Qt.FocusReason.TabFocusReason)
        self._scroll.ensureWidgetVisible(self._cards[goals[place]])
