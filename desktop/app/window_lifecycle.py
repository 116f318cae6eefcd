"""One open window with its models and tasks: connects, keeps it alive, and closes it in order."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from desktop.app.container import WorkspaceServices
from desktop.app.single_instance.link_rate_limiter import LinkRateLimiter
from desktop.app.startup.launch_options import LaunchOptions
from desktop.app.startup.startup_window import StartupWindow
from desktop.kit.change_bus import ChangeSet, Topic
from desktop.kit.errors import AppError, InvalidInput
from desktop.panels.customers_page import CustomersPage
from desktop.panels.main_window import WorkspaceBadge
from desktop.panels.main_window_controller import MainWindowController, WindowModels
from desktop.panels.theme.application_theme import ThemeChoice
from desktop.settings import settings_table
from desktop.settings.setting_definition import Setting
from desktop.viewmodels.customer.follow_zendesk_model import FollowZendeskModel
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.search_suggestions_model import SearchSuggestionsModel
from desktop.viewmodels.status_bar_model import StatusBarModel
from desktop.viewmodels.task_registry import TaskRegistry

if TYPE_CHECKING:
    from desktop.app.page_factory import PageFactory

log = logging.getLogger(__name__)

# Needed soon, but not for the first paint: imported by a thread while the window stands already.
_DEFERRED_MODULES = (
    "desktop.app.service_connections",
    "desktop.panels.customer.customer_sheet_widget",
    *(
        f"desktop.viewmodels.customer.{name}"
        for name in ("header_view", "optout_view", "lists_view", "tickets_view", "health_view")
    ),
    *(
        f"desktop.viewmodels.customer.{name}"
        for name in (
            "zendesk_user_view",
            "engagement_view",
            "profile_data_view",
            "timeline_view",
            "customer_value_view",
        )
    ),
    "desktop.app.background.outbox_worker",
    "desktop.app.background.database_changes",
    "desktop.app.background.reconnect",
    "desktop.app.background.due_runs",
    "desktop.app.background.retention",
    "desktop.app.workspace_actions",
    "desktop.app.page_factory",
)


class WindowLifecycle(QObject):
    """One open window with its models and tasks."""

    def __init__(
        self,
        services: WorkspaceServices,
        app: QApplication,
        launch_options: LaunchOptions,
        startup_window: StartupWindow | None = None,
    ) -> None:
        """`shell` stands already where a first paint was not to wait for the house."""
        super().__init__()
        self.services = services
        self.app = app
        self._options = launch_options
        space = services.workspace
        self._startup_window = startup_window or StartupWindow(
            app, space.name, space.state_path, services.session.values, launch_options
        )
        self.theme, self.main_window = self._startup_window.theme, self._startup_window.main_window
        self._closing = asyncio.Event()
        self.exit_code = 0
        live, store, clock, bus = (
            services.session,
            services.store,
            services.context.clock,
            services.bus,
        )
        self.sheet_model = CustomerSheetModel(
            live, services.lookup, services.editor, services.undo, store, bus, clock
        )
        self.status_model = StatusBarModel(live, store, bus, clock)
        self.follow_model = FollowZendeskModel(services.follow, live, self.sheet_model)
        search = SearchSuggestionsModel(
            store.sheet_reader, self.main_window.window_actions.commands, self
        )
        self.main_window.add_customers_page(
            CustomersPage(self.sheet_model, examples=launch_options.search_examples)
        )
        self.controller = MainWindowController(
            self.main_window,
            WindowModels(self.sheet_model, self.status_model, self.follow_model, search),
        )
        self._link_rate_limiter = LinkRateLimiter()
        # A link that comes before anybody can be asked waits until then.
        self._is_ready = False
        self._pending_argument = launch_options.argument
        self.page_factory: PageFactory | None = None
        self.main_window.close_requested.connect(self._on_close_asked)
        self.main_window.stay_on_top_changed.connect(self._on_stay_on_top)
        self.follow_model.changed.connect(self._on_follow)
        self._unsubscribe = bus.subscribe(self._on_changes)

    def show(self) -> None:
        """Show the window, where it does not stand already."""
        if not self.main_window.isVisible():
            self._startup_window.show()

    async def run(self) -> None:
        """Everything after the first paint, until the window is closed."""
        await asyncio.to_thread(_import_deferred_modules)
        from desktop.app.background.database_changes import publish_database_changes
        from desktop.app.background.due_runs import DueRunStarter
        from desktop.app.background.outbox_worker import OutboxWorker
        from desktop.app.background.reconnect import retry_lost_connections
        from desktop.app.background.retention import enforce_retention
        from desktop.app.detached_run_process import DetachedRunLauncher

        self.main_window.customers_page.build_in_background()
        sender = OutboxWorker(self.services)
        starter = DueRunStarter(
            self.services,
            DetachedRunLauncher(self.services, self._options.run_environment).start,
            self.main_window.show_error,
        )
        tasks = TaskRegistry(self.main_window.show_error)
        for name, work in (
            ("connect", self._connect()),
            ("sender", sender.run()),
            ("watch", publish_database_changes(self.services)),
            ("pulse", retry_lost_connections(self.services.session)),
            ("due", starter.run()),
            ("housekeeping", enforce_retention(self.services)),
        ):
            tasks.start(name, work)
        try:
            await self._closing.wait()
        finally:
            sender.close()
            await tasks.close()
            await self.shut_down()

    def request_close(self) -> None:
        """End the window."""
        self._closing.set()

    def open_argument(self, argument: str) -> None:
        """Look up what a link or a second start names, and come to the front."""
        self.main_window.bring_to_front()
        if not argument:
            return
        if not self._is_ready:
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

        live = self.services.session
        self.page_factory = PageFactory(self, self._options.run_environment)
        self.workspace_actions = WorkspaceActions(self.services, self.main_window)
        if live.settings_error is not None:
            self.main_window.show_error(live.settings_error)
        if self.page_factory.is_setup_needed:
            self.page_factory.open_setup_wizard()
            return
        self.page_factory.prebuild_sync_page()
        try:
            await live.connect()
        except AppError as error:
            self.main_window.show_error(error)
        if live.connection_error is not None and not live.connection_error.is_retryable:
            self.main_window.show_error(live.connection_error)
        self._is_ready = True
        if self.sheet_model.sheet is not None:
            # Looked up in the first moment, from what is kept alone.
            self.sheet_model.refresh()
        if self._pending_argument:
            self.open_argument(self._pending_argument)
        elif live.values.get(settings_table.FOLLOW_ZENDESK) and not self.follow_model.is_following:
            self.follow_model.set_following(True)
        if self._options.tour is not None:
            await self._run_tour(self._options.tour)

    async def _run_tour(self, tour: Callable[["WindowLifecycle"], Awaitable[None]]) -> None:
        try:
            await tour(self)
        except AppError as error:
            print(error, file=sys.stderr)
            self.exit_code = 1
        finally:
            self.request_close()

    async def shut_down(self) -> None:
        """End what runs, remember the window's place, close the files."""
        self._startup_window.geometry.save()
        self._unsubscribe()
        self.status_model.close()
        await self.follow_model.close()
        await self.sheet_model.close()
        if self.page_factory is not None:
            await self.page_factory.close()
        self.main_window.is_close_allowed = True
        self.main_window.close()
        await self.services.close()

    def _window_identity(self) -> WorkspaceBadge:
        values = self.services.session.values
        name = self._options.workspace_label or self.services.workspace.name
        return WorkspaceBadge(
            name, values.get(settings_table.WORKSPACE_COLOUR), self._options.search_examples
        )

    def _on_stay_on_top(self, on: bool) -> None:
        self._save_switch(settings_table.ALWAYS_ON_TOP, on)

    def _on_follow(self) -> None:
        if self.services.session.is_connected and not self._closing.is_set():
            self._save_switch(settings_table.FOLLOW_ZENDESK, self.follow_model.is_following)

    def _save_switch(self, setting: Setting[bool], on: bool) -> None:
        live = self.services.session
        if live.values.get(setting) == on or live.values.is_managed(setting):
            return
        try:
            live.change_settings({setting.key: on})
        except AppError as error:
            self.main_window.show_error(error)

    def _on_close_asked(self) -> None:
        self._closing.set()

    def _on_changes(self, changes: ChangeSet) -> None:
        if changes.has_any(Topic.SETTINGS):
            values = self.services.session.values
            self.theme.choose(ThemeChoice(values.get(settings_table.WINDOW_THEME)))
            self.main_window.set_workspace_badge(self._window_identity())


def _import_deferred_modules() -> None:
    for name in _DEFERRED_MODULES:
        import_module(name)
