"""Widget of the Sources tab: each named source as a card, and the way to add one."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.panels.events.event_source_card import EventSourceCard
from desktop.panels.events.event_source_dialogs import (
    AddEventSourceDialog,
    RenameEventSourceDialog,
    WriteKeyDialog,
)
from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import CARD_GAP
from desktop.panels.widgets.box_layout import delete_widget, hbox
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.confirmation_dialog import ConfirmationDialog
from desktop.panels.widgets.form import allow_full_height
from desktop.panels.widgets.label import label
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.panels.widgets.switch import Switch
from desktop.viewmodels.events.event_source_view import EventSourceView
from desktop.viewmodels.events.event_sources_model import EventSourcesModel

_EMPTY_TEXT = (
    "No named sources yet. A file or a paste needs none: open it and deliver. Name a watched"
    " folder, an HTTP intake or a pipe here."
)


class EventSourcesTab(QWidget):
    """The named sources; nothing of them is delivered by itself unless an admin has said so."""

    events_requested = Signal(str)  # a source's name

    def __init__(self, model: EventSourcesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.add_button = secondary_button("Add a source…", name="Add a source…")
        self.empty_card = Card("Sources")
        allow_full_height(self.empty_card)
        self.cards: dict[str, EventSourceCard] = {}
        self._add_dialog: AddEventSourceDialog | None = None
        self.destination_card = Card("Destination: Zendesk", name="Destination")
        allow_full_height(self.destination_card)
        self.destination_switch = Switch("Deliver events to Zendesk")
        self._destination_label = label("", wrap=True)
        self._destination_label.setBuddy(self.destination_switch)
        self.destination_card.add(hbox(self.destination_switch, self._destination_label))
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(fonts.scaled(CARD_GAP))
        self._column.addWidget(self.destination_card)
        self._column.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignLeft)
        self._column.addWidget(self.empty_card)
        self._column.addStretch(1)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.addWidget(wrap_in_scroll_area(inside))
        model.changed.connect(self.show_sources)
        model.key_made.connect(self._on_key_made)
        self.add_button.clicked.connect(self._on_add)
        self.destination_switch.chosen.connect(self._on_destination)
        self.empty_card.show_loading(2, "Reading the sources")

    def show_sources(self) -> None:
        """Draw the sources as their model is now."""
        views = self._model.views
        if views is None:
            return
        refusal = self._model.destination_refusal()
        self.destination_switch.set_value(self._model.is_delivering)
        self.destination_switch.set_enabled(not refusal, refusal)
        self._destination_label.setText(self._model.destination_text())
        self._destination_label.set_tone("text" if self._model.is_delivering else "warn")
        cannot_change = self._model.change_refusal()
        self.add_button.set_enabled(not cannot_change, cannot_change)
        self.empty_card.setVisible(not views)
        self.empty_card.show_empty(_EMPTY_TEXT)
        for name in set(self.cards) - {view.name for view in views}:
            delete_widget(self.cards.pop(name))
        for view in views:
            card = self.cards.get(view.name) or self._build_card(view.name)
            refusals = (cannot_change, self._model.switch_refusal(view))
            card.show_source(view, self._model.chosen_switch(view), refusals)
        if self._add_dialog is not None:
            self._add_dialog.show_error(self._model.add_error)

    def _build_card(self, name: str) -> EventSourceCard:
        card = self.cards[name] = EventSourceCard(name)
        card.switched.connect(self._on_switched)
        card.limit_chosen.connect(self._on_limit)
        card.left_out_chosen.connect(self._on_left_out)
        card.events_requested.connect(self.events_requested)
        card.rename_requested.connect(self._on_rename)
        card.remove_requested.connect(self._on_remove)
        card.key_requested.connect(self._model.make_key)
        # By name, before the stretch.
        place = sum(one < name for one in self.cards) + 3
        self._column.insertWidget(place, card)
        return card

    def _view(self, name: str) -> EventSourceView | None:
        return next((view for view in self._model.views or () if view.name == name), None)

    def _on_switched(self, name: str, on: bool) -> None:
        if (view := self._view(name)) is not None:
            self._model.set_on(view, on=on)

    def _on_limit(self, name: str, limit: int) -> None:
        if (view := self._view(name)) is not None:
            self._model.choose(view, limit=limit)

    def _on_left_out(self, name: str, names: object) -> None:
        if (view := self._view(name)) is not None:
            self._model.choose(view, left_out=names)

    def _on_destination(self, on: bool) -> None:
        self._model.set_destination(on=on)

    def _on_add(self) -> None:
        dialog = AddEventSourceDialog(self.window())
        self._model.add_error = ""
        self._add_dialog = dialog
        dialog.source_given.connect(self._model.add)
        self._model.message_posted.connect(dialog.accept)
        dialog.finished.connect(self._on_add_finished)
        dialog.open()

    def _on_add_finished(self) -> None:
        if self._add_dialog is not None:
            self._add_dialog.deleteLater()
            self._add_dialog = None

    def _on_rename(self, name: str) -> None:
        dialog = RenameEventSourceDialog(name, self.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.renamed.connect(self._model.rename)
        dialog.open()

    def _on_remove(self, name: str) -> None:
        dialog = ConfirmationDialog(
            self.window(),
            "Remove this source?",
            f"{name} takes no more events in, and its write key no longer counts. Its events stay.",
            confirm="Remove",
            cancel="Keep",
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setProperty("source", name)
        dialog.accepted.connect(self._on_remove_confirmed)
        dialog.open()

    def _on_remove_confirmed(self) -> None:
        dialog = self.sender()
        if dialog is not None:
            self._model.remove(str(dialog.property("source")))

    def _on_key_made(self, name: str, key: str) -> None:
        dialog = WriteKeyDialog(name, key, self.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
