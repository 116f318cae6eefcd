"""Card widget with the details of one row of the Events page: facts, and the request's body."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop.panels.events.json_editor import JsonEditor
from desktop.panels.theme import fonts
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.chip import Chip
from desktop.panels.widgets.fixed_font import use_fixed_font
from desktop.panels.widgets.flow_layout import FlowLayout
from desktop.panels.widgets.form import allow_full_height
from desktop.panels.widgets.key_value_table import KeyValueTable
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.viewmodels.events.event_correction import CorrectionFault
from desktop.viewmodels.events.event_row import EventRow
from desktop.viewmodels.key_value_row import KeyValueRow


class EventDetailCard(Card):
    """The card widget of an Events row, or a text that asks to choose one."""

    retry_requested = Signal()
    customer_requested = Signal()
    copy_requested = Signal()
    event_edited = Signal(str)
    correction_requested = Signal()
    mapping_requested = Signal()
    ignore_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Details", parent=parent)
        allow_full_height(self)
        self._chip = Chip("", "neutral")
        self.set_corner_widget(self._chip)
        self._text = label("", wrap=True, selectable=True)
        self._request = label("", "small", wrap=True, selectable=True)
        self._facts = KeyValueTable("Facts", label_width=82)
        self._why_title = label("Why not the others", "strong")
        self._why_label = label("", "small", wrap=True, selectable=True)
        self._ground = QFrame()
        self._ground.setProperty("ground", "raised")
        self._body = label("", "small", tone="text", wrap=True, selectable=True)
        use_fixed_font(self._body)
        inside = QVBoxLayout(self._ground)
        pad = fonts.scaled(8)
        inside.setContentsMargins(pad, pad, pad, pad)
        inside.addWidget(self._body)
        self.retry_button = secondary_button("Try again", name="Try again")
        self.editor_label = label("The event; correct it here", "muted")
        self.event_editor = JsonEditor("The event as JSON", min_height=200)
        self.fault_label = label("", "note", wrap=True, tone="bad")
        self.correct_button = secondary_button("Save and try again", name="Save and try again")
        self.ignore_button = secondary_button("Ignore…", name="Ignore…")
        self.customer_button = LinkButton("Open customer")
        self.copy_button = LinkButton("Copy request")
        self.mapping_button = LinkButton("Edit mapping…", name="Edit the mapping of this action…")
        for button in (self.customer_button, self.copy_button):
            button.setAccessibleName(button.text())
        self._lay_out()
        self.retry_button.clicked.connect(self.retry_requested)
        self.event_editor.edited.connect(self.event_edited)
        self.correct_button.clicked.connect(self.correction_requested)
        self.ignore_button.clicked.connect(self.ignore_requested)
        self.customer_button.clicked.connect(self.customer_requested)
        self.copy_button.clicked.connect(self.copy_requested)
        self.mapping_button.clicked.connect(self.mapping_requested)

    def show_row(self, row: EventRow | None, *, can_retry: bool, retry_refusal: str) -> None:
        """Draw a row's details; None: no row is chosen."""
        self.set_corner_visible(row is not None)
        if row is None:
            self.set_title("Details")
            self.show_empty("Choose a row to see its request.")
            return
        self.set_title(f"Line {row.line}")
        self._chip.set_state(row.state, row.tone)
        self._text.setText(row.text)
        self._request.setText(row.note)
        self._facts.set_rows([KeyValueRow(name, value, tip=value) for name, value in row.facts])
        # The event itself stands in the field where it is corrected.
        is_event = row.body == row.event_text
        self._body.setText("" if is_event else row.body)
        self._ground.setVisible(bool(row.body) and not is_event)
        self._why_label.setText("\n".join(row.why_not))
        for part in (self._why_title, self._why_label):
            part.setVisible(bool(row.why_not))
        self.retry_button.setVisible(can_retry)
        self.retry_button.set_enabled(not retry_refusal, retry_refusal)
        self.customer_button.setVisible(bool(row.query))
        self.copy_button.setVisible(bool(row.body))
        self.mapping_button.setVisible(bool(row.action))
        self.show_content()

    def show_correction(self, text: str, fault: CorrectionFault | None, refusal: str) -> None:
        """Draw the event that may be corrected, or nothing where `text` is empty."""
        for part in (self.editor_label, self.event_editor, self.correct_button, self.ignore_button):
            part.setVisible(bool(text))
        self.fault_label.setVisible(fault is not None)
        self.fault_label.setText(fault.text if fault is not None else "")
        if text:
            self.event_editor.set_text(text)
            self.event_editor.mark_fault(
                fault.position if fault is not None else None,
            )
            for button in (self.correct_button, self.ignore_button):
                button.set_enabled(not refusal, refusal)

    def _lay_out(self) -> None:
        links = QHBoxLayout()
        links.setSpacing(fonts.scaled(16))
        for button in (self.customer_button, self.copy_button, self.mapping_button):
            links.addWidget(button)
        links.addStretch(1)
        gap = fonts.scaled(8)
        self._buttons = QWidget()
        flow = FlowLayout(gap, gap, self._buttons)
        for action in (self.correct_button, self.retry_button, self.ignore_button):
            flow.addWidget(action)
        self.body.setSpacing(fonts.scaled(8))
        for item in (
            *(self._text, self._request, links, self._facts, self.editor_label),
            *(self.event_editor, self.fault_label, self._buttons, self._ground),
            *(self._why_title, self._why_label),
        ):
            self.add(item)
