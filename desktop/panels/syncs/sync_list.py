"""Left column of the page Sync: every sync's card widget, and the way to a new one."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.panels.syncs.new_sync_dialog import PresetList
from desktop.panels.syncs.sync_card import SyncCard
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import vbox
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.label import label
from desktop.panels.widgets.list_page import show_list_state
from desktop.panels.widgets.option_group import OptionGroup
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.viewmodels.list_model import ListState
from desktop.viewmodels.syncs.sync_card_view import SyncCardView
from desktop.viewmodels.syncs.sync_page_model import PresetView

_EMPTY_TEXT = (
    "A sync copies data from one service to the other; a rule acts when something happens to a"
    " customer. Both start switched off, and a preview shows every change before anything is"
    " written. Add one of these, or make your own with New sync…"
)


class SyncList(QWidget):
    """Widget of all sync cards; one is checked, arrows move between them, Tab leaves them."""

    sync_chosen = Signal(str)
    sync_opened = Signal(str)  # somebody wants to see it, in a narrow window too
    new_sync_requested = Signal()
    retry_requested = Signal()
    connect_requested = Signal()  # a service that is missing
    label_chosen = Signal(str)  # empty: every label

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Syncs")
        self.setObjectName("Syncs")
        self._cards: dict[str, SyncCard] = {}
        # At the ends the keyboard stays: going round would jump over the whole list.
        self._group = OptionGroup(self, wraps=False)
        self._group.picked.connect(self._on_picked)
        self._group.moved.connect(self._on_moved)
        self.new_button = secondary_button("New sync…", name="New sync…")
        self.label_dropdown = DropdownField("Label of the syncs")
        self.label_dropdown.allow_shrinking()
        self.label_dropdown.chosen.connect(self.label_chosen)
        self._labels: tuple[str, ...] | None = None
        self._state_card = Card("No sync yet")
        self.preset_list = PresetList()
        self._state_card.retry_requested.connect(self.retry_requested)
        self._state_card.action_requested.connect(self.connect_requested)
        self.new_button.clicked.connect(self.new_sync_requested)
        self._lay_out()

    def card(self, sync_name: str) -> SyncCard | None:
        """Return the card widget of one sync in the list."""
        return self._cards.get(sync_name)

    def show_state(
        self, state: ListState, add_disabled_reason: str, presets: tuple[PresetView, ...]
    ) -> None:
        """Show in place of sync cards why there are none, and what can be added."""
        is_empty = state.is_bare
        self.new_button.set_enabled(not add_disabled_reason, add_disabled_reason)
        self.preset_list.setVisible(is_empty)
        self.preset_list.show_presets(presets if is_empty else (), add_disabled_reason)
        self._empty_scroll.setVisible(not state.summary)
        self._scroll.setVisible(bool(state.summary))
        self._state_card.set_title("No sync yet" if is_empty else "Syncs")
        if is_empty:
            text = "\n\n".join(part for part in (_EMPTY_TEXT, add_disabled_reason) if part)
            self._state_card.show_not_permitted(text)
        elif not state.summary:
            show_list_state(self._state_card, state, 6, "Reading the syncs")

    def show_cards(self, views: tuple[SyncCardView, ...], chosen: str) -> None:
        """Draw the syncs as cards in this order; `chosen` is the name of the checked one."""
        if [view.sync_name for view in views] != list(self._cards):
            self._rebuild(views)
        for view in views:
            card = self._cards[view.sync_name]
            if card.view() != view:
                card.show_view(view)
        self._group.set_value(chosen)

    def show_labels(self, labels: tuple[str, ...], chosen: str) -> None:
        """Offer the syncs' labels to filter the cards by; without any there is no choice."""
        if labels != self._labels:
            self._labels = labels
            self.label_dropdown.set_options([("", "Every label"), *((x, x) for x in labels)])
            self.label_dropdown.setVisible(bool(labels))
        self.label_dropdown.set_value(chosen)

    def take_focus(self) -> None:
        """Put the keyboard on the list's chosen sync card."""
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
        page.addWidget(self.label_dropdown)
        nothing = QWidget()
        column = vbox(self._state_card, self.preset_list, spacing=9)
        column.addStretch(1)
        nothing.setLayout(column)
        # In a low window the templates scroll, as the cards do.
        self._empty_scroll = wrap_in_scroll_area(nothing)
        page.addWidget(self._empty_scroll, 1)
        page.addWidget(self._scroll, 1)

    def _rebuild(self, views: tuple[SyncCardView, ...]) -> None:
        # New cards take the place of old ones, and the keyboard with them.
        had_focus = any(card.hasFocus() for card in self._cards.values())
        self._group.clear()
        self._cards = {}
        for place, view in enumerate(views):
            card = SyncCard(view)
            self._group.add(card)
            self._cards[view.sync_name] = card
            self._column.insertWidget(place, card)
        if had_focus and self._cards:
            self.take_focus()

    def _on_picked(self, sync_name: str) -> None:
        self.sync_chosen.emit(sync_name)
        self.sync_opened.emit(sync_name)

    def _on_moved(self, sync_name: str) -> None:
        self.sync_chosen.emit(sync_name)
        self._scroll.ensureWidgetVisible(self._cards[sync_name])
