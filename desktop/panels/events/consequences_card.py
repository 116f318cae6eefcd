"""Card widget with what people will notice of a simulated file, the one that hurts first."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import delete_widget, vbox
from desktop.panels.widgets.button import Button, secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.flow_layout import FlowLayout
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.viewmodels.events.event_consequences import EventConsequence

_WIDE_MIN_WIDTH = 520
_SIGNS = {"bad": "!", "warn": "!", "accent": "i"}


class ConsequencesCard(Card):
    """The card widget of consequences, with their buttons and the tickets they name."""

    action_triggered = Signal(str, str)  # keys of the consequence and of its button
    ticket_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("What people will notice", parent=parent)
        inside = _Lines()
        self._lines = QVBoxLayout(inside)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(fonts.scaled(2))
        inside.laid_out.connect(self._on_laid_out)
        self._scroll = wrap_in_scroll_area(inside, bar_beside=True)
        self.add(self._scroll)
        self._room = 0
        self._shown: tuple[EventConsequence, ...] = ()
        self._widgets: list[_ConsequenceLine] = []

    def show_consequences(self, consequences: Sequence[EventConsequence]) -> None:
        """Draw the consequences; without any the card is not there."""
        self.setVisible(bool(consequences))
        if tuple(consequences) == self._shown:
            return
        focused = next(((w.key, b) for w in self._widgets if (b := w.focused_place()) >= 0), None)
        self._shown = tuple(consequences)
        for widget in self._widgets:
            delete_widget(widget)
        self._widgets = [_ConsequenceLine(one) for one in consequences]
        for line in self._widgets:
            self._lines.addWidget(line)
            line.action_triggered.connect(self.action_triggered)
            line.ticket_requested.connect(self.ticket_requested)
            if focused is not None and focused[0] == line.key:
                line.focus_button(focused[1])

    def fit_height(self, room: int) -> None:
        """Be as high as the lines, at most `room` px: in a narrow window they scroll."""
        self._room = room
        width = max(self._scroll.width(), 1)
        for line in self._widgets:
            line.set_wide(width >= fonts.scaled(_WIDE_MIN_WIDTH))
        wanted = self._lines.totalHeightForWidth(width)
        if wanted < 0:
            wanted = self._lines.totalSizeHint().height()
        height = min(wanted, max(room, fonts.scaled(60)))
        if height != self._scroll.height():
            self._scroll.setFixedHeight(height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Another width wraps the lines otherwise.
        self.fit_height(self._room)

    def _on_laid_out(self) -> None:
        # New lines have a height only once they are shown.
        self.fit_height(self._room)

    def button(self, key: str, action: str) -> Button:
        """Return the button of a consequence by both keys. Raises KeyError."""
        return next(line for line in self._widgets if line.key == key).buttons[action]


class _Lines(QWidget):
    """The lines inside the scroll area, which hides from the card that they want other room."""

    laid_out = Signal()

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest:
            self.laid_out.emit()
        return done


class _ConsequenceLine(QFrame):
    """One line: a sign that says its weight without colour, what, tickets, and buttons."""

    action_triggered = Signal(str, str)
    ticket_requested = Signal(int)

    def __init__(self, consequence: EventConsequence) -> None:
        super().__init__()
        self.key = consequence.key
        self.buttons: dict[str, Button] = {}
        self._tickets: dict[Button, int] = {}
        if consequence.is_grave:
            self.setProperty("ground", consequence.tone)
        row = self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        pad = fonts.scaled(6 if consequence.is_grave else 0)
        row.setContentsMargins(pad, fonts.scaled(2), pad, fonts.scaled(2))
        row.setSpacing(fonts.scaled(8))
        sign = label(_SIGNS.get(consequence.tone, "i"), "title", tone=consequence.tone)
        sign.setFixedWidth(fonts.scaled(10))
        text = label(
            f"{consequence.title} {consequence.text}",
            tone=consequence.tone,
            wrap=True,
            selectable=True,
        )
        body = vbox(text, spacing=0)
        if consequence.tickets:
            body.addWidget(self._build_tickets(consequence.tickets))
        words = QHBoxLayout()
        words.setSpacing(fonts.scaled(8))
        words.addWidget(sign)
        words.addLayout(body, 1)
        row.addLayout(words, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(fonts.scaled(8))
        for action, title in consequence.actions:
            button = secondary_button(title, name=f"{title} ({consequence.key})")
            button.clicked.connect(self._on_button)
            self.buttons[action] = button
            buttons.addWidget(button)
        if consequence.actions:
            row.addLayout(buttons)

    def set_wide(self, wide: bool) -> None:
        """Put the line's buttons beside its words, or in a narrow window below them."""
        direction = QBoxLayout.Direction
        self._row.setDirection(direction.LeftToRight if wide else direction.TopToBottom)

    def focused_place(self) -> int:
        """Return which of the line's buttons has the keyboard, or -1."""
        places = [n for n, one in enumerate(self.buttons.values()) if one.hasFocus()]
        return places[0] if places else -1

    def focus_button(self, place: int) -> None:
        """Put the keyboard on one of the line's buttons."""
        buttons = list(self.buttons.values())
        if buttons:
            buttons[min(place, len(buttons) - 1)].setFocus()

    def _on_button(self) -> None:
        sender = self.sender()
        for action, button in self.buttons.items():
            if button is sender:
                self.action_triggered.emit(self.key, action)
                return

    def _on_ticket(self) -> None:
        for link, ticket in self._tickets.items():
            if link is self.sender():
                self.ticket_requested.emit(ticket)
                return

    def _build_tickets(self, tickets: Sequence[int]) -> QWidget:
        holder = QWidget()
        flow = FlowLayout(fonts.scaled(10), 0, holder)
        for ticket in tickets:
            link = LinkButton(f"#{ticket}", name=f"Open ticket #{ticket}")
            link.clicked.connect(self._on_ticket)
            self._tickets[link] = ticket
            flow.addWidget(link)
        return holder
