"""One open window from its models to its end: connects, runs the background loops, closes."""

import asyncio
import logging
import sys
import traceback
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject

from desktop.app.container import WorkspaceServices
from desktop.app.customer_tab_persistence import CustomerTabPersistence
from desktop.app.single_instance.link_rate_limiter import LinkRateLimiter
from desktop.app.startup.deferred_imports import (
    CONNECTING_AND_PAGES,
    SELDOM_OPENED_PAGES,
    import_deferred,
)
from desktop.app.startup.startup_window import LaunchOptions, StartupWindow
from desktop.customer.customer_search import CustomerSearch
from desktop.kit.change_bus import ChangeSet, Topic
from desktop.kit.errors import AppError, InvalidInput
from desktop.model.edit import Edit
from desktop.panels.appearance_actions import AppearanceActions
from desktop.panels.customers_page import CustomersPage
from desktop.panels.main_window_controller import MainWindowController, WindowModels
from desktop.panels.widgets.screen_reader import announce
from desktop.settings import settings_table
from desktop.settings.setting_definition import Setting
from desktop.settings.window_state import WindowStateFile
from desktop.viewmodels.customer.customer_tabs_model import CustomerTabsModel
from desktop.viewmodels.customer.follow_zendesk_model import FollowZendeskModel
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.page_access import decide_page_access
from desktop.viewmodels.search_suggestions_model import SearchSuggestionsModel
from desktop.viewmodels.settings.appearance_commands import build_appearance_commands
from desktop.viewmodels.status_bar_model import StatusBarModel
from desktop.viewmodels.task_registry import TaskRegistry
from desktop.viewmodels.workspace_protocol import check_view_permission

if TYPE_CHECKING:
    from desktop.app.background.outbox_worker import OutboxWorker
    from desktop.app.page_factory import PageFactory
    from desktop.viewmodels.customer.drawer_models import DrawerModels

log = logging.getLogger(__name__)
T = TypeVar("T")

# Services that take longer to answer keep nobody from closing: then it is asked.
_PATIENCE_WITH_SENDING_S = 5.0


