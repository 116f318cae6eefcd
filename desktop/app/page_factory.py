"""Builds the pages that are not needed for the first paint, when they are first wanted."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Generator, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from desktop.app.sync_page_context import build_sync_page_context
from desktop.app.system_timer.timer_installation import WorkspaceTimer
from desktop.kit.text import format_count
from desktop.panels.activity_page import ActivityPage
from desktop.panels.settings_page import SettingsPage
from desktop.panels.setup_wizard import SetupWizard
from desktop.panels.syncs.plan_tab import PlanTab
from desktop.panels.syncs.sync_page import SyncPage
from desktop.viewmodels.activity.activity_page_model import ActivityPageModel
from desktop.viewmodels.settings.settings_page_model import SettingsPageModel
from desktop.viewmodels.settings.setup_wizard_model import STEP_TITLES, SetupWizardModel
from desktop.viewmodels.syncs.sync_page_models import build_sync_page_models

if TYPE_CHECKING:
    from desktop.app.window_lifecycle import WindowLifecycle

_PREBUILD_INTERVAL_MS = 15
_EXHAUSTED = object()


class PageFactory(QObject):
    """Sync, Activity and Settings, and the set-up of the first start."""

    def __init__(self, window: "WindowLifecycle", extra_environment: Mapping[str, str]) -> None:
        super().__init__(window)
        self._window = window
        house = window.services
        self._activity_model = ActivityPageModel(
            house.session, house.store, house.undo, house.editor, house.bus, house.context.clock
        )
        self._activity_model.open_count_changed.connect(self._show_activity_badge)
        self._activity_model.attention_changed.connect(self._show_activity_badge)
        self.sync_models = build_sync_page_models(build_sync_page_context(house, extra_environment))
        self.sync_models.page.waiting_count_changed.connect(self._show_sync_badge)
        self.sync_models.page.snapshot_read.connect(self._show_next_run)
        self.sync_models.page.refresh()
        self.sync_page: SyncPage | None = None
        self._sync_page_build_steps = self._build_sync_page()
        self._prebuild_timer = QTimer(self)
        self._prebuild_timer.setInterval(_PREBUILD_INTERVAL_MS)
        self._prebuild_timer.timeout.connect(self._on_prebuild_tick)
        self._settings_model: SettingsPageModel | None = None
        self._wizard_model: SetupWizardModel | None = None
        window.main_window.page_requested.connect(self._on_page_requested)
        add = window.main_window.window_actions.add
        add("Set up Fairlead", self.open_setup_wizard)
        add("New sync", self._on_new_sync)
        add("Preview the sync", self._on_preview)
        add("Run the sync now", self._on_run)

    def prebuild_sync_page(self) -> None:
        """Build the page Sync step by step while nothing else happens, so that it opens at once."""
        self._prebuild_timer.start()

    def _on_prebuild_tick(self) -> None:
        if next(self._sync_page_build_steps, _EXHAUSTED) is _EXHAUSTED:
            self._prebuild_timer.stop()

    def _build_sync_page(self) -> Generator[None, None, None]:
        # The window's own from the start: it may be closed between two steps, and then they go
        # with it rather than when the collector finds them.
        plan = PlanTab(self.sync_models.plan, self._window.main_window)
        yield
        page = SyncPage(self.sync_models, plan, self._window.main_window)
        page.customer_requested.connect(self._window.main_window.look_up)
        self.sync_page = page
        yield
        self._window.main_window.add_page("sync", page)

    def open_setup_wizard(self) -> None:
        """Show the set-up until it is done or put off."""
        if self._wizard_model is None:
            house = self._window.services
            self._wizard_model = SetupWizardModel(house.session, house.session.connection_config)
        wizard = SetupWizard(self._wizard_model)
        wizard.finished.connect(self._on_setup_finished)
        self._window.main_window.show_setup(wizard)

    @property
    def is_setup_needed(self) -> bool:
        """Whether the set-up comes up by itself: never done, or left in the middle."""
        live = self._window.services.session
        wizard = SetupWizardModel(live, live.connection_config)
        return wizard.is_begun or not (live.is_configured or wizard.is_done)

    async def step_through_setup(self) -> AsyncIterator[str]:
        """For the tour: show each step of the set-up in turn."""
        self.open_setup_wizard()
        if self._wizard_model is None:
            return
        for place in range(len(STEP_TITLES)):
            self._wizard_model.go_to_step(place)
            await asyncio.sleep(0.2)
            yield str(place + 1)
        self._wizard_model.go_to_step(0)

    async def close(self) -> None:
        """End what the pages have under way."""
        self._prebuild_timer.stop()
        self._sync_page_build_steps.close()
        await self._activity_model.close()
        await self.sync_models.close()
        for model in (self._settings_model, self._wizard_model):
            if model is not None:
                await model.close()

    def _on_new_sync(self) -> None:
        self._window.main_window.show_page("sync")
        if self.sync_page is not None:
            self.sync_page.open_new_sync_dialog()

    def _on_preview(self) -> None:
        self._window.main_window.show_page("sync")
        if self.sync_page is not None:
            self.sync_page.header.preview_button.click()

    def _on_run(self) -> None:
        self._window.main_window.show_page("sync")
        if self.sync_page is not None:
            self.sync_page.header.run_button.click()

    def _on_setup_finished(self) -> None:
        self._window.main_window.show_setup(None)

    def _on_page_requested(self, key: str) -> None:
        view, house = self._window.main_window, self._window.services
        if key == "activity":
            page = ActivityPage(self._activity_model)
            page.customer_requested.connect(view.look_up)
            page.run_requested.connect(self._on_run_chosen)
            view.add_page(key, page)
        elif key == "sync":
            self._prebuild_timer.stop()
            # What is not built yet is built now.
            deque(self._sync_page_build_steps, 0)
        elif key == "settings":
            # The demo installs nothing on anybody's computer.
            timer = None if house.context.is_demo else WorkspaceTimer(house)
            self._settings_model = SettingsPageModel(
                house.session,
                house.session.connection_config,
                house.bus,
                timer,
            )
            view.add_page(key, SettingsPage(self._settings_model))

    def _show_sync_badge(self, count: int) -> None:
        words = format_count(count, "sync waits", "syncs wait") + " for a person" if count else ""
        self._window.main_window.navigation_rail.set_badge("sync", str(count or ""), words)

    def _on_run_chosen(self, sync: str, run: str) -> None:
        self._window.main_window.show_page("sync")
        if self.sync_page is not None:
            self.sync_models.page.select_sync(sync)
            self.sync_page.show_run(run)

    def _show_next_run(self) -> None:
        self._window.status_model.set_next_run(self.sync_models.page.next_run_at)

    def _show_activity_badge(self, _count: int) -> None:
        """The badge: what needs a person comes before what merely waits."""
        needs, waits = self._activity_model.attention_count, self._activity_model.open_count
        words = format_count(needs, "change needs", "changes need") + " a person" if needs else ""
        if not needs and waits:
            words = format_count(waits, "change waits", "changes wait")
        self._window.main_window.navigation_rail.set_badge(
            "activity", str(needs or waits or ""), words
        )
