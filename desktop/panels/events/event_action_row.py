"""Widget of one action in the Actions tab: switch, name, trigger edited in place, matches."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop.events.event_action import ActionKind
from desktop.panels.events.trigger_field import TriggerField
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox, vbox
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.screen_reader import announce
from desktop.panels.widgets.switch import Switch
from desktop.panels.widgets.tooltip import set_tooltip
from desktop.panels.widgets.visibility import set_shown
from desktop.viewmodels.events.event_action_view import EventActionView

# px at the base font.
NAME_WIDTH, MATCHES_WIDTH, FIRED_WIDTH, LINK_WIDTH = 190, 74, 82, 78
SWITCH_WIDTH = 40


class EventActionRow(QFrame):
    """The row of one action; each signal carries its kind."""

    trigger_edited = Signal(object, str)
    switched = Signal(object, bool)
    repair_requested = Signal(object)
    mapping_requested = Signal(object)
    discard_requested = Signal(object)
    reset_requested = Signal(object)

    def __init__(self, kind: ActionKind, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = kind
        name = kind.label
        self.switch = Switch(f"{name}: on")
        self.name_label = label(name, "strong")
        self.note_label = label("", "small")
        self.trigger_field = TriggerField(f"{name}: trigger")
        self.matches_label = label("")
        self.matches_label.align_trailing()
        self.fired_label = label("", "muted")
        self.mapping_button = LinkButton("Mapping…", name=f"{name}: mapping…")
        self.fault_label = label("", "note", wrap=True, tone="bad")
        self.repair_button = secondary_button("", name=f"{name}: mend the trigger")
        self.draft_label = label("", "note", wrap=True, tone="warn")
        self.discard_button = LinkButton("Discard", name=f"{name}: discard the draft")
        self.reset_button = LinkButton("Reset", name=f"{name}: reset")
        set_tooltip(self.reset_button, "Trigger, mapping and options as they come with Fairlead")
        self._grid = QGridLayout()
        self._lay_out()
        self._connect()

    def show_action(self, view: EventActionView, refusal: str, sample_title: str) -> None:
        """Draw an action; `refusal` is why it cannot be changed, or ""."""
        self.switch.set_value(view.is_on)
        self.switch.set_enabled(not refusal, refusal)
        self.trigger_field.set_value(view.trigger)
        self.trigger_field.set_enabled(not refusal, refusal)
        self.trigger_field.show_fault(view.fault)
        self.name_label.set_tone("text" if view.is_on else "muted")
        self.note_label.setText(view.note if view.is_on else "Off; the trigger stays")
        set_shown(self.note_label, bool(self.note_label.text()))
        count = "–" if view.matches is None else f"{view.matches:,}"
        self.matches_label.setText(count)
        words = "not counted" if view.matches is None else f"{count} of {sample_title}"
        self.matches_label.setAccessibleName(f"Matches: {words}")
        self.fired_label.setText(view.last_fired)
        self.fired_label.setAccessibleName(f"Last fired: {view.last_fired}")
        fault = view.fault
        self.fault_label.setText(fault.text if fault is not None else "")
        self.fault_label.set_tone("warn" if fault is not None and fault.is_hint else "bad")
        repair = fault.repair if fault is not None else None
        self.repair_button.set_text(repair.label if repair is not None else "")
        self.repair_button.set_tooltip(repair.text if repair is not None else "")
        self.repair_button.set_enabled(not refusal, refusal)
        set_shown(self.repair_button, repair is not None)
        set_shown(self._fault_line, fault is not None)
        self.draft_label.setText(view.draft_text)
        set_shown(self.draft_label, bool(view.draft_text))
        set_shown(self.discard_button, view.can_discard)
        self.discard_button.set_enabled(not refusal, refusal)
        set_shown(self.reset_button, view.can_reset)
        self.reset_button.set_enabled(not refusal, refusal)
        set_shown(self._draft_line, bool(view.draft_text) or view.can_reset)

    def set_wide(self, wide: bool) -> None:
        """Put the row's parts beside, or in a narrow window below each other."""
        grid = self._grid
        for part in (self._head, self.trigger_field, self._figures, self._below):
            grid.removeWidget(part)
        if wide:
            grid.addWidget(self._head, 0, 0)
            grid.addWidget(self.trigger_field, 0, 1)
            grid.addWidget(self._figures, 0, 2)
            grid.addWidget(self._below, 1, 1, 1, 2)
        else:
            grid.addWidget(self._head, 0, 0)
            grid.addWidget(self._figures, 1, 0)
            grid.addWidget(self.trigger_field, 2, 0)
            grid.addWidget(self._below, 3, 0)
        grid.setColumnStretch(0, 0 if wide else 1)
        grid.setColumnStretch(1, 1 if wide else 0)
        head = fonts.scaled(SWITCH_WIDTH + NAME_WIDTH)
        self._head.setMinimumWidth(head if wide else 0)
        set_shown(self._matches_word, not wide)
        set_shown(self._fired_word, not wide)
        self.matches_label.setMinimumWidth(fonts.scaled(MATCHES_WIDTH) if wide else 0)
        self.fired_label.setMinimumWidth(fonts.scaled(FIRED_WIDTH) if wide else 0)

    def _lay_out(self) -> None:
        self._head = QWidget()
        head = QHBoxLayout(self._head)
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(fonts.scaled(8))
        head.addWidget(self.switch)
        head.addLayout(vbox(self.name_label, self.note_label), 1)
        self._figures = QWidget()
        self._matches_word, self._fired_word = label("Matches", "muted"), label("Fired", "muted")
        self._figures.setLayout(
            hbox(
                self._matches_word,
                self.matches_label,
                self._fired_word,
                self.fired_label,
                1,
                self.mapping_button,
                spacing=12,
            )
        )
        self._fault_line = QWidget()
        self._fault_line.setLayout(hbox(self.fault_label, self.repair_button))
        self._draft_line = QWidget()
        self._draft_line.setLayout(
            hbox(self.draft_label, 0, self.discard_button, self.reset_button, spacing=12)
        )
        self._below = QWidget()
        below = QVBoxLayout(self._below)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(fonts.scaled(2))
        below.addWidget(self._fault_line)
        below.addWidget(self._draft_line)
        self._grid.setContentsMargins(0, fonts.scaled(8), 0, fonts.scaled(8))
        self._grid.setHorizontalSpacing(fonts.scaled(12))
        self._grid.setVerticalSpacing(fonts.scaled(4))
        line = QFrame()
        line.setProperty("ground", "line")
        line.setFixedHeight(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._grid)
        column.addWidget(line)
        self.name_label.setAlignment(Qt.AlignmentFlag.AlignVCenter)

    def _connect(self) -> None:
        self.switch.chosen.connect(self._on_switched)
        self.trigger_field.chosen.connect(self._on_trigger)
        self.trigger_field.editingFinished.connect(self._on_left)
        self.repair_button.clicked.connect(self._on_repair)
        self.mapping_button.clicked.connect(self._on_mapping)
        self.discard_button.clicked.connect(self._on_discard)
        self.reset_button.clicked.connect(self._on_reset)

    def _on_switched(self, on: bool) -> None:
        self.switched.emit(self.kind, on)

    def _on_trigger(self, text: object) -> None:
        self.trigger_edited.emit(self.kind, str(text))

    def _on_left(self) -> None:
        # Heard once the text is left, not at every key.
        if self.fault_label.text():
            announce(self.trigger_field, self.fault_label.text())

    def _on_repair(self) -> None:
        self.repair_requested.emit(self.kind)
        self.trigger_field.setFocus()

    def _on_mapping(self) -> None:
        self.mapping_requested.emit(self.kind)

    def _on_discard(self) -> None:
        self.discard_requested.emit(self.kind)

    def _on_reset(self) -> None:
        self.reset_requested.emit(self.kind)
