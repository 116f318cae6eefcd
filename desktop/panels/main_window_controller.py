"""The main window's controller: shows what its models tell, forwards what people do."""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QApplication

from desktop.kit.errors import ConflictError, InvalidInput
from desktop.model.lookup_query import record_query
from desktop.model.service import Service
from desktop.panels.customer_tab_actions import CustomerTabActions
from desktop.panels.focus_keeper import FocusKeeper
from desktop.panels.main_window import MainWindow
from desktop.panels.undo_key import UndoKey
from desktop.panels.widgets.screen_reader import announce
from desktop.panels.widgets.tab_order import order_tab_stops
from desktop.viewmodels.customer.customer_commands import build_customer_commands
from desktop.viewmodels.customer.customer_tabs_model import CustomerTabsModel
from desktop.viewmodels.customer.follow_zendesk_model import FollowZendeskModel
from desktop.viewmodels.customer.privacy_refusals import erase_refusal, export_refusal
from desktop.viewmodels.customer.sheet_edits import SettledEdit, SubmittedEdit
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.navigation_history import NavigationHistory, Place
from desktop.viewmodels.palette_command import PaletteCommand
from desktop.viewmodels.qt_timer import create_timer
from desktop.viewmodels.search_suggestions_model import SearchSuggestionsModel
from desktop.viewmodels.status_bar_model import StatusBarModel
from desktop.viewmodels.tone import Tone

if TYPE_CHECKING:
    from desktop.panels.customer.sheet_printing import SheetPrinting

# Panels of a sheet arrive one by one; after the last the order is made once.
_TAB_ORDER_DELAY_MS = 200
_TAB_ORDER_SLICE_S = 0.004
_CLOSED_TAB_TOAST_S = 10.0
_CLOSED_TAB_PREFIX = "tab "
_EXPORT, _ERASE = "Privacy: Export…", "Privacy: Erase…"


@dataclass(frozen=True)
class WindowModels:
    """The view-models that the main window's widget is given to draw."""

    sheet: CustomerSheetModel
    tabs: CustomerTabsModel
    status: StatusBarModel
    follow: FollowZendeskModel
    search: SearchSuggestionsModel


@runtime_checkable
class UndoingPage(Protocol):
    """A page of the window with something to undo that no toast tells of."""

    def undo_newest(self) -> bool:
        """Undo it; False where there is nothing."""
        ...


