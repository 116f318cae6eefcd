"""Builds the pages that are not needed for the first paint, when they are first wanted."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Generator, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from desktop.app.schedule_install import HouseTimer
from desktop.app.sync_room import sync_room
from desktop.kit.text import plural
from desktop.panels.activity_page import ActivityPage
from desktop.panels.settings_page import SettingsPage
from desktop.panels.syncs.plan_tab import PlanTab
from desktop.panels.syncs.sync_page import SyncPage
from desktop.panels.wizard import Wizard
from desktop.viewmodels.activity import ActivityModel
from desktop.viewmodels.settings_page import SettingsModel
from desktop.viewmodels.syncs.models import make_models
from desktop.viewmodels.wizard import STEPS, WizardModel

if TYPE_CHECKING:
    from desktop.app.window import Window

_SLICE_MS = 15
_DONE = object()


class Pages(QObject):
    """Sync, Activity and Settings, and the set-up of the first start."""

    def __init__(self, window: "Window", lent: Mapping[str, str]) -> None:
        super().__init__(window)
        self._window = window
        house = window.house
        self._activity = ActivityModel(
            house.live, house.store, house.undo, house.editor, house.bus, house.ground.clock
        )
        self._activity.open_count_changed.connect(self._on_counts)
        self._activity.attention_changed.connect(self._on_counts)
        self.syncs = make_models(sync_room(house, lent))
        self.syncs.page.waiting_changed.connect(self._on_waiting)
        self.syncs.page.looked.connect(self._on_looked)
        self.syncs.page.refresh()
        self.sync_page: SyncPage | None = None
        self._sync_steps = self._build_sync()
        self._preparing = QTimer(self)
        self._preparing.setInterval(_SLICE_MS)
        self._preparing.timeout.connect(self._on_slice)
        self._settings: SettingsModel | None = None
        self._wizard: WizardModel | None = None
        window.view.page_wanted.connect(self._on_wanted)
        add = window.view.actions_.add
        add("Set up Fairlead", self.begin_setting_up)
        add("New sync", self._on_new_sync)
        add("Preview the sync", self._on_preview)
        add("Run the sync now", self._on_run)

    def prepare(self) -> None:
        """Build the page Sync step by step while nothing else happens, so that it opens at once."""
        self._preparing.start()

    def _on_slice(self) -> None:
        if next(self._sync_steps, _DONE) is _DONE:
            self._preparing.stop()

    def _build_sync(self) -> Generator[None, None, None]:
        # The window's own from the start: it may be closed between two steps, and then they go
        # with it rather than when the collector finds them.
        plan = PlanTab(self.syncs.plan, self._window.view)
        yield
        page = SyncPage(self.syncs, plan, self._window.view)
        page.customer_chosen.connect(self._window.view.look_up)
        self.sync_page = page
        yield
        self._window.view.add_page("sync", page)

    def begin_setting_up(self) -> None:
        """Show the set-up until it is done or put off."""
        if self._wizard is None:
            house = self._window.house
            self._wizard = WizardModel(house.live, house.live.desk, house.ground.clock)
        wizard = Wizard(self._wizard)
        wizard.finished.connect(self._on_set_up)
        self._window.view.lead_in(wizard)

    @property
    def set_up_wanted(self) -> bool:
        """Whether the set-up comes up by itself: never done, or left in the middle."""
        live = self._window.house.live
        wizard = WizardModel(live, live.desk, self._window.house.ground.clock)
        return wizard.begun or not (live.configured or wizard.done)

    async def show_set_up(self) -> AsyncIterator[str]:
        """For the tour: show each step of the set-up in turn."""
        self.begin_setting_up()
        if self._wizard is None:
            return
        for place in range(len(STEPS)):
            self._wizard.go(place)
            await asyncio.sleep(0.2)
            yield str(place + 1)
        self._wizard.go(0)

    async def close(self) -> None:
        """End what the pages have under way."""
        self._preparing.stop()
        self._sync_steps.close()
        await self._activity.close()
        await self.syncs.close()
        for model in (self._settings, self._wizard):
            if model is not None:
                await model.close()

    def _on_new_sync(self) -> None:
        self._window.view.show_page("sync")
        if self.sync_page is not None:
            self.sync_page.offer_new()

    def _on_preview(self) -> None:
        self._window.view.show_page("sync")
        if self.sync_page is not None:
            self.sync_page.head.preview.click()

    def _on_run(self) -> None:
        self._window.view.show_page("sync")
        if self.sync_page is not None:
            self.sync_page.head.run.click()

    def _on_set_up(self) -> None:
        self._window.view.lead_in(None)

    def _on_wanted(self, key: str) -> None:
        view, house = self._window.view, self._window.house
        if key == "activity":
            page = ActivityPage(self._activity)
            page.customer_chosen.connect(view.look_up)
            page.run_chosen.connect(self._on_run_chosen)
            view.add_page(key, page)
        elif key == "sync":
            self._preparing.stop()
            # What is not built yet is built now.
            deque(self._sync_steps, 0)
        elif key == "settings":
            # The demo installs nothing on anybody's computer.
            timer = None if house.ground.demo else HouseTimer(house)
            self._settings = SettingsModel(
                house.live, house.live.desk, house.ground.clock, house.bus, timer
            )
            view.add_page(key, SettingsPage(self._settings))

    def _on_waiting(self, count: int) -> None:
        words = plural(count, "sync waits", "syncs wait") + " for a person" if count else ""
        self._window.view.rail.set_badge("sync", str(count or ""), words)

    def _on_run_chosen(self, goal: str, run: str) -> None:
        self._window.view.show_page("sync")
        if self.sync_page is not None:
            self.syncs.page.choose(goal)
            self.sync_page.show_run(run)

    def _on_looked(self) -> None:
        self._window.status.set_next_run(self.syncs.page.next_at)

    def _on_counts(self, _count: int) -> None:
        """The badge: what needs a person comes before what merely waits."""
        needs, waits = self._activity.attention_count, self._activity.open_count
        words = plural(needs, "change needs", "changes need") + " a person" if needs else ""
        if not needs and waits:
            words = plural(waits, "change waits", "changes wait")
        self._window.view.rail.set_badge("activity", str(needs or waits or ""), words)
