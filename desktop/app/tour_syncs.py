"""The tour of the page Sync: one sync from an empty page to a run, in both themes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QAbstractButton, QApplication, QScrollArea, QScrollBar, QWidget

from desktop.kit.errors import BadInput
from desktop.model.condition import Condition, Test
from desktop.model.goal import Goal
from desktop.model.guard import Limits
from desktop.model.mapping import MappingRow, Operator, SourceType
from desktop.model.run import RunState
from desktop.model.stage import Pressure, Stage
from desktop.panels.activity_page import ActivityPage
from desktop.panels.theme.theme import Choice
from desktop.sync.presets import HIGH_VALUE, TICKETS, TO_SAILTHRU
from desktop.viewmodels.syncs.plan_sift import Sift

if TYPE_CHECKING:
    from desktop.app.window import Window
    from desktop.panels.syncs.sync_page import SyncPage
    from desktop.viewmodels.syncs.models import SyncModels

_PATIENCE_S = 60.0
_SLOW_MS = 900
_LIST = "Newsletter"
_VIP = Condition("tags", Test.HAS, "vip")

Picture = Callable[[str], Awaitable[None]]
Control = Callable[[str, object], None]


class SyncTour:
    """`picture` saves one; `control` tells the sandbox something (a fault, its speed)."""

    def __init__(
        self,
        window: "Window",
        picture: Picture,
        control: Control,
        sizes: tuple[tuple[int, int], ...],
        themes: tuple[Choice, ...],
    ) -> None:
        self._window = window
        self._picture = picture
        self._control = control
        self._wide, self._narrow = sizes
        self._themes = themes

    async def walk(self) -> None:
        """Every station once; each is seen in every theme asked for."""
        view = self._window.view
        view.resize(*self._wide)
        view.show_page("sync")
        await self._until(lambda: not self._models.page.list_state().loading)
        await self._both("sync-empty")
        await self._first_alignment()
        await self._stopped()
        await self._failed()
        await self._tabs()
        await self._others()
        await self._activity("activity-by-syncs")
        await self._beside()
        view.resize(*self._wide)
        view.show_page("customers")

    # The stations.

    async def _first_alignment(self) -> None:
        """A preview, a conflict picked by hand, then for ever."""
        page, plan = self._models.page, self._models.plan
        page.add(TO_SAILTHRU)
        await self._until(lambda: page.goal == TO_SAILTHRU and page.sync() is not None)
        await self._both("sync-added")
        page.switch(on=True)
        await self._until(lambda: self._sync_page.head.switch.isChecked())
        await self._preview()
        await self._both("sync-plan")
        plan.filter(Sift(fate="conflict"))
        await self._until(lambda: plan.table.row(0) is not None)
        await self._both("sync-conflict")
        row = plan.table.row(0)
        if row is not None and row.conflict is not None:
            self._sync_page.plan.rows.opened.emit(0)
            await self._until(lambda: plan.detail() is not None)
            await self._both("sync-conflict-open")
            plan.pick(row.row, row.conflict.field, "zendesk")
            await self._until(lambda: (plan.table.row(0) or row).conflict is None)
            await self._both("sync-conflict-picked")
        plan.filter(Sift(fate="correction"))
        await self._until(lambda: plan.table.rowCount() > 0)
        self._sync_page.plan.rows.opened.emit(0)
        await self._until(lambda: plan.detail() is not None)
        await self._both("sync-correction")
        plan.filter(Sift())
        self._sync_page.plan.side.closed.emit()

    async def _stopped(self) -> None:
        """A limit holds a preview, and shows whom it means."""
        goals, store = self._window.house.goals, self._window.house.store.goals
        before = store.get(TO_SAILTHRU)
        effects = replace(before.effects, add_to_lists=(_LIST,))
        goals.save(replace(before, effects=effects, limits=Limits(2, 0)))
        self._models.page.switch(on=True)
        await self._until(lambda: store.get(TO_SAILTHRU).checked_at > 0)
        await self._preview()
        await self._until(lambda: (v := self._models.plan.view()) is not None and v.stop)
        await self._both("sync-stopped")
        now = store.get(TO_SAILTHRU)
        goals.save(replace(now, effects=before.effects, limits=before.limits))
        self._models.page.switch(on=True)
        await self._until(lambda: store.get(TO_SAILTHRU).checked_at > 0)
        await self._preview()

    async def _failed(self) -> None:
        """The key is revoked in the middle; afterwards the run goes on, and others may follow."""
        page = self._models.page
        self._control("fault", {"spec": "sailthru:POST /job:401"})
        self._models.plan.write()
        await self._ended(RunState.FAILED)
        await self._both("sync-failed")
        self._control("fault", None)
        self._control("speed", {"latency_ms": _SLOW_MS})
        page.resume()
        await self._until(lambda: (sync := page.sync()) is not None and sync.running)
        await asyncio.sleep(1.2)
        await self._both("sync-running")
        self._control("speed", {"latency_ms": 0})
        await self._ended(RunState.DONE)
        await self._both("sync-ended")
        await self._ways()

    async def _ways(self) -> None:
        button = self._sync_page.head.ways
        button.click()
        menu = QApplication.activePopupWidget()
        if menu is None:
            raise BadInput("The ways to run did not open.")
        # A screen that nobody looks at may be smaller than the window, and pushes it aside.
        below = QPoint(button.width() - menu.width(), button.height())
        menu.move(button.mapToGlobal(below))
        await self._both("sync-ways-to-run")
        menu.close()

    async def _tabs(self) -> None:
        history, schedule = self._models.history, self._models.schedule
        self._sync_page.show_tab("History")
        runs = history.view().runs
        if runs:
            history.choose(runs[0].id)
            await self._until(lambda: (d := history.detail()) is not None and d.people)
        await self._both("sync-history")
        self._sync_page.show_tab("Schedule")
        schedule.choose(form="weekdays", at=7 * 60)
        schedule.tell(when="run", email="lee@desk.example")
        # From here on the status bar says so.
        schedule.run_here(on=True)
        await self._both("sync-schedule")
        schedule.discard()

    async def _others(self) -> None:
        """An export with every operator, tried on Maria; and who is of high value."""
        page, mapping = self._models.page, self._models.mapping
        page.add(TICKETS)
        await self._until(lambda: page.goal == TICKETS and page.sync() is not None)
        self._sync_page.show_tab("Mapping")
        goal = self._window.house.store.goals.get(TICKETS)
        rows = (
            MappingRow("last_ticket_created_time", "vars.last_ticket_created_time"),
            MappingRow("last_ticket_created_time", "vars.last_ticket_created_date"),
            MappingRow("last_ticket_priority", "vars.priority", Operator.SET_IF_EMPTY),
            MappingRow("tags", "vars.topics", Operator.ADD),
            MappingRow("gold", "vars.support_tier", type=SourceType.TEXT),
            MappingRow("ticket_count", "vars.ticket_count"),
        )
        mapping.set_goal(replace(goal, mapping=rows))
        self._sync_page.mapping.trying.setText("maria@lopez.example")
        mapping.try_on("maria@lopez.example")
        await self._until(lambda: (v := mapping.view()) is not None and v.tried and not v.busy)
        mapping.choose(3)
        await self._both("sync-mapping")
        await self._stages("sync-stages", replace(goal, mapping=rows))
        self._sync_page.show_tab("Plan")
        page.add(HIGH_VALUE)
        await self._until(lambda: page.goal == HIGH_VALUE and page.sync() is not None)
        await self._preview()
        self._models.plan.order(by_worth=True)
        await self._until(lambda: self._models.plan.table.row(0) is not None)
        await self._both("sync-highest-value-first")

    async def _stages(self, name: str, goal: Goal) -> None:
        """Kept to who needs help just now, and to nobody too often; nothing of it is saved."""
        where = (
            Condition("ticket_count", Test.AT_LEAST, 3),
            Condition("last_ticket_created_time", Test.WITHIN_DAYS, 14),
        )
        stages = (Stage("in need of help", where), Stage("vip", (_VIP,)))
        source = replace(goal.source, stage=stages[0].name)
        draft = replace(goal, stages=stages, source=source, pressure=Pressure())
        self._models.mapping.set_goal(draft)
        bar = await self._scroll_to(self._sync_page.mapping.effects.stages)
        await self._both(name)
        bar.setValue(0)
        self._models.mapping.discard()

    async def _activity(self, name: str) -> None:
        """What syncs changed, customer by customer."""
        view = self._window.view
        view.show_page("activity")
        page = view.findChild(ActivityPage)
        if page is None:
            raise BadInput("The page Activity is not there yet.")
        for button in page.findChildren(QAbstractButton):
            if button.accessibleName() == "By syncs":
                button.click()
        rows = page.rows.model()
        await self._until(lambda: rows.rowCount() > 0)
        page.rows.setCurrentIndex(rows.index(0, 0))
        await asyncio.sleep(0.3)
        await self._both(name)
        view.show_page("sync")

    async def _beside(self) -> None:
        """The narrow window: the list, then one sync, and what it changed."""
        self._window.view.resize(*self._narrow)
        await self._both("sync-list-narrow")
        self._sync_page.list.opened.emit(HIGH_VALUE)
        await self._both("sync-plan-narrow")
        for tab in ("Mapping", "Schedule", "History"):
            self._sync_page.show_tab(tab)
            await self._both(f"sync-{tab.lower()}-narrow")
            if tab == "Mapping":
                goal = self._window.house.store.goals.get(HIGH_VALUE)
                await self._stages("sync-stages-narrow", goal)
        self._sync_page.show_tab("Plan")
        await self._activity("activity-by-syncs-narrow")
        self._models.schedule.run_here(on=False)

    # What they are made of.

    @property
    def _models(self) -> "SyncModels":
        if self._window.pages is None:
            raise BadInput("The pages are not there yet.")
        return self._window.pages.syncs

    @property
    def _sync_page(self) -> "SyncPage":
        page = self._window.pages.sync_page if self._window.pages is not None else None
        if page is None:
            raise BadInput("The page Sync is not there yet.")
        return page

    async def _scroll_to(self, card: QWidget) -> QScrollBar:
        """Show a card at the top of its tab, once that is laid out."""
        await asyncio.sleep(0.2)
        area = card.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is None:
            raise BadInput("The card does not stand in a tab that scrolls.")
        place = card.mapTo(area.viewport(), card.rect().topLeft())
        bar = area.verticalScrollBar()
        bar.setValue(bar.value() + place.y())
        return bar

    async def _preview(self) -> None:
        """A new preview, whole and read."""
        page, plan = self._models.page, self._models.plan
        sync = page.sync()
        before = sync.plan.id if sync is not None and sync.plan is not None else ""
        page.preview()
        await self._until(
            lambda: (
                (now := page.sync()) is not None
                and now.open_plan is not None
                and now.open_plan.id != before
                and now.running is None
            )
        )
        await self._until(lambda: plan.table.row(0) is not None)

    async def _ended(self, state: RunState) -> None:
        page = self._models.page
        await self._until(
            lambda: (
                (sync := page.sync()) is not None
                and sync.run is not None
                and sync.run.state is state
                and page.head() is not None
            )
        )
        await asyncio.sleep(0.5)

    async def _both(self, name: str) -> None:
        # Beginning with the theme in force: dressing a full window anew takes about a second.
        first = self._window.theme.choice
        for choice in sorted(self._themes, key=lambda c: c is not first):
            self._window.theme.choose(choice)
            await self._picture(f"{name}-{choice.value}")

    async def _until(self, true: Callable[[], object]) -> None:
        for _ in range(int(_PATIENCE_S / 0.05)):
            if true():
                await asyncio.sleep(0.3)
                return
            await asyncio.sleep(0.05)
        raise BadInput("The page Sync did not come so far in time.")
