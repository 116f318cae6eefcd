"""Widget of the Actions tab: the six actions, which belong to all sources, and their drafts."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.events.event_action import ActionKind
from desktop.kit.text import format_count
from desktop.panels.events.event_action_row import (
    FIRED_WIDTH,
    LINK_WIDTH,
    MATCHES_WIDTH,
    NAME_WIDTH,
    SWITCH_WIDTH,
    EventActionRow,
)
from desktop.panels.theme import fonts
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.form import allow_full_height
from desktop.panels.widgets.label import PlainLabel, elided_label, label
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.viewmodels.events.event_actions_model import EventActionsModel

_WIDE_MIN_WIDTH = 760
_UNDO = "undo"


class EventActionsTab(QWidget):
    """The list of actions; its foot says what is only a draft, previews and saves it."""

    mapping_requested = Signal(object)  # ActionKind
    preview_requested = Signal()

    def __init__(self, model: EventActionsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.rows = {kind: EventActionRow(kind) for kind in ActionKind}
        self.card = Card("Actions")
        allow_full_height(self.card)
        self.unmatched_label = label("", "muted", wrap=True)
        self.summary_label = label("", tone="warn", wrap=True)
        self.preview_button = primary_button("Preview drafts", name="Preview the drafts")
        self.save_button = secondary_button("Save", name="Save the drafts")
        self.banner = Banner()
        self.banner.hide()
        self._lay_out()
        self._connect()
        self.show_actions()

    def show_actions(self) -> None:
        """Draw the actions as their model is now."""
        model = self._model
        if not model.is_read:
            self.card.show_loading(6, "Reading the actions")
            return
        self.card.show_content()
        refusal = model.change_refusal()
        for view in model.views():
            self.rows[view.kind].show_action(view, refusal, model.sample.title)
        self.card.set_note(f"for all sources · tried on {model.sample.title}")
        self._show_unmatched()
        self.summary_label.setText(model.summary())
        preview, save = model.preview_refusal(), model.save_refusal()
        self.preview_button.set_enabled(not preview, preview)
        self.save_button.set_enabled(not save, save)
        count = model.draft_count
        self.save_button.set_text(f"Save {count}" if count else "Save")
        # What comes next is the primary one.
        self.save_button.set_kind("secondary" if save else "primary")
        self.preview_button.set_kind("primary" if save else "secondary")
        self._foot.setVisible(bool(count or model.summary()))

    def _show_unmatched(self) -> None:
        model = self._model
        count = model.unmatched_count
        events = format_count(count, "event matches", "events match")
        self.unmatched_label.setText(
            f"{events} no action, of {model.sample.title}; page, screen and alias never do."
            if model.sample.events
            else "Open a file or paste events to see how many each trigger matches."
        )

    def take_focus(self) -> None:
        """Put the keyboard into the first action's trigger."""
        self.rows[next(iter(ActionKind))].trigger_field.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= fonts.scaled(_WIDE_MIN_WIDTH)
        self._head.setVisible(wide)
        for row in self.rows.values():
            row.set_wide(wide)

    def _lay_out(self) -> None:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.card)
        column.addStretch(1)
        self._head = self._build_head()
        self.card.add(self._head)
        for row in self.rows.values():
            self.card.add(row)
        self.card.add(8)
        self.card.add(self.unmatched_label)
        self._foot = QWidget()
        self._foot.setLayout(hbox(self.summary_label, self.save_button, self.preview_button))
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(fonts.scaled(8))
        page.addWidget(wrap_in_scroll_area(inside), 1)
        page.addWidget(self.banner)
        page.addWidget(self._foot)

    def _build_head(self) -> QWidget:
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(fonts.scaled(12))
        name = label("Action", "muted")
        name.setFixedWidth(fonts.scaled(SWITCH_WIDTH + NAME_WIDTH))
        row.addWidget(name)
        row.addWidget(label("Trigger", "muted"), 1)
        row.addWidget(_fixed("Matches", MATCHES_WIDTH, at_end=True))
        row.addWidget(_fixed("Last fired", FIRED_WIDTH))
        row.addWidget(_fixed("", LINK_WIDTH))
        return head

    def _connect(self) -> None:
        model = self._model
        model.changed.connect(self.show_actions)
        model.discarded.connect(self._on_discarded)
        self.banner.action_triggered.connect(self._on_banner_action)
        for row in self.rows.values():
            row.trigger_edited.connect(model.set_trigger)
            row.switched.connect(self._on_switched)
            row.repair_requested.connect(model.apply_repair)
            row.discard_requested.connect(model.discard)
            row.reset_requested.connect(model.reset)
            row.mapping_requested.connect(self.mapping_requested)
        self.preview_button.clicked.connect(self.preview_requested)
        self.save_button.clicked.connect(model.save)

    def _on_switched(self, kind: ActionKind, on: bool) -> None:
        self._model.set_on(kind, on=on)

    def _on_discarded(self, sentence: str) -> None:
        self.banner.show_message("info", sentence, actions=[(_UNDO, "Undo")], close="Close")

    def _on_banner_action(self, _key: str) -> None:
        self.banner.clear()
        self._model.undo_discard()


def _fixed(text: str, width: int, *, at_end: bool = False) -> PlainLabel:
    made = elided_label(text, "muted")
    made.setFixedWidth(fonts.scaled(width))
    if at_end:
        made.align_trailing()
    return made
