"""The header over a grid of panels; built panel by panel, so that nobody waits for all of them."""

import math
import time
from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.panels.customer.engagement_panel import EngagementPanel
from desktop.panels.customer.header_panel import HeaderPanel
from desktop.panels.customer.lists_panel import ListsPanel
from desktop.panels.customer.no_profile_panel import NoProfilePanel
from desktop.panels.customer.optout_panel import OptOutPanel
from desktop.panels.customer.panel import SheetPanel
from desktop.panels.customer.profile_data_panel import ProfileDataPanel
from desktop.panels.customer.tickets_panel import TicketsPanel
from desktop.panels.customer.timeline_panel import TimelinePanel
from desktop.panels.customer.value_panel import ValuePanel
from desktop.panels.customer.zendesk_panel import ZendeskPanel
from desktop.panels.parts.at_once import laid_out_at_once
from desktop.panels.parts.flow_columns import FlowColumns, FlowPage
from desktop.panels.parts.key_value import KeyValue
from desktop.panels.theme import fonts
from desktop.viewmodels.sheet import SheetModel

_PLAN = {
    3: (
        ("none", "optout", "value", "zendesk"),
        ("lists", "tickets", "data"),
        ("engagement", "timeline"),
    ),
    2: (
        ("none", "optout", "value", "tickets", "zendesk"),
        ("lists", "engagement", "timeline", "data"),
    ),
    1: (
        (
            "none",
            "optout",
            "lists",
            "tickets",
            "timeline",
            "engagement",
            "zendesk",
            "value",
            "data",
        ),
    ),
}
_FOLDED = ("timeline", "engagement", "zendesk", "data")
# How long panels are filled in one turn of the loop: longer, and a key would be felt to wait.
_TURN_S = 0.005
_ROWS = 6
_TICKETS = 5
_KINDS: dict[str, Callable[[SheetModel], SheetPanel]] = {
    "none": NoProfilePanel,
    "optout": OptOutPanel,
    "value": ValuePanel,
    "lists": ListsPanel,
    "tickets": TicketsPanel,
    "zendesk": ZendeskPanel,
    "engagement": EngagementPanel,
    "timeline": TimelinePanel,
    "data": ProfileDataPanel,
}


class SheetView(QWidget):
    """Call `build_next` until it is `complete`, then show it."""

    def __init__(self, model: SheetModel) -> None:
        super().__init__()
        self._model = model
        # Its own at once: the window may be closed before its turn to be placed.
        self.tickets = TicketsPanel(model, self)
        self._left = list(_KINDS)
        self._cards: dict[str, SheetPanel] = {}
        self._waiting: list[HeaderPanel | SheetPanel] = []  # not filled with the newest view yet
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.setInterval(0)
        self._turn.timeout.connect(self._on_turn)
        self._header = HeaderPanel(model)
        self._columns = FlowColumns(_PLAN)
        page = FlowPage(self._columns)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(12))
        column.addWidget(self._header)
        column.addWidget(page, 1)
        _polish(self)

    @property
    def complete(self) -> bool:
        """Whether every panel is built."""
        return not self._left

    def build_next(self) -> None:
        """Build one more panel."""
        if self._left:
            key = self._left.pop(0)
            card = self.tickets if key == "tickets" else _KINDS[key](self._model)
            self._cards[key] = card
            if key == "none":
                card.hide()
            self._columns.add(key, card)
            for table in card.findChildren(KeyValue):
                table.reserve(_ROWS)
            if card is self.tickets:
                self.tickets.reserve(_TICKETS)
            _polish(card)

    def lay_out(self, width: int) -> None:
        """Choose the columns for this width before anybody looks."""
        self._columns.set_width(width)

    def refresh(self, *, whole: bool) -> None:
        """Have every panel show the newest view; unless `whole`, painting from the top down."""
        self._waiting = [self._header, *self._cards.values()]
        self._refresh_some(math.inf if whole else _TURN_S)

    def _on_turn(self) -> None:
        self._refresh_some(_TURN_S)

    def _refresh_some(self, seconds: float) -> None:
        begun = time.perf_counter()
        with laid_out_at_once(self):
            while self._waiting:
                self._waiting.pop(0).refresh()
                if time.perf_counter() - begun > seconds:
                    break
        if self._waiting:
            # What is filled is painted before the timer's turn comes.
            self._turn.start()
        else:
            self._turn.stop()

    def set_narrow(self, narrow: bool) -> None:
        """Fold what tells; what acts stays open."""
        self._header.set_narrow(narrow)
        self._cards["value"].setVisible(not narrow)
        for key in _FOLDED:
            self._cards[key].set_foldable(narrow, ("folded", "unfolded"))
            self._cards[key].set_folded(narrow)


def _polish(widget: QWidget) -> None:
    """Apply the style sheet now rather than to everything at once when it is shown."""
    for part in (widget, *widget.findChildren(QWidget)):
        part.ensurePolished()
