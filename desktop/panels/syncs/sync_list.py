"""The left column: every sync as a card, and the way to a new one."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.panels.syncs.new_sync_dialog import PresetList
from desktop.panels.syncs.sync_card import SyncCard
from desktop.panels.theme import fonts
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.label import label
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.viewmodels.syncs.sync_card_view import SyncCardView
from desktop.viewmodels.syncs.sync_page_model import PresetView, SyncListState


class SyncList(QWidget):
    """`chosen` names a sync; `opened` says that a person wants to see it (narrow windows)."""

    sync_chosen = Signal(str)
    sync_opened = Signal(str)
    new_sync_requested = Signal()
    retry_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Syncs")
        self.setObjectName("Syncs")
        self._cards: dict[str, SyncCard] = {}
        self.new_button = secondary_button("New sync…", name="New sync…")
        self._state_card = Card("No sync yet")
        self.preset_list = PresetList()
        self._state_card.retry_requested.connect(self.retry_requested)
        self.new_button.clicked.connect(self.new_sync_requested)
        self._lay_out()

    def card(self, goal: str) -> SyncCard | None:
        """One sync's card."""
        return self._cards.get(goal)

    def show_state(
        self, state: SyncListState, why_not: str, offers: tuple[PresetView, ...]
    ) -> None:
        """What stands in place of cards: why there are none, and what can be added."""
        self.new_button.set_enabled(not why_not, why_not)
        self.new_button.setVisible(not state.is_empty)
        self.preset_list.setVisible(state.is_empty)
        self.preset_list.show_presets(offers if state.is_empty else (), why_not)
        bare = state.is_loading or bool(state.text) or state.is_empty
        self._state_card.setVisible(bare)
        self._scroll.setVisible(not bare)
        self._state_card.set_title("No sync yet" if state.is_empty else "Syncs")
        if state.is_loading:
            self._state_card.show_loading(6, "Reading the syncs")
        elif state.has_failed:
            self._state_card.show_failed(state.text, "Try again")
        elif state.text:
            self._state_card.show_not_permitted(state.text)
        elif state.is_empty:
            text = (
                "A sync keeps Zendesk and Sailthru alike, in one direction. It begins switched"
                " off, and its preview shows every change before anything is written."
            )
            self._state_card.show_not_permitted(f"{text}\n\n{why_not}" if why_not else text)

    def show_cards(self, views: tuple[SyncCardView, ...], chosen: str) -> None:
        """Every sync, in this order."""
        if [view.sync_name for view in views] != list(self._cards):
            self._rebuild(views)
        for view in views:
            card = self._cards[view.sync_name]
            if card.view() != view:
                card.show_view(view)
            card.show_checked(view.sync_name == chosen)

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
        self._scroll = wrap_in_scroll_area(inside)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(fonts.scaled(9))
        page.addLayout(head)
        page.addWidget(self._state_card)
        page.addWidget(self.preset_list)
        page.addWidget(self._scroll, 1)
        page.addStretch(0)

    def _rebuild(self, views: tuple[SyncCardView, ...]) -> None:
        had_focus = any(card.hasFocus() for card in self._cards.values())
        for card in self._cards.values():
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = {}
        for place, view in enumerate(views):
            card = SyncCard(view)
            card.picked.connect(self._on_picked)
            card.arrow_pressed.connect(self._on_moved)
            self._cards[view.sync_name] = card
            self._column.insertWidget(place, card)
        if had_focus and self._cards:
            self.take_focus()

    def _on_picked(self, goal: str) -> None:
        self.sync_chosen.emit(goal)
        self.sync_opened.emit(goal)

    def _on_moved(self, goal: str, step: int) -> None:
        goals = list(self._cards)
        place = min(max(goals.index(goal) + step, 0), len(goals) - 1)
        self.sync_chosen.emit(goals[place])
        self._cards[goals[place]].setFocus(Qt.FocusReason.TabFocusReason)
        self._scroll.ensureWidgetVisible(self._cards[goals[place]])
