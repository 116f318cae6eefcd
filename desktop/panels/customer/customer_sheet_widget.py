"""Widget of the customer sheet: header over columns of panels, built one panel at a time."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.panels.customer.customer_header_panel import CustomerHeaderPanel
from desktop.panels.customer.customer_value_panel import CustomerValuePanel
from desktop.panels.customer.engagement_panel import EngagementPanel
from desktop.panels.customer.no_profile_panel import NoProfilePanel
from desktop.panels.customer.optout_panel import OptOutPanel
from desktop.panels.customer.profile_data_panel import ProfileDataPanel
from desktop.panels.customer.sailthru_lists_panel import SailthruListsPanel
from desktop.panels.customer.sell_panel import SellPanel
from desktop.panels.customer.sheet_panel import SheetPanel
from desktop.panels.customer.team_lead_requests_panel import TeamLeadRequestsPanel
from desktop.panels.customer.tickets_panel import TicketsPanel
from desktop.panels.customer.timeline_panel import TimelinePanel
from desktop.panels.customer.zendesk_user_panel import ZendeskUserPanel
from desktop.panels.theme import fonts
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.batched_layout import batch_layout
from desktop.panels.widgets.key_value_table import KeyValueTable
from desktop.panels.widgets.responsive_columns import ResponsiveColumns, ResponsiveColumnsScrollArea
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.panels.widgets.tab_order import first_usable_control
from desktop.viewmodels.customer.email_change_view import EmailNoteAction, EmailNoteView
from desktop.viewmodels.customer.pause_view import (
    PauseView,
    build_pause_view,
    describe_released_pause,
)
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.tone import BannerTone

_COLUMN_PLAN = {
    3: (
        ("requests", "none", "optout", "value", "zendesk"),
        ("lists", "tickets", "data"),
        ("engagement", "sell", "timeline"),
    ),
    2: (
        ("requests", "none", "optout", "value", "tickets", "zendesk"),
        ("lists", "engagement", "sell", "timeline", "data"),
    ),
    1: (
        (
            "requests",
            "none",
            "optout",
            "lists",
            "tickets",
            "timeline",
            "engagement",
            "zendesk",
            "sell",
            "value",
            "data",
        ),
    ),
}
PanelT = TypeVar("PanelT", bound=SheetPanel)
_HIDDEN_AT_FIRST = ("requests", "none", "sell")
_FOLDED_WHEN_NARROW = ("timeline", "engagement", "zendesk", "sell", "data")
# How long panels are filled in one turn of the loop: longer, and a key would be felt to wait.
_REFRESH_SLICE_S = 0.002
_MIN_PANELS_HEIGHT = 150  # px at the base font
_RESERVED_ROWS = 6  # rows of facts that nearly every customer has
_RESERVED_TICKETS = 5  # four are shown folded, one more while a new one comes
_PANEL_CLASSES: dict[str, Callable[[CustomerSheetModel], SheetPanel]] = {
    # The order of building is the order of the first column: what is looked at first.
    "requests": TeamLeadRequestsPanel,
    "none": NoProfilePanel,
    "optout": OptOutPanel,
    "value": CustomerValuePanel,
    "lists": SailthruListsPanel,
    "tickets": TicketsPanel,
    "zendesk": ZendeskUserPanel,
    "engagement": EngagementPanel,
    "sell": SellPanel,
    "timeline": TimelinePanel,
    "data": ProfileDataPanel,
}


class CustomerSheetWidget(QWidget):
    """Widget of the customer sheet; call `build_next_panel` until `is_complete`, then show it."""

    change_email_requested = Signal()
    email_note_answered = Signal(object)  # EmailNoteAction
    notice_posted = Signal(str, str)  # title and sentence
    changes_requested = Signal(str)  # words to search Activity for
    ask_lead_requested = Signal(object)  # the EditKind of a change that is refused

    def __init__(self, model: CustomerSheetModel) -> None:
        super().__init__()
        self._model = model
        # Its own at once: the window may be closed before its turn to be placed.
        self.tickets_panel = TicketsPanel(model, self)
        self.timeline_panel = TimelinePanel(model, self)
        self.requests_panel = TeamLeadRequestsPanel(model, self)
        self.requests_panel.hide()
        self._panels_to_build = list(_PANEL_CLASSES)
        self._cards: dict[str, SheetPanel] = {}
        self._panels_to_refresh: list[
            CustomerHeaderPanel | SheetPanel
        ] = []  # not filled with the newest view yet
        self._refresh_timer = QTimer(self)
        self._refresh_timer.setSingleShot(True)
        self._refresh_timer.setInterval(0)
        self._refresh_timer.timeout.connect(self._on_refresh_timer)
        self._header = CustomerHeaderPanel(model)
        self._header.change_email_requested.connect(self.change_email_requested)
        self._email_banner: Banner | None = None
        self._pause_banner: Banner | None = None
        self._pause_view = PauseView()
        self._paused_customer = 0  # whose note it is, by number
        self._email_note = EmailNoteView()
        self._columns = ResponsiveColumns(_COLUMN_PLAN)
        page = ResponsiveColumnsScrollArea(self._columns)
        page.setMinimumHeight(fonts.scaled(_MIN_PANELS_HEIGHT))
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(12))
        column.addWidget(self._header)
        column.addWidget(page, 1)
        self._column = column
        # In a low window header and note scroll as well, or they would stand on each other.
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(wrap_in_scroll_area(inside, bar_beside=True))
        _apply_stylesheet_now(self)

    @property
    def is_complete(self) -> bool:
        """Whether every panel widget of the customer sheet is built."""
        return not self._panels_to_build

    def build_next_panel(self) -> None:
        """Build one more panel of the customer sheet: all at once would hold the window up."""
        if self._panels_to_build:
            key = self._panels_to_build.pop(0)
            made_already: dict[str, SheetPanel] = {
                "tickets": self.tickets_panel,
                "timeline": self.timeline_panel,
                "requests": self.requests_panel,
            }
            card = made_already.get(key) or _PANEL_CLASSES[key](self._model)
            self._cards[key] = card
            if isinstance(card, OptOutPanel):
                card.fewer_requested.connect(self._focus_lists)
            if key in _HIDDEN_AT_FIRST:
                card.hide()
            card.ask_lead_requested.connect(self.ask_lead_requested)
            self._columns.add_card(key, card)
            for table in card.findChildren(KeyValueTable):
                table.reserve_rows(_RESERVED_ROWS)
            if isinstance(card, SailthruListsPanel):
                card.changes_requested.connect(self.changes_requested)
            if card is self.tickets_panel:
                self.tickets_panel.reserve_rows(_RESERVED_TICKETS)
            _apply_stylesheet_now(card)

    def set_width(self, width: int) -> None:
        """Choose the customer sheet's number of columns for a width in px, before it is shown."""
        self._columns.set_width(width)

    def refresh(self, *, all_at_once: bool) -> None:
        """Redraw the panels in slices, those in sight first, and with `all_at_once` in one turn."""
        self._show_pause()
        panels: list[CustomerHeaderPanel | SheetPanel] = [self._header, *self._cards.values()]
        self._panels_to_refresh = sorted(panels, key=_is_out_of_sight)
        if not all_at_once:
            # Never in the turn that read the answer: each costs half a frame.
            self._refresh_later()
            return
        # Before the page is shown nothing has a place yet that could be out of sight.
        is_shown = self.isVisible()
        while self._panels_to_refresh:
            # Shorter panels above let others move up: they are looked at after each layout.
            seen = [p for p in self._panels_to_refresh if not (is_shown and _is_out_of_sight(p))]
            if not seen:
                break
            self._panels_to_refresh = [p for p in self._panels_to_refresh if p not in seen]
            with batch_layout(*seen):
                for panel in seen:
                    panel.refresh()
        self._refresh_later()

    def _refresh_for(self, seconds: float) -> None:
        begun = time.perf_counter()
        # Each filled label would lay out the whole window again.
        with batch_layout() as hold:
            while self._panels_to_refresh:
                panel = self._panels_to_refresh.pop(0)
                hold(panel)
                panel.refresh()
                # Checked after a panel: half a panel is never painted.
                if time.perf_counter() - begun > seconds:
                    break
        self._refresh_later()

    def _refresh_later(self) -> None:
        if self._panels_to_refresh:
            # What is filled is painted before the timer's turn comes.
            self._refresh_timer.start()
        else:
            self._refresh_timer.stop()

    def _on_refresh_timer(self) -> None:
        self._refresh_for(_REFRESH_SLICE_S)

    def panel(self, kind: type[PanelT]) -> PanelT:
        """Return the customer sheet's panel widget of a class, once it is built."""
        return next(card for card in self._cards.values() if isinstance(card, kind))

    def show_email_note(self, note: EmailNoteView) -> None:
        """Show a note below the panels that an address change stopped, or is needed.

        Above them it would move what the pointer is on.
        """
        if self._email_banner is None:
            if not note.title:
                return
            self._email_banner = Banner(counts=False)
            self._email_banner.action_triggered.connect(self._on_email_note)
            self._column.addWidget(self._email_banner)
        self._email_banner.setVisible(bool(note.title))
        if note.title and note != self._email_note:
            actions = [(action.value, words) for action, words in note.actions]
            self._email_banner.show_message("warn", note.title, note.text, actions=actions)
        self._email_note = note

    def _show_pause(self) -> None:
        view = build_pause_view(self._model.context()) if self._model.sheet else PauseView()
        before, number = self._pause_view, self._model.customer_number
        if self._model.sheet and number == self._paused_customer:
            title, reason = describe_released_pause(self._model.context(), before)
            if title:
                self.notice_posted.emit(title, reason)
        self._pause_view, self._paused_customer = view, number
        if view == before:
            return
        if self._pause_banner is None:
            self._pause_banner = Banner(counts=False)
            self._pause_banner.action_triggered.connect(self._on_end_pause)
            self._column.addWidget(self._pause_banner)
        self._pause_banner.setVisible(bool(view.text))
        if view.text:
            actions = [("end", view.action)] if view.action else []
            tone: BannerTone = "warn" if view.is_overdue else "info"
            self._pause_banner.show_message(tone, view.text, view.detail, actions=actions)

    def _focus_lists(self) -> None:
        first = first_usable_control(self._cards["lists"])
        if first is not None:
            first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_end_pause(self, _action: str) -> None:
        self._model.edits.end_pause()

    def _on_email_note(self, action: str) -> None:
        self.email_note_answered.emit(EmailNoteAction(action))

    def set_privacy_actions(self, actions: Sequence[QAction]) -> None:
        """Give the menu beside the customer's name the window's actions of Privacy."""
        self._header.set_menu_actions(actions)

    def set_narrow(self, narrow: bool) -> None:
        """Fold the sheet's panels that only inform, in a narrow window; those that act stay."""
        self._header.set_narrow(narrow)
        self._cards["value"].setVisible(not narrow)
        for key in _FOLDED_WHEN_NARROW:
            self._cards[key].set_foldable(narrow, ("folded", "unfolded"))
            self._cards[key].set_folded(narrow)


def _is_out_of_sight(panel: QWidget) -> bool:
    # Whether there is something to say, these panels decide themselves. And the
    # next key may act in the panel that has the keyboard, also while that is scrolled away.
    focus = panel.window().focusWidget()
    if isinstance(panel, NoProfilePanel | TeamLeadRequestsPanel | SellPanel) or (
        focus is not None and panel.isAncestorOf(focus)
    ):
        return False
    return panel.visibleRegion().isEmpty()


def _apply_stylesheet_now(widget: QWidget) -> None:
    """Polish a panel's widget now rather than with the whole sheet when it is first shown."""
    for part in (widget, *widget.findChildren(QWidget)):
        part.ensurePolished()
