"""Card widget with the details of one row of the Events page: facts, and the request's body."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.chip import Chip
from desktop.panels.widgets.form import allow_full_height
from desktop.panels.widgets.key_value_table import KeyValueTable
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.viewmodels.events.event_row import EventRow
from desktop.viewmodels.key_value_row import KeyValueRow


class EventDetailCard(Card):
    """The card widget of an Events row, or a text that asks to choose one."""

    retry_requested = Signal()
    customer_requested = Signal()
    copy_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Details", parent=parent)
        allow_full_height(self)
        self._chip = Chip("", "neutral")
        self.set_corner_widget(self._chip)
        self._text = label("", wrap=True, selectable=True)
        self._request = label("", "small", wrap=True, selectable=True)
        self._facts = KeyValueTable("Facts", label_width=82)
        self._ground = QFrame()
        self._ground.setProperty("ground", "raised")
        self._body = label("", "small", tone="text", wrap=True, selectable=True)
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self._body.setStyleSheet(f'font-family: "{fixed.family()}"')
        inside = QVBoxLayout(self._ground)
        pad = fonts.scaled(8)
        inside.setContentsMargins(pad, pad, pad, pad)
        inside.addWidget(self._body)
        self.retry_button = secondary_button("Try again", name="Try again")
        self.customer_button = LinkButton("Open customer")
        self.copy_button = LinkButton("Copy request")
        for button in (self.customer_button, self.copy_button):
            button.setAccessibleName(button.text())
        self._lay_out()
        self.retry_button.clicked.connect(self.retry_requested)
        self.customer_button.clicked.connect(self.customer_requested)
        self.copy_button.clicked.connect(self.copy_requested)

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
        self._body.setText(row.body)
        self._ground.setVisible(bool(row.body))
        self.retry_button.setVisible(can_retry)
        self.retry_button.set_enabled(not retry_refusal, retry_refusal)
        self.customer_button.setVisible(bool(row.query))
        self.copy_button.setVisible(bool(row.body))
        self.show_content()

    def _lay_out(self) -> None:
        links = QHBoxLayout()
        links.setSpacing(fonts.scaled(16))
        for button in (self.retry_button, self.customer_button, self.copy_button):
            links.addWidget(button)
        links.addStretch(1)
        self.body.setSpacing(fonts.scaled(8))
        for item in (self._text, self._request, links, self._facts, self._ground):
            self.add(item)
