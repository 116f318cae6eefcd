"""Card widget of one named source of events: its state, its counts, and its switch."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.model.event_source import MAX_HOURLY_LIMIT, EventSourceKind, UnattendedSwitch
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.chip import Chip
from desktop.panels.widgets.flow_layout import FlowLayout
from desktop.panels.widgets.form import allow_full_height
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.number_field import NumberField
from desktop.panels.widgets.switch import Switch
from desktop.panels.widgets.text_field import NamesField
from desktop.viewmodels.events.event_source_view import EventSourceView


class EventSourceCard(Card):
    """The card of a source; each signal carries its name."""

    switched = Signal(str, bool)
    limit_chosen = Signal(str, int)
    left_out_chosen = Signal(str, object)
    events_requested = Signal(str)
    rename_requested = Signal(str)
    remove_requested = Signal(str)
    key_requested = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, name=f"Source {name}", parent=parent)
        allow_full_height(self)
        self.name = name
        self._chip = Chip("")
        self.set_corner_widget(self._chip)
        self._where = label("", "muted", wrap=True, selectable=True)
        self._counts = label("", wrap=True)
        self._warning = label("", tone="warn", wrap=True)
        self.switch = Switch(f"{name}: deliver by itself")
        self._switch_label = label("Delivers by itself, at most", wrap=True)
        self._switch_label.setBuddy(self.switch)
        self.limit_field = NumberField(
            f"{name}: hourly limit", 1, MAX_HOURLY_LIMIT, suffix=" an hour", reports_on_leave=True
        )
        self._used = label("", "muted", wrap=True)
        self.left_out_field = NamesField(
            f"{name}: traits that may be left out", "none", reports_on_leave=True
        )
        self._left_out_label = label(
            "Traits without a Zendesk field that may be left out", "muted", wrap=True
        )
        self._left_out_label.setBuddy(self.left_out_field)
        self._rule = label(
            "Removals are never sent by themselves; what is unclear waits for a person.",
            "note",
            wrap=True,
        )
        self.events_button = LinkButton("Show its events", name=f"{name}: show its events")
        self.key_button = LinkButton("New write key…", name=f"{name}: new write key…")
        self.rename_button = LinkButton("Rename…", name=f"{name}: rename…")
        self.remove_button = LinkButton("Remove…", name=f"{name}: remove…")
        self._lay_out()
        self._connect()

    def show_source(
        self, view: EventSourceView, switch: UnattendedSwitch, refusals: tuple[str, str]
    ) -> None:
        """Draw a source; `refusals` say why it can't be changed, and why not switched, or ""."""
        cannot_change, cannot_switch = refusals
        self._chip.set_state(view.chip, view.tone)
        self._where.setText(view.where)
        self._counts.setText(view.counts)
        self._warning.setText(view.warning)
        self._warning.setVisible(bool(view.warning))
        self.switch.set_value(view.source.is_unattended)
        self.switch.set_enabled(not cannot_switch, cannot_switch)
        if not self.limit_field.hasFocus():
            self.limit_field.set_value(switch.hourly_limit)
        self.limit_field.set_enabled(not cannot_switch, cannot_switch)
        if not self.left_out_field.hasFocus():
            self.left_out_field.set_value(switch.left_out)
        self.left_out_field.set_enabled(not cannot_switch, cannot_switch)
        by = f", switched on by {view.source.switched_by}" if view.source.switched_by else ""
        self._used.setText(f"{view.used}{by}" if view.used else "")
        self._used.setVisible(bool(view.used))
        self.key_button.setVisible(view.source.kind is EventSourceKind.HTTP)
        for button in (self.key_button, self.rename_button, self.remove_button):
            button.set_enabled(not cannot_change, cannot_change)

    def _lay_out(self) -> None:
        gap = fonts.scaled(12)
        links = QWidget()
        flow = FlowLayout(gap, 0, links)
        for link in (self.events_button, self.key_button, self.rename_button, self.remove_button):
            flow.addWidget(link)
        self.limit_field.setMaximumWidth(fonts.scaled(140))
        # In a narrow window it wraps before the field is cut.
        self._switch_label.setMaximumWidth(fonts.scaled(172))
        self.left_out_field.setMaximumWidth(fonts.scaled(420))
        choice = hbox(self.switch, self._switch_label, self.limit_field, 1)
        # The label first: what is left behind the field is only room.
        choice.setStretch(1, 100)
        self.body.setSpacing(fonts.scaled(4))
        for item in (self._where, self._counts, self._warning, choice, self._used):
            self.add(item)
        self.add(self._left_out_label)
        self.add(self.left_out_field)
        self.add(self._rule)
        self.add(links)

    def _connect(self) -> None:
        self.switch.chosen.connect(self._on_switched)
        self.limit_field.chosen.connect(self._on_limit)
        self.left_out_field.chosen.connect(self._on_left_out)
        self.events_button.clicked.connect(self._on_events)
        self.key_button.clicked.connect(self._on_key)
        self.rename_button.clicked.connect(self._on_rename)
        self.remove_button.clicked.connect(self._on_remove)

    def _on_switched(self, on: bool) -> None:
        self.switched.emit(self.name, on)

    def _on_limit(self, limit: int) -> None:
        self.limit_chosen.emit(self.name, limit)

    def _on_left_out(self, names: object) -> None:
        self.left_out_chosen.emit(self.name, names)

    def _on_events(self) -> None:
        self.events_requested.emit(self.name)

    def _on_key(self) -> None:
        self.key_requested.emit(self.name)

    def _on_rename(self) -> None:
        self.rename_requested.emit(self.name)

    def _on_remove(self) -> None:
        self.remove_requested.emit(self.name)
