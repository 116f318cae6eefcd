"""Widget of the page Customers: tabs over the sheet of one customer, or the welcome."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from desktop.kit.errors import InvalidInput
from desktop.panels.customer.empty_page_message import EmptyPageMessage
from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import ROW_GAP
from desktop.viewmodels.customer.header_view import build_header_view, matches_text
from desktop.viewmodels.customer.not_found_view import build_not_found_actions
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.qt_timer import create_timer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QAction

    from desktop.model.edit import EditKind
    from desktop.model.optout_level import OptOutLevel
    from desktop.panels.customer.ask_lead_drawer import AskLeadDrawer
    from desktop.panels.customer.customer_sheet_widget import CustomerSheetWidget
    from desktop.panels.customer.customer_tab_row import CustomerTabRow
    from desktop.panels.customer.email_change_drawer import EmailChangeDrawer
    from desktop.panels.customer.mail_trail_drawer import MailTrailDrawer
    from desktop.panels.customer.note_drawer import NoteDrawer
    from desktop.panels.customer.privacy_actions import PrivacyActions
    from desktop.panels.customer.why_opted_out_drawer import WhyOptedOutDrawer
    from desktop.viewmodels.customer.customer_tabs_model import CustomerTabsModel
    from desktop.viewmodels.customer.drawer_models import DrawerModels
    from desktop.viewmodels.customer.email_change_view import EmailNoteAction


class CustomersPage(QWidget):
    """Widget of the page Customers; after the first paint it builds one panel in a turn."""

    link_requested = Signal(str)
    changes_requested = Signal(str)  # words to search Activity for
    setup_requested = Signal()  # to connect a service
    matches_requested = Signal()  # the list of the customers who match
    search_requested = Signal(str)  # a text to search for; empty: what was typed, to correct it
    notice_posted = Signal(str, str)  # title and sentence

    def __init__(
        self,
        model: CustomerSheetModel,
        tabs: "CustomerTabsModel",
        make_drawer_models: "Callable[[], DrawerModels]",
        parent: QWidget | None = None,
        *,
        examples: tuple[str, ...] = (),
        is_configured: "Callable[[], bool]" = lambda: True,
    ) -> None:
        """`make_drawer_models` is called once: with the first sheet, after the first paint.

        `is_configured` says whether there is a service to look customers up in.
        """
        super().__init__(parent)
        self._model = model
        self._is_configured = is_configured
        self._tabs = tabs
        self._tab_row: CustomerTabRow | None = None
        self._tab_actions: Sequence[QAction] = ()
        self._make_drawer_models = make_drawer_models
        self._made_drawers: DrawerModels | None = None
        self._email_drawer: EmailChangeDrawer | None = None
        self._note_drawer: NoteDrawer | None = None
        self._why_drawer: WhyOptedOutDrawer | None = None
        self._ask_drawer: AskLeadDrawer | None = None
        self._mail_drawer: MailTrailDrawer | None = None
        self._privacy: PrivacyActions | None = None
        self._privacy_menu: Sequence[QAction] = ()
        self._sheet: CustomerSheetWidget | None = None
        self._build_timer = create_timer(self, _BUILD_SLICE_MS, self._build_slice, repeats=True)
        self._is_sheet_connected = False  # the panels are all built and shown to somebody
        self._narrow = False
        self._shown_opening = 0  # which customer the panels show
        self._placeholder = EmptyPageMessage(_WELCOME_TEXTS[0], _WELCOME_TEXTS[1], examples)
        self._placeholder.action_chosen.connect(self._on_next_action)
        self._placeholder.example_chosen.connect(tabs.open_text)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self._placeholder)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(fonts.scaled(ROW_GAP))
        self._column.addWidget(self._stack)
        tabs.changed.connect(self._show_tab_row)
        model.changed.connect(self.refresh)
        model.customer_opened.connect(self._close_drawers)

    @property
    def _drawers(self) -> "DrawerModels":
        if self._made_drawers is None:
            self._made_drawers = self._make_drawer_models()
            email_change = self._made_drawers.email_change
            email_change.changed.connect(self._refresh_email_note)
            email_change.address_replaced.connect(self._model.open_text)
        return self._made_drawers

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._model.sheet is None:
            # The set-up may have been left, done or not.
            self._show_welcome()

    def refresh(self) -> None:
        """Show the customer sheet, who matches, that nobody was found, or the welcome."""
        if self._model.sheet is None:
            self._close_drawers()
            self._show_welcome()
            self._stack.setCurrentWidget(self._placeholder)
            return
        view = build_header_view(self._model.context())
        if view.not_found_text:
            actions = build_not_found_actions(self._model.context())
            # Visible, not in a tool tip alone: it says who may do it instead.
            reasons = [each.disabled_reason for each in actions if each.disabled_reason]
            self._placeholder.show_message(
                view.not_found_text,
                " ".join([view.not_found_hint, *reasons]),
                [(each.step, each.label, each.disabled_reason) for each in actions],
            )
            self._stack.setCurrentWidget(self._placeholder)
            return
        if self._model.sheet.matches and not self._model.sheet.is_found:
            self._placeholder.show_message(
                matches_text(len(self._model.sheet.matches)),
                "Choose who you mean.",
                [("choose", "Show the list", "")],
            )
            self._stack.setCurrentWidget(self._placeholder)
            return
        sheet = self._ensure_complete_sheet()
        # What is kept of somebody stands at once; what changes then is drawn a few panels a turn.
        first, self._shown_opening = (
            self._model.customer_number != self._shown_opening,
            self._model.customer_number,
        )
        sheet.refresh(all_at_once=first)
        self._refresh_email_note()
        self._stack.setCurrentWidget(sheet)
        if first:
            self._open_left_drawer()

    def set_tab_actions(self, actions: "Sequence[QAction]") -> None:
        """Give the context menu of the customers' tabs the window's actions on them."""
        self._tab_actions = actions

    def _show_tab_row(self) -> None:
        if self._tab_row is None:
            if not self._tabs.is_row_needed:
                return
            # Imported here: no start needs it.
            from desktop.panels.customer.customer_tab_row import CustomerTabRow

            self._tab_row = CustomerTabRow(self._tabs, self._tab_actions, self)
            self._column.insertWidget(0, self._tab_row)
        self._tab_row.setVisible(self._tabs.is_row_needed)
        self._tab_row.refresh()

    def set_narrow(self, narrow: bool) -> None:
        """Show the page Customers as one column with folded panels, beside a browser."""
        self._narrow = narrow
        if self._sheet is not None and self._is_sheet_connected:
            self._sheet.set_narrow(narrow)

    def open_email_drawer(self) -> None:
        """Slide the drawer Change e-mail in for the customer shown, if there is one."""
        if self._model.sheet is not None and self._model.sheet.is_found:
            drawer = self._ensure_email_drawer()
            drawer.open_for_customer(self._drawers.email_change.proposed_address)

    def _ensure_email_drawer(self) -> "EmailChangeDrawer":
        if self._email_drawer is None:
            # Imported when it is first wanted: hardly anybody opens it at the start.
            from desktop.panels.customer.email_change_drawer import EmailChangeDrawer

            self._email_drawer = EmailChangeDrawer(self._drawers.email_change, self.window())
            self._email_drawer.lookup_requested.connect(self._tabs.open_text)
        return self._email_drawer

    def _open_left_drawer(self) -> None:
        """Open the drawer that stood half-typed when the customer's tab went behind another."""
        # Without models no drawer was ever opened.
        if self._made_drawers is None or not self._model.current.kept_input:
            return
        if self._made_drawers.email_change.has_kept_input:
            self._ensure_email_drawer().open_again()
        elif self._made_drawers.note.has_kept_input:
            self.open_note_drawer(self._made_drawers.note.take_kept_ticket())

    def open_note_drawer(self, ticket: int | None = None) -> None:
        """Slide the drawer Add note in for the customer shown; `failed` says why it cannot."""
        if reason := self._drawers.note.disabled_reason():
            self._model.failed.emit(InvalidInput("No note can be added.", reason))
            return
        if self._note_drawer is None:
            from desktop.panels.customer.note_drawer import NoteDrawer

            self._note_drawer = NoteDrawer(self._drawers.note, self.window())
        self._note_drawer.open_for_ticket(ticket)

    def open_why_drawer(self) -> None:
        """Slide the drawer Why opted out? in for the customer shown, if there is one."""
        if self._model.sheet is None or not self._model.sheet.is_found:
            return
        if self._why_drawer is None:
            from desktop.panels.customer.why_opted_out_drawer import WhyOptedOutDrawer

            self._why_drawer = WhyOptedOutDrawer(self._drawers.why, self.window())
        self._why_drawer.open_for_customer()

    def open_optout_form(self, level: "OptOutLevel") -> None:
        """Unfold the form of the panel Opt-out for a level, and put the keyboard there."""
        from desktop.panels.customer.optout_panel import OptOutPanel

        if self._model.is_shown:
            self._ensure_complete_sheet().panel(OptOutPanel).open_form(level)

    def open_profile_fields(self) -> None:
        """Open the dialog of all fields of the profile on the sheet."""
        from desktop.panels.customer.profile_data_panel import ProfileDataPanel

        if self._model.is_shown:
            self._ensure_complete_sheet().panel(ProfileDataPanel).open_fields()

    def open_list_details(self, name: str) -> None:
        """Open the dialog about one Sailthru list and the customer on the sheet."""
        from desktop.panels.customer.sailthru_lists_panel import SailthruListsPanel

        if self._model.is_shown:
            self._ensure_complete_sheet().panel(SailthruListsPanel).open_details(name)

    def open_ask_lead_drawer(self, kind: "EditKind | None" = None) -> None:
        """Slide the drawer Ask a lead in for the customer shown; `failed` says why it cannot.

        `kind`: the first refused change of that kind is chosen in it.
        """
        if reason := self._drawers.ask_lead.disabled_reason():
            self._model.failed.emit(InvalidInput("No lead can be asked.", reason))
            return
        if self._ask_drawer is None:
            from desktop.panels.customer.ask_lead_drawer import AskLeadDrawer

            self._ask_drawer = AskLeadDrawer(self._drawers.ask_lead, self.window())
        self._ask_drawer.open_for(kind)

    def open_mail_drawer(self) -> None:
        """Slide the drawer Did the mail go out? in; `failed` says why it cannot."""
        if reason := self._drawers.mail.disabled_reason():
            self._model.failed.emit(InvalidInput("The e-mails can't be shown.", reason))
            return
        if self._mail_drawer is None:
            from desktop.panels.customer.mail_trail_drawer import MailTrailDrawer

            self._mail_drawer = MailTrailDrawer(self._drawers.mail, self.window())
        self._mail_drawer.open_for_customer()

    def set_privacy_actions(self, actions: "Sequence[QAction]") -> None:
        """Hand the window's actions of Privacy to the customer sheet of this page."""
        self._privacy_menu = actions

    def export_person(self) -> None:
        """Ask for a folder, and export everything known of the customer shown into it."""
        if self._model.sheet is not None and self._model.sheet.is_found:
            self._ensure_privacy().choose_export_folder()

    def open_erasure_drawer(self, erasure_id: str = "") -> None:
        """Slide the drawer Erase in for the customer shown, or for an erasure asked for before."""
        if erasure_id:
            self._ensure_privacy().drawer.open_for_erasure(erasure_id)
        elif self._model.sheet is not None and self._model.sheet.is_found:
            self._ensure_privacy().drawer.open_for_customer()

    def close_erasure_drawer(self) -> None:
        """Close the drawer Erase, if it is open; what was asked for goes on."""
        if self._privacy is not None:
            self._privacy.drawer.close_drawer()

    def _ensure_privacy(self) -> "PrivacyActions":
        if self._privacy is None:
            from desktop.panels.customer.privacy_actions import PrivacyActions

            models = self._drawers
            self._privacy = PrivacyActions(models.erasure, models.person_export, self.window())
            self._privacy.notice_posted.connect(self.notice_posted)
            self._privacy.failed.connect(self._model.failed)
        return self._privacy

    def note_disabled_reason(self) -> str:
        """Say why the button Add note is disabled for the customer shown, or ""."""
        return self._drawers.note.disabled_reason()

    def close_email_drawer(self) -> None:
        """Close the drawer Change e-mail, if it is open."""
        if self._email_drawer is not None and self._email_drawer.isVisible():
            self._email_drawer.close_drawer()

    def _close_drawers(self) -> None:
        # Each is about the customer shown, whom Follow Zendesk may have replaced.
        self.close_email_drawer()
        if self._note_drawer is not None:
            self._note_drawer.close_drawer()
        for drawer in (self._why_drawer, self._mail_drawer):
            if drawer is not None and drawer.isVisible():
                drawer.slide_out()
        if self._ask_drawer is not None:
            self._ask_drawer.close_drawer()
        if self._privacy is not None:
            self._privacy.close_drawer()

    def _refresh_email_note(self) -> None:
        if self._sheet is not None and self._is_sheet_connected:
            self._sheet.show_email_note(self._drawers.email_change.note())

    def _on_email_note(self, action: "EmailNoteAction") -> None:
        if action.value == "change":
            self.open_email_drawer()
        else:
            self._drawers.email_change.act_on_note(action)

    def _on_next_action(self, step: str) -> None:
        if step == "create":
            self._model.edits.create_profile()
        elif step == "retry":
            self._model.refresh()
        elif step == "connect":
            self.setup_requested.emit()
        elif step == "choose":
            self.matches_requested.emit()
        else:
            actions = build_not_found_actions(self._model.context())
            self.search_requested.emit("".join(each.search_text for each in actions))

    def _show_welcome(self) -> None:
        if self._is_configured():
            self._placeholder.show_message(*_WELCOME_TEXTS, examples=True)
        else:
            self._placeholder.show_message(
                *_NOT_CONNECTED_TEXTS, [("connect", "Continue set-up", "")]
            )

    def build_in_background(self) -> None:
        """Build the customer sheet's panels one by one, so that no customer waits for them."""
        self._build_timer.start()

    def _build_slice(self) -> None:
        sheet = self._ensure_sheet()
        if sheet.is_complete:
            self._build_timer.stop()
            sheet.set_width(self._stack.width())
        else:
            sheet.build_next_panel()

    def _ensure_sheet(self) -> "CustomerSheetWidget":
        if self._sheet is None:
            # Half of what the page needs is imported here, after the first paint.
            from desktop.panels.customer.customer_sheet_widget import CustomerSheetWidget

            self._sheet = CustomerSheetWidget(self._model)
            self._stack.addWidget(self._sheet)
        return self._sheet

    def _ensure_complete_sheet(self) -> "CustomerSheetWidget":
        sheet = self._ensure_sheet()
        self._build_timer.stop()
        while not sheet.is_complete:
            sheet.build_next_panel()
        if not self._is_sheet_connected:
            self._is_sheet_connected = True
            sheet.tickets_panel.link_requested.connect(self.link_requested)
            sheet.notice_posted.connect(self.notice_posted)
            sheet.changes_requested.connect(self.changes_requested)
            sheet.change_email_requested.connect(self.open_email_drawer)
            sheet.email_note_answered.connect(self._on_email_note)
            sheet.tickets_panel.note_requested.connect(self.open_note_drawer)
            sheet.tickets_panel.mail_requested.connect(self.open_mail_drawer)
            sheet.timeline_panel.why_requested.connect(self.open_why_drawer)
            sheet.ask_lead_requested.connect(self.open_ask_lead_drawer)
            sheet.requests_panel.set_requests(self._drawers.team_lead_requests)
            sheet.set_privacy_actions(self._privacy_menu)
            sheet.set_narrow(self._narrow)
        return sheet


_NOT_CONNECTED_TEXTS = (
    "Connect Zendesk or Sailthru first.",
    "Then you look customers up here: by e-mail address, name, phone number or #ticket.",
)
# One panel in a frame of 16 ms: nobody notices that it is built.
_BUILD_SLICE_MS = 15
_WELCOME_TEXTS = (
    "Find a customer",
    "Type an e-mail address, a name, a phone number or #ticket above,"
    " or open a ticket in Zendesk with Follow Zendesk on.",
)