class WindowLifecycle(QObject):
    """One open window with its models, pages and background loops, from connecting to closing."""

    def __init__(
        self,
        services: WorkspaceServices,
        startup_window: StartupWindow,
        launch_options: LaunchOptions,
    ) -> None:
        """`startup_window` stands already; its main window gets its models here."""
        super().__init__()
        self.services = services
        self.theme, self.main_window = startup_window.theme, startup_window.main_window
        self.exit_code = 0
        self.page_factory: PageFactory | None = None
        self._startup_window, self._options = startup_window, launch_options
        self._closing = asyncio.Event()
        self._opened_at = services.context.clock.now()
        self._tasks: TaskRegistry | None = None  # with the worker, while the loops run
        self._outbox_worker: OutboxWorker | None = None
        session, store, bus = services.session, services.store, services.bus
        clock = services.context.clock
        self.sheet_model = CustomerSheetModel(
            session,
            services.lookup,
            services.editor,
            services.undo,
            store,
            bus,
            clock,
            # Only where somebody is looked up: a first paint needs no team.
            lambda ids: services.team.list_of_customer(ids),
        )
        self.tabs_model = CustomerTabsModel(self.sheet_model, store, bus)
        self._open_tabs = CustomerTabPersistence(
            self.tabs_model, WindowStateFile(services.workspace.state_path), store.sheet_reader
        )
        self._drawer_models: DrawerModels | None = None
        self.status_model = StatusBarModel(session, store, bus, clock)
        self.follow_model = FollowZendeskModel(services.follow, session, self.tabs_model)
        self.search_model = SearchSuggestionsModel(
            store.sheet_reader,
            self.main_window.window_actions.commands,
            CustomerSearch(lambda: session.clients, session.zendesk_budget_share),
            clock,
            self,
            may_view=lambda: check_view_permission(session).is_allowed,
        )
        self.main_window.add_customers_page(
            CustomersPage(
                self.sheet_model,
                self.tabs_model,
                self.make_drawer_models,
                examples=launch_options.search_examples,
                is_configured=lambda: session.is_configured,
            )
        )
        self.controller = MainWindowController(
            self.main_window,
            WindowModels(
                self.sheet_model,
                self.tabs_model,
                self.status_model,
                self.follow_model,
                self.search_model,
            ),
        )
        self._appearance_actions = AppearanceActions(self.main_window, self.theme)
        self._appearance_actions.setting_chosen.connect(self._save_setting)
        self.main_window.window_actions.add_source(
            partial(build_appearance_commands, session, self.main_window.show_error)
        )
        self._link_rate_limiter = LinkRateLimiter()
        # A link that comes before anybody can be asked waits until then.
        self._is_ready = False
        self._pending_argument = launch_options.argument
        self.main_window.close_requested.connect(self._on_close_requested)
        self.main_window.stay_on_top_changed.connect(self._on_stay_on_top)
        self.follow_model.changed.connect(self._on_follow)
        self._unsubscribe = bus.subscribe(self._on_changes)

    def make_drawer_models(self) -> "DrawerModels":
        """Return the models of the drawers over the sheet, made at the first call."""
        if self._drawer_models is None:
            # Imported here: nothing of it is needed for the first paint.
            from desktop.viewmodels.customer.ask_lead_model import AskLeadModel
            from desktop.viewmodels.customer.drawer_models import DrawerModels
            from desktop.viewmodels.customer.email_change_model import EmailChangeModel
            from desktop.viewmodels.customer.erasure_model import ErasureModel
            from desktop.viewmodels.customer.mail_trail_model import MailTrailModel
            from desktop.viewmodels.customer.note_model import NoteModel
            from desktop.viewmodels.customer.person_export_model import PersonExportModel
            from desktop.viewmodels.customer.why_opted_out_model import WhyOptedOutModel
            from desktop.viewmodels.team_lead_requests_model import TeamLeadRequestsModel

            services, sheet = self.services, self.sheet_model
            store, clock, asking = (
                services.store,
                services.context.clock,
                services.team_lead_requests,
            )
            team_lead_requests = TeamLeadRequestsModel(
                services.session, asking, services.editor, store, services.bus, clock
            )
            team_lead_requests.failed.connect(self.main_window.show_error)
            team_lead_requests.message_posted.connect(self._on_team_lead_request_answered)
            self._drawer_models = DrawerModels(
                EmailChangeModel(
                    sheet, services.email_changes, services.address_watch, services.bus, clock
                ),
                NoteModel(sheet, store, clock),
                WhyOptedOutModel(sheet, store, services.bounce_repairs, services.bus, clock),
                AskLeadModel(sheet, asking, clock),
                team_lead_requests,
                MailTrailModel(sheet, services.read_mail_trail, clock),
                ErasureModel(sheet, services.erasures, services.session, services.bus, clock),
                PersonExportModel(sheet, services.person_export, clock),
            )
        return self._drawer_models

    async def run(self) -> None:
        """Connect, and run the background loops until the window is closed; then shut down."""
        await import_deferred(CONNECTING_AND_PAGES)
        from desktop.app.background.background_loops import start_background_loops
        from desktop.app.background.team_presence import TeamPresence

        if self._options.prebuilds_pages:
            self.main_window.customers_page.build_in_background()
        await self._open_tabs.restore()
        show_error = self.main_window.show_error
        tasks = self._tasks = TaskRegistry(show_error)
        tasks.start("connect", self._connect())
        run_environment = self._options.run_environment
        presence = TeamPresence(
            self.services, self.tabs_model.open_ids, self.sheet_model.show_colleagues
        )
        self.tabs_model.changed.connect(presence.look)
        outbox_worker = start_background_loops(
            self.services,
            tasks,
            run_environment,
            show_error,
            self.main_window.show_notice,
            self.tabs_model.open_ids,
            presence,
        )
        self._outbox_worker = outbox_worker
        try:
            await self._closing.wait()
        finally:
            outbox_worker.close()
            await tasks.close()
            self.tabs_model.changed.disconnect(presence.look)
            await presence.leave()
            await self._shut_down()

    def request_close(self) -> None:
        """Have the open window's `run` end, in order and without asking anybody."""
        self._closing.set()

    def _on_close_requested(self) -> None:
        if self._tasks is None or self._outbox_worker is None:
            self.request_close()
        else:
            self._tasks.start_once("quit", self._quit(self._outbox_worker))

    async def _quit(self, outbox_worker: "OutboxWorker") -> None:
        """Send the edits waiting for their undo and close the window; ask where some cannot go."""
        # What was clicked a moment ago may still be read anew before it is queued.
        for prefix in ("edit ", "undo "):
            await self.sheet_model.tasks.wait_for_prefix(prefix)
        clock = self.services.context.clock
        sending = asyncio.ensure_future(outbox_worker.send_before_closing(self._opened_at))
        patience = asyncio.ensure_future(clock.sleep(_PATIENCE_WITH_SENDING_S))
        asking: asyncio.Future[bool] | None = None
        try:
            await asyncio.wait({sending, patience}, return_when=asyncio.FIRST_COMPLETED)
            unmade = sending.result() if sending.done() else await self._read_open_edits()
            if unmade:
                asking = asyncio.ensure_future(self._ask_to_quit(unmade))
                if not sending.done():
                    await asyncio.wait({sending, asking}, return_when=asyncio.FIRST_COMPLETED)
                # Sent meanwhile after all: nothing is left to ask about.
                is_sent = sending.done() and not sending.result()
                if not is_sent and not await asking:
                    return
        except AppError as error:
            # A database that cannot be written keeps nobody in: what waits is in it already.
            log.warning("Nothing could be sent before closing: %s", error.title)
        finally:
            left = [future for future in (sending, patience, asking) if future is not None]
            for future in left:
                future.cancel()
            await asyncio.gather(*left, return_exceptions=True)
        self.request_close()

    async def _read_open_edits(self) -> tuple[Edit, ...]:
        from desktop.app.background.outbox_worker import list_own_open_edits

        return await list_own_open_edits(self.services)

    async def _ask_to_quit(self, unmade: Sequence[Edit]) -> bool:
        from desktop.panels.widgets.confirmation_dialog import ask_confirmation
        from desktop.viewmodels.quit_question import build_quit_question

        session, now = self.services.session, self.services.context.clock.now()
        question = build_quit_question(unmade, session.service_states, now)
        self.main_window.bring_to_front()
        return await ask_confirmation(
            self.main_window,
            question.title,
            question.message,
            detail=question.detail,
            confirm=question.confirm,
            cancel="Stay",
        )

    def open_argument(self, argument: str) -> None:
        """Bring the window to the front, and look up the argument of a link or a second start.

        Links come from web pages: they only look up, never over unsaved input, and not too often.
        """
        self.main_window.bring_to_front()
        if not argument:
            return
        if not self._is_ready or self.main_window.is_setup_shown:
            self._pending_argument = argument
            return
        if self.sheet_model.has_unsaved_input:
            self.main_window.show_error(
                InvalidInput(
                    "A link was not opened.",
                    "Something you typed is not saved yet.",
                    "Finish or cancel it, then open the link again.",
                )
            )
        elif self._link_rate_limiter.try_acquire(self.services.context.clock.monotonic()):
            self.main_window.look_up(argument)
        else:
            self.main_window.show_error(
                InvalidInput("Too many links at once.", "Wait a moment, then try again.")
            )

    async def _connect(self) -> None:
        from desktop.app.page_factory import PageFactory
        from desktop.app.workspace_actions import WorkspaceActions

        session = self.services.session
        self.page_factory = PageFactory(self, self._options.run_environment)
        # Kept alive by the main window, its parent.
        WorkspaceActions(self.services, self.main_window)
        if session.settings_error is not None:
            self.main_window.show_error(session.settings_error)
        if self.page_factory.is_setup_needed:
            self.page_factory.open_first_page()
            self._startup_window.show_first_page(with_pages=False)
            return
        self._startup_window.show_first_page(with_pages=True)
        if self._options.prebuilds_pages:
            self.page_factory.prebuild_sync_page()
        try:
            await session.connect()
        except AppError as error:
            self.main_window.show_error(error)
        # A service that is away is shown in the status bar; a refusal needs a person.
        if session.connection_error is not None and not session.connection_error.is_retryable:
            self.main_window.show_error(session.connection_error)
        elif (outside := session.values.outside_changes.error) is not None:
            self.main_window.show_error(outside)
        self.start_lookups()
        if self._options.prebuilds_pages:
            # Nobody waits for them now; the first click on such a page would.
            await import_deferred(SELDOM_OPENED_PAGES)
        if self._options.tour is not None:
            await self._run_tour(self._options.tour)

    def start_lookups(self) -> None:
        """Look up in the open window what waited for the connection, or for the set-up's end.

        Called again whenever the set-up is left: a link may have come meanwhile.
        """
        session, is_first_time = self.services.session, not self._is_ready
        self._is_ready = True
        if self.sheet_model.sheet is not None:
            # Looked up before the connection stood, so from the cache alone.
            self.sheet_model.refresh()
        is_following = self.follow_model.is_following
        self._show_page_access()
        argument, self._pending_argument = self._pending_argument, ""
        if argument:
            self.open_argument(argument)
        elif session.values.get(settings_table.FOLLOW_ZENDESK) and not is_following:
            self.follow_model.set_following(True)
        if is_first_time and not argument:
            self._show_last_page()

    async def _run_tour(self, tour: Callable[["WindowLifecycle"], Awaitable[None]]) -> None:
        try:
            await tour(self)
        except AppError as error:
            print(error, file=sys.stderr)
            self.exit_code = 1
        except Exception:
            # A station that broke must not look like the end of the tour.
            self.exit_code = 1
            traceback.print_exc()
            raise
        finally:
            self.request_close()

    async def _shut_down(self) -> None:
        """End the window's loops and pages, store its geometry, and close the databases last."""
        # Closed while it was connecting, the first page is none that somebody chose.
        chosen = self._is_ready or self.main_window.current_page != "customers"
        self._startup_window.geometry.save(has_opened=chosen)
        self._unsubscribe()
        self._open_tabs.close()
        self.status_model.close()
        await self.follow_model.close()
        await self.search_model.tasks.close()
        if self._drawer_models is not None:
            await self._drawer_models.close()
        await self.tabs_model.close()
        await self.sheet_model.close()
        if self.page_factory is not None:
            await self.page_factory.close()
        self.main_window.is_close_allowed = True
        self.main_window.close()
        await self.services.close()

    def _on_team_lead_request_answered(self, sentence: str) -> None:
        self.main_window.status_bar.set_note("last", sentence)
        announce(self.main_window, sentence)

    def _on_stay_on_top(self, on: bool) -> None:
        self._save_setting(settings_table.ALWAYS_ON_TOP, on)

    def _on_follow(self) -> None:
        # Not while connecting or closing: then following ends by itself, nobody chose it.
        if self.services.session.is_connected and not self._closing.is_set():
            self._save_setting(settings_table.FOLLOW_ZENDESK, self.follow_model.is_following)

    def _save_setting(self, setting: Setting[T], value: T) -> None:
        session = self.services.session
        if session.values.get(setting) == value or session.values.is_managed(setting):
            return
        try:
            session.change_settings({setting.key: setting.serialize(value)})
        except AppError as error:
            self.main_window.show_error(error)

    def _on_changes(self, changes: ChangeSet) -> None:
        if changes.has_any(Topic.SETTINGS):
            self._startup_window.apply_settings(self.services.session.values)
        if changes.has_any(Topic.SETTINGS, Topic.PERMISSIONS, Topic.SERVICE):
            self._show_page_access()

    def _show_page_access(self) -> None:
        access = decide_page_access(self.services.session)
        if access is not None:
            self.main_window.set_page_access(access)

    def _show_last_page(self) -> None:
        page, view = self._startup_window.geometry.last_page(), self.main_window
        # Not where somebody has begun with something else while it was connecting.
        is_untouched = view.current_page == "customers" and not self.tabs_model.is_used
        typed = view.top_bar.search_field.text()
        if page in view.rail_pages and is_untouched and not typed:
            view.show_page(page)
            # What was said while it was connecting is not about the page that was open first.
            view.banner.move_to_current_page()