class MainWindowController(QObject):
    """Connects main window and models after the first paint, which waits for no model."""

    def __init__(self, view: MainWindow, models: WindowModels) -> None:
        super().__init__(view)
        self._window = view
        self._models = models
        # Screen readers ask for the order of focus without anybody pressing Tab.
        self._tab_order_timer = create_timer(self, _TAB_ORDER_DELAY_MS, self._update_tab_order)
        self._tab_order_slice_timer = create_timer(self, 0, self._continue_tab_order)
        self._tab_order_steps: Iterator[None] = iter(())
        self._undo_key = UndoKey(self._on_undo, self)
        self._printing: SheetPrinting | None = None
        self._history = NavigationHistory()
        self._history.visit(Place("customers"))
        self._toast_customers: dict[str, int] = {}  # whose change a toast tells, by number
        app = QApplication.instance()
        if isinstance(app, QApplication):
            FocusKeeper(app, self)
        view.top_bar.set_models(models.search, models.follow)
        self._add_actions()
        privacy = [view.window_actions[name] for name in (_EXPORT, _ERASE)]
        view.customers_page.set_privacy_actions(privacy)
        tab_actions = CustomerTabActions(view, models.tabs)
        view.customers_page.set_tab_actions(tab_actions.menu_actions())
        self._connect()
        self._show_status()
        view.start_lookups()

    def _add_actions(self) -> None:
        add = self._window.window_actions.add
        add("Undo", self._on_undo, QKeySequence.StandardKey.Undo)
        add("Refresh", self._models.sheet.refresh, ["F5", "Ctrl+R"])
        add("Follow Zendesk", self._on_follow, "Ctrl+Shift+F")
        add("Change e-mail", self._on_change_email, "Ctrl+Shift+E")
        add("Add note", self._on_add_note, "Ctrl+Shift+M")
        add("Why opted out?", self._on_why_opted_out)
        add("Ask a lead", self._on_ask_lead)
        add("Did the mail go out?", self._on_did_mail_go_out)
        add(_EXPORT, self._window.customers_page.export_person)
        add(_ERASE, self._on_erase)
        add("Copy e-mail address", self._on_copy_address, "Ctrl+Shift+C")
        add("Print customer", self._on_print, QKeySequence.StandardKey.Print)
        add("Save customer as PDF", self._on_save_pdf)
        # Alt with an arrow moves by a word on a Mac.
        on_mac = sys.platform == "darwin"
        add("Back", self._on_back, "Ctrl+[" if on_mac else "Alt+Left")
        add("Forward", self._on_forward, "Ctrl+]" if on_mac else "Alt+Right")
        self._enable_history()
        self._enable_customer_actions()
        self._window.window_actions.add_source(self._customer_commands, describes_actions=True)
        self._window.window_actions.add_source(self._window.page_commands)
        self._enable_privacy()

    def _connect(self) -> None:
        view, sheet, follow = self._window, self._models.sheet, self._models.follow
        tabs = self._models.tabs
        view.lookup_requested.connect(tabs.open_text)
        view.new_tab_requested.connect(tabs.open_in_new_tab)
        tabs.tab_closed.connect(self._on_tab_closed)
        tabs.customer_erased.connect(self._on_customer_erased)
        view.page_shown.connect(self._on_page_shown)
        view.customers_page.matches_requested.connect(self._on_matches_requested)
        view.customers_page.notice_posted.connect(view.show_notice)
        view.visibility_changed.connect(self._on_visibility_changed)
        view.banner.action_triggered.connect(self._on_banner_action)
        view.toast_manager.action_triggered.connect(self._on_toast_action)
        view.toast_manager.batch_triggered.connect(self._on_batch_action)
        view.toast_manager.closed.connect(self._on_toast_closed)
        sheet.changed.connect(self._on_sheet_changed)
        sheet.customer_opened.connect(self._on_opened)
        sheet.viewing_ended.connect(self._on_viewing_ended)
        sheet.edits.edit_submitted.connect(self._on_edit_submitted)
        sheet.edits.edit_settled.connect(self._on_edit_settled)
        sheet.failed.connect(view.show_error)
        follow.ticket_opened_behind.connect(self._on_ticket_opened_behind)
        self._models.status.changed.connect(self._show_status)
        self._models.status.outage_began.connect(view.show_notice)

    def _on_visibility_changed(self, visible: bool, active: bool) -> None:
        # Follow Zendesk asks often only while the window can be seen.
        self._models.follow.is_window_visible = visible
        if active:
            self._models.follow.note_user_activity()

    def _on_sheet_changed(self) -> None:
        sheet = self._models.sheet.sheet
        self._tab_order_timer.start()
        self._enable_customer_actions()
        self._enable_privacy()
        if sheet is None:
            return
        self._note_customer()
        # Before all services have answered, more may match.
        if sheet.is_complete and sheet.matches and not sheet.is_found:
            self._window.top_bar.show_matches(sheet.matches)

    def _enable_privacy(self) -> None:
        sheet, actions = self._models.sheet, self._window.window_actions
        is_open = sheet.sheet is not None and sheet.sheet.is_found
        context = sheet.context() if is_open else None
        actions.set_enabled(_EXPORT, export_refusal(context))
        actions.set_enabled(_ERASE, erase_refusal(context))

    def _on_erase(self) -> None:
        # Not connected as it is: the signal's own argument is no erasure.
        self._window.show_page("customers")
        self._window.customers_page.open_erasure_drawer()

    def _on_viewing_ended(self) -> None:
        # Nobody stays to be gone back to: they are not for whoever sits here now.
        self._forget_history()

    def _forget_history(self) -> None:
        self._history.clear()
        self._history.visit(Place("customers"))
        self._enable_history()

    def _enable_customer_actions(self) -> None:
        sheet, actions = self._models.sheet.sheet, self._window.window_actions
        is_found = sheet is not None and sheet.is_found
        actions.set_enabled("Refresh", "" if is_found else "No customer is open.")
        reason = "This customer has no address." if is_found else "No customer is open."
        actions.set_enabled("Copy e-mail address", "" if sheet and sheet.address else reason)
        for name in ("Print customer", "Save customer as PDF"):
            actions.set_enabled(name, self._models.sheet.print_refusal())

    def _customer_commands(self) -> list[PaletteCommand]:
        """Build the palette's commands of the customer shown; none acts on the next customer."""
        number = self._models.sheet.customer_number
        made = build_customer_commands(self._models.sheet, self._window.customers_page)
        return [replace(each, run=partial(self._run_for, number, each.run)) for each in made]

    def _run_for(self, customer_number: int, run: Callable[[], object]) -> None:
        # Follow Zendesk may have replaced the customer while the list of commands stood open.
        if self._models.sheet.customer_number != customer_number:
            self._window.show_error(
                ConflictError(
                    "Nothing was changed.",
                    "Another customer was opened before the command was chosen.",
                    "Choose it again for the customer you mean.",
                )
            )
            return
        self._window.show_page("customers")
        run()

    def _on_matches_requested(self) -> None:
        sheet = self._models.sheet.sheet
        if sheet is not None:
            self._window.top_bar.show_matches(sheet.matches)

    def _note_customer(self) -> None:
        """Note in the window's history the customer shown, once it is known who it is."""
        query = self._customer_query()
        if query and self._window.current_page == "customers":
            number = self._models.sheet.customer_number
            self._history.visit_customer(Place("customers", query), number)
            self._enable_history()

    def _customer_query(self) -> str:
        """Return the query of the customer shown in the window, by id; empty while nobody is."""
        sheet = self._models.sheet.sheet
        if sheet is None:
            return ""
        if sheet.user.value is not None:
            return record_query(Service.ZENDESK, str(sheet.user.value.id))
        if sheet.profile.value is not None:
            return record_query(Service.SAILTHRU, sheet.profile.value.sid)
        return ""

    def _on_page_shown(self, key: str) -> None:
        # A customer who is about to be opened is a place once they are found.
        if key != "customers":
            self._history.visit(Place(key))
        elif query := self._customer_query():
            self._history.visit(Place(key, query))
        self._enable_history()

    def _on_back(self) -> None:
        self._go_to(self._history.go_back())

    def _on_forward(self) -> None:
        self._go_to(self._history.go_forward())

    def _go_to(self, place: Place | None) -> None:
        if place is None:
            return
        if place.customer and place.customer != self._customer_query():
            self._window.look_up(place.customer)
        else:
            self._window.show_page(place.page)
        self._enable_history()

    def _enable_history(self) -> None:
        actions, history = self._window.window_actions, self._history
        back = "" if history.can_go_back else "There is nothing to go back to."
        actions.set_enabled("Back", back)
        forward = "" if history.can_go_forward else "You have not gone back."
        actions.set_enabled("Forward", forward)

    def _update_tab_order(self) -> None:
        self._tab_order_steps = order_tab_stops(self._window)
        self._continue_tab_order()

    def _continue_tab_order(self) -> None:
        until = time.perf_counter() + _TAB_ORDER_SLICE_S
        for _ in self._tab_order_steps:
            if time.perf_counter() > until:
                self._tab_order_slice_timer.start()
                break

    def _on_opened(self) -> None:
        self._window.banner.clear()
        # What became of a change of the customer before names nobody.
        self._window.status_bar.set_note("last", "")

    def _on_edit_submitted(self, submitted: object) -> None:
        if isinstance(submitted, SubmittedEdit):
            self._window.toast_manager.show_toast(
                submitted.edit_id,
                submitted.text,
                [("undo", "Undo"), *self._note_action(submitted)],
                seconds=submitted.undo_seconds,
            )
            self._toast_customers[submitted.edit_id] = submitted.customer_number
            self._undo_key.watch()

    def _note_action(self, submitted: SubmittedEdit) -> list[tuple[str, str]]:
        """Offer in the toast to add a note on the ticket that the customer is about."""
        is_behind = submitted.customer_number != self._models.sheet.customer_number
        if submitted.is_note or submitted.ticket is None or is_behind:
            return []
        if self._window.customers_page.note_disabled_reason():
            return []
        return [("note", f"Add note to #{submitted.ticket}")]

    def _on_edit_settled(self, settled: object) -> None:
        if not isinstance(settled, SettledEdit):
            return
        if not settled.undo_stands:
            self._window.toast_manager.close_toast(settled.edit_id)
        tone: Tone = "bad" if settled.refusal else "muted"
        self._window.status_bar.set_note("last", settled.text, tone)
        if settled.refusal:
            # The control is back where it was: the status bar alone would be overlooked.
            self._window.banner.show_message(
                "bad",
                settled.refusal,
                settled.reason,
                "You can try it again on the Activity page.",
                actions=[("activity", "Open Activity")],
                close="Close",
            )
        else:
            announce(self._window, settled.text)

    def _on_toast_action(self, key: str, action: str) -> None:
        if action == "note":
            # The change goes on: its undo time runs while the note is typed.
            self._add_note(key)
            return
        self._undo_toasts([key])
        self._window.toast_manager.close_toast(key)

    def _add_note(self, key: str) -> None:
        """Open the drawer Add note for the customer whose change a toast tells."""
        if self._models.tabs.show_customer(self._toast_customers.get(key, 0)):
            self._window.show_page("customers")
            self._window.customers_page.open_note_drawer()
        else:
            self._window.show_error(
                InvalidInput(
                    "No note was begun.",
                    "The customer who was changed is not open any more.",
                    "Open the customer again, then press Add note.",
                )
            )

    def _undo_toasts(self, keys: list[str]) -> None:
        """Undo what toasts tell: changes of customers, and tabs that were closed."""
        tabs = [key for key in keys if key.startswith(_CLOSED_TAB_PREFIX)]
        edits = [key for key in keys if key not in tabs]
        for key in tabs:
            self._models.tabs.reopen_tab(int(key.removeprefix(_CLOSED_TAB_PREFIX)))
        if edits:
            self._models.sheet.edits.undo(*edits)

    def _on_tab_closed(self, tab: int, name: str) -> None:
        self._window.toast_manager.show_toast(
            f"{_CLOSED_TAB_PREFIX}{tab}",
            f"Tab of {name} closed before what you typed was saved",
            [("undo", "Open again")],
            seconds=_CLOSED_TAB_TOAST_S,
        )
        self._undo_key.watch()

    def _on_customer_erased(self) -> None:
        self._forget_history()
        self._window.top_bar.forget_text()
        self._window.show_notice("A tab was closed.", "Its customer was erased from this computer.")

    def _on_toast_closed(self, key: str) -> None:
        self._toast_customers.pop(key, None)
        if not self._window.toast_manager.newest_key():
            self._undo_key.stop()

    def _on_batch_action(self, keys: list[str], _action: str) -> None:
        self._undo_toasts(keys)

    def _on_undo(self) -> None:
        newest = self._window.toast_manager.newest_key()
        if newest:
            self._on_toast_action(newest, "undo")
        elif not self._undo_on_page():
            self._window.show_notice(
                "There is nothing to undo right now.",
                "Undo stays for ten seconds after a change.",
                "You can undo older changes on the Activity page.",
            )

    def _undo_on_page(self) -> bool:
        page: object = self._window.page_stack.currentWidget()
        return isinstance(page, UndoingPage) and page.undo_newest()

    def _show_status(self) -> None:
        bar, status = self._window.status_bar, self._models.status
        for service in status.service_statuses():
            bar.set_service(service.key, service.text, service.dot, service.tooltip)
        bar.set_note("budget", status.rate_budget_warning(), "warn")
        text, tip = status.due_runs_text()
        bar.set_note("syncs", text, tip=tip, optional=True)
        bar.set_note("last-sync", *status.last_run_note(), optional=True)
        bar.set_note("waiting", *status.pending_edits_note())
        self._window.top_bar.refresh()

    def _on_banner_action(self, action: str) -> None:
        if action == "copy":
            QGuiApplication.clipboard().setText(self._window.last_error.details())
        elif action == "activity":
            self._window.banner.clear()
            self._window.show_page("activity")
        elif action == "retry":
            self._window.banner.clear()
            self._models.sheet.refresh()

    def _on_ticket_opened_behind(self, ticket: int) -> None:
        self._window.show_notice(
            f"You have opened #{ticket} in Zendesk.",
            "It is in the tab “Following”, because something you typed here is not saved yet.",
        )

    def _on_change_email(self) -> None:
        self._window.show_page("customers")
        self._window.customers_page.open_email_drawer()

    def _on_add_note(self) -> None:
        self._window.show_page("customers")
        self._window.customers_page.open_note_drawer()

    def _on_why_opted_out(self) -> None:
        self._window.show_page("customers")
        self._window.customers_page.open_why_drawer()

    def _on_print(self) -> None:
        self._ensure_printing().print_sheet()

    def _on_save_pdf(self) -> None:
        self._ensure_printing().save_pdf()

    def _ensure_printing(self) -> "SheetPrinting":
        if self._printing is None:
            # Imported when it is first wanted: printers are nothing that a start needs.
            from desktop.panels.customer.sheet_printing import SheetPrinting

            self._printing = SheetPrinting(self._models.sheet, self._window)
            self._printing.done.connect(self._window.show_notice)
        return self._printing

    def _on_did_mail_go_out(self) -> None:
        self._window.show_page("customers")
        self._window.customers_page.open_mail_drawer()

    def _on_ask_lead(self) -> None:
        self._window.show_page("customers")
        self._window.customers_page.open_ask_lead_drawer()

    def _on_follow(self) -> None:
        self._models.follow.set_following(not self._models.follow.is_following)

    def _on_copy_address(self) -> None:
        sheet = self._models.sheet.sheet
        if sheet is not None and sheet.address:
            QGuiApplication.clipboard().setText(sheet.address)
            self._window.status_bar.set_note("last", "E-mail address copied")
