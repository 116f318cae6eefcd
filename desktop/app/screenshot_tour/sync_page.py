"""The tour of the page Sync: one sync from an empty page to a run, in both themes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QAbstractButton, QApplication, QScrollArea, QScrollBar, QWidget

from desktop.kit.errors import InvalidInput
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.field_mapping import MappingOperator, MappingRow, SourceType
from desktop.model.lifecycle_stage import FrequencyCap, LifecycleStage
from desktop.model.limit import Limit
from desktop.model.sync import Sync
from desktop.model.sync_run import RunState
from desktop.panels.activity_page import ActivityPage
from desktop.panels.theme.application_theme import ThemeChoice
from desktop.sync.sync_presets import HIGH_VALUE_TAGGING, TICKETS_TO_PROFILES, ZENDESK_TO_SAILTHRU
from desktop.viewmodels.syncs.plan_filter import PlanFilter

if TYPE_CHECKING:
    from desktop.app.window_lifecycle import WindowLifecycle
    from desktop.panels.syncs.sync_page import SyncPage
    from desktop.viewmodels.syncs.sync_page_models import SyncPageModels

_TIMEOUT_S = 60.0
_SLOW_LATENCY_MS = 900
_LIST = "Newsletter"
_VIP = FieldCondition("tags", ConditionOperator.HAS, "vip")

SaveScreenshot = Callable[[str], Awaitable[None]]
ControlSandbox = Callable[[str, object], None]


class SyncPageScreenshotTour:
    """`picture` saves one; `control` tells the sandbox something (a fault, its speed)."""

    def __init__(
        self,
        window: "WindowLifecycle",
        picture: SaveScreenshot,
        control: ControlSandbox,
        sizes: tuple[tuple[int, int], ...],
        themes: tuple[ThemeChoice, ...],
    ) -> None:
        self._window = window
        self._save_screenshot = picture
        self._control_sandbox = control
        self._wide_size, self._narrow_size = sizes
        self._themes = themes

    async def take_screenshots(self) -> None:
        """Every station once; each is seen in every theme asked for."""
        view = self._window.main_window
        view.resize(*self._wide_size)
        view.show_page("sync")
        await self._wait_until(lambda: not self._models.page.list_state().is_loading)
        await self._capture_in_each_theme("sync-empty")
        await self._capture_first_preview()
        await self._capture_limit_stop()
        await self._capture_failed_run()
        await self._capture_history_and_schedule()
        await self._capture_mapping_and_high_value()
        await self._capture_activity("activity-by-syncs")
        await self._capture_narrow_window()
        view.resize(*self._wide_size)
        view.show_page("customers")

    # The stations.

    async def _capture_first_preview(self) -> None:
        """A preview, a conflict picked by hand, then for ever."""
        page, plan = self._models.page, self._models.plan
        page.add(ZENDESK_TO_SAILTHRU)
        await self._wait_until(
            lambda: page.selected_name == ZENDESK_TO_SAILTHRU and page.selected_sync() is not None
        )
        await self._capture_in_each_theme("sync-added")
        page.switch_sync(on=True)
        await self._wait_until(lambda: self._sync_page.header.enabled_switch.isChecked())
        await self._make_preview()
        await self._capture_in_each_theme("sync-plan")
        plan.set_filter(PlanFilter(fate="conflict"))
        await self._wait_until(lambda: plan.table_model.row_at(0) is not None)
        await self._capture_in_each_theme("sync-conflict")
        row = plan.table_model.row_at(0)
        if row is not None and row.first_conflict is not None:
            self._sync_page.plan_tab.table.row_opened.emit(0)
            await self._wait_until(lambda: plan.row_detail() is not None)
            await self._capture_in_each_theme("sync-conflict-open")
            plan.pick_side(row.row_number, row.first_conflict.field, "zendesk")
            await self._wait_until(
                lambda: (plan.table_model.row_at(0) or row).first_conflict is None
            )
            await self._capture_in_each_theme("sync-conflict-picked")
        plan.set_filter(PlanFilter(fate="correction"))
        await self._wait_until(lambda: plan.table_model.rowCount() > 0)
        self._sync_page.plan_tab.table.row_opened.emit(0)
        await self._wait_until(lambda: plan.row_detail() is not None)
        await self._capture_in_each_theme("sync-correction")
        plan.set_filter(PlanFilter())
        self._sync_page.plan_tab.row_detail.closed.emit()

    async def _capture_limit_stop(self) -> None:
        """A limit holds a preview, and shows whom it means."""
        goals, store = self._window.services.syncs, self._window.services.store.syncs
        before = store.get.blocking(ZENDESK_TO_SAILTHRU)
        effects = replace(before.effects, add_to_lists=(_LIST,))
        goals.save_sync(replace(before, effects=effects, limits=Limit(2, 0)))
        self._models.page.switch_sync(on=True)
        await self._wait_until(lambda: store.get.blocking(ZENDESK_TO_SAILTHRU).checked_at > 0)
        await self._make_preview()
        await self._wait_until(lambda: (v := self._models.plan.view()) is not None and v.limit_stop)
        await self._capture_in_each_theme("sync-stopped")
        now = store.get.blocking(ZENDESK_TO_SAILTHRU)
        goals.save_sync(replace(now, effects=before.effects, limits=before.limits))
        self._models.page.switch_sync(on=True)
        await self._wait_until(lambda: store.get.blocking(ZENDESK_TO_SAILTHRU).checked_at > 0)
        await self._make_preview()

    async def _capture_failed_run(self) -> None:
        """The key is revoked in the middle; afterwards the run goes on, and others may follow."""
        page = self._models.page
        self._control_sandbox("fault", {"spec": "sailthru:POST /job:401"})
        self._models.plan.write_plan()
        await self._wait_for_run_state(RunState.FAILED)
        await self._capture_in_each_theme("sync-failed")
        self._control_sandbox("fault", None)
        self._control_sandbox("speed", {"latency_ms": _SLOW_LATENCY_MS})
        page.resume_run()
        await self._wait_until(
            lambda: (sync := page.selected_sync()) is not None and sync.active_run
        )
        await asyncio.sleep(1.2)
        await self._capture_in_each_theme("sync-running")
        self._control_sandbox("speed", {"latency_ms": 0})
        await self._wait_for_run_state(RunState.DONE)
        await self._capture_in_each_theme("sync-ended")
        await self._capture_run_menu()

    async def _capture_run_menu(self) -> None:
        button = self._sync_page.header.run_menu_button
        button.click()
        menu = QApplication.activePopupWidget()
        if menu is None:
            raise InvalidInput("The ways to run did not open.")
        # A screen that nobody looks at may be smaller than the window, and pushes it aside.
        below = QPoint(button.width() - menu.width(), button.height())
        menu.move(button.mapToGlobal(below))
        await self._capture_in_each_theme("sync-ways-to-run")
        menu.close()

    async def _capture_history_and_schedule(self) -> None:
        history, schedule = self._models.history, self._models.schedule
        self._sync_page.show_tab("History")
        latest = history.latest_list_model.row_at(0)
        if latest is not None:
            history.toggle_run(latest.id)
            await self._wait_until(
                lambda: (d := history.run_detail()) is not None and d.last_customers
            )
        await self._capture_in_each_theme("sync-history")
        self._sync_page.show_tab("Schedule")
        schedule.change_draft(form="weekdays", at=7 * 60)
        schedule.change_notification(when="run", email="lee@desk.example")
        # From here on the status bar says so.
        schedule.set_runs_here(on=True)
        await self._capture_in_each_theme("sync-schedule")
        schedule.discard_draft()

    async def _capture_mapping_and_high_value(self) -> None:
        """An export with every operator, tried on Maria; and who is of high value."""
        page, mapping = self._models.page, self._models.mapping
        page.add(TICKETS_TO_PROFILES)
        await self._wait_until(
            lambda: page.selected_name == TICKETS_TO_PROFILES and page.selected_sync() is not None
        )
        self._sync_page.show_tab("Mapping")
        goal = self._window.services.store.syncs.get.blocking(TICKETS_TO_PROFILES)
        rows = (
            MappingRow("last_ticket_created_time", "vars.last_ticket_created_time"),
            MappingRow("last_ticket_created_time", "vars.last_ticket_created_date"),
            MappingRow("last_ticket_priority", "vars.priority", MappingOperator.SET_IF_EMPTY),
            MappingRow("tags", "vars.topics", MappingOperator.ADD),
            MappingRow("gold", "vars.support_tier", type=SourceType.TEXT),
            MappingRow("ticket_count", "vars.ticket_count"),
        )
        mapping.set_draft(replace(goal, mapping=rows))
        self._sync_page.mapping_tab.test_customer_field.setText("maria@lopez.example")
        mapping.try_on_customer("maria@lopez.example")
        await self._wait_until(
            lambda: (v := mapping.view()) is not None and v.trial_text and not v.is_busy
        )
        mapping.select_row(3)
        await self._capture_in_each_theme("sync-mapping")
        await self._capture_stages("sync-stages", replace(goal, mapping=rows))
        self._sync_page.show_tab("Plan")
        page.add(HIGH_VALUE_TAGGING)
        await self._wait_until(
            lambda: page.selected_name == HIGH_VALUE_TAGGING and page.selected_sync() is not None
        )
        await self._make_preview()
        self._models.plan.set_order(by_predicted_value=True)
        await self._wait_until(lambda: self._models.plan.table_model.row_at(0) is not None)
        await self._capture_in_each_theme("sync-highest-value-first")

    async def _capture_stages(self, name: str, sync: Sync) -> None:
        """Kept to who needs help just now, and to nobody too often; nothing of it is saved."""
        where = (
            FieldCondition("ticket_count", ConditionOperator.AT_LEAST, 3),
            FieldCondition("last_ticket_created_time", ConditionOperator.WITHIN_DAYS, 14),
        )
        stages = (LifecycleStage("in need of help", where), LifecycleStage("vip", (_VIP,)))
        source = replace(sync.source, stage=stages[0].name)
        draft = replace(sync, stages=stages, source=source, pressure=FrequencyCap())
        self._models.mapping.set_draft(draft)
        bar = await self._scroll_to(self._sync_page.mapping_tab.rules_editor.stages_card)
        await self._capture_in_each_theme(name)
        bar.setValue(0)
        self._models.mapping.discard_draft()

    async def _capture_activity(self, name: str) -> None:
        """What syncs changed, customer by customer."""
        view = self._window.main_window
        view.show_page("activity")
        page = view.findChild(ActivityPage)
        if page is None:
            raise InvalidInput("The page Activity is not there yet.")
        for button in page.findChildren(QAbstractButton):
            if button.accessibleName() == "By syncs":
                button.click()
        rows = page.table.model()
        await self._wait_until(lambda: rows.rowCount() > 0)
        page.table.setCurrentIndex(rows.index(0, 0))
        await asyncio.sleep(0.3)
        await self._capture_in_each_theme(name)
        view.show_page("sync")

    async def _capture_narrow_window(self) -> None:
        """The narrow window: the list, then one sync, and what it changed."""
        self._window.main_window.resize(*self._narrow_size)
        await self._capture_in_each_theme("sync-list-narrow")
        self._sync_page.sync_list.sync_opened.emit(HIGH_VALUE_TAGGING)
        await self._capture_in_each_theme("sync-plan-narrow")
        for tab in ("Mapping", "Schedule", "History"):
            self._sync_page.show_tab(tab)
            await self._capture_in_each_theme(f"sync-{tab.lower()}-narrow")
            if tab == "Mapping":
                goal = self._window.services.store.syncs.get.blocking(HIGH_VALUE_TAGGING)
                await self._capture_stages("sync-stages-narrow", goal)
        self._sync_page.show_tab("Plan")
        await self._capture_activity("activity-by-syncs-narrow")
        self._models.schedule.set_runs_here(on=False)

    # What they are made of.

    @property
    def _models(self) -> "SyncPageModels":
        if self._window.page_factory is None:
            raise InvalidInput("The pages are not there yet.")
        return self._window.page_factory.sync_models

    @property
    def _sync_page(self) -> "SyncPage":
        page = (
            self._window.page_factory.sync_page if self._window.page_factory is not None else None
        )
        if page is None:
            raise InvalidInput("The page Sync is not there yet.")
        return page

    async def _scroll_to(self, card: QWidget) -> QScrollBar:
        """Show a card at the top of its tab, once that is laid out."""
        await asyncio.sleep(0.2)
        area = card.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is None:
            raise InvalidInput("The card does not stand in a tab that scrolls.")
        place = card.mapTo(area.viewport(), card.rect().topLeft())
        bar = area.verticalScrollBar()
        bar.setValue(bar.value() + place.y())
        return bar

    async def _make_preview(self) -> None:
        """A new preview, whole and read."""
        page, plan = self._models.page, self._models.plan
        sync = page.selected_sync()
        before = sync.plan.id if sync is not None and sync.plan is not None else ""
        page.start_preview()
        await self._wait_until(
            lambda: (
                (now := page.selected_sync()) is not None
                and now.open_plan is not None
                and now.open_plan.id != before
                and now.active_run is None
            )
        )
        await self._wait_until(lambda: plan.table_model.row_at(0) is not None)

    async def _wait_for_run_state(self, state: RunState) -> None:
        page = self._models.page
        await self._wait_until(
            lambda: (
                (sync := page.selected_sync()) is not None
                and sync.last_run is not None
                and sync.last_run.state is state
                and page.header_view() is not None
            )
        )
        await asyncio.sleep(0.5)

    async def _capture_in_each_theme(self, name: str) -> None:
        # Beginning with the theme in force: dressing a full window anew takes about a second.
        first = self._window.theme.choice
        for choice in sorted(self._themes, key=lambda c: c is not first):
            self._window.theme.choose(choice)
            await self._save_screenshot(f"{name}-{choice.value}")

    async def _wait_until(self, true: Callable[[], object]) -> None:
        for _ in range(int(_TIMEOUT_S / 0.05)):
            if true():
                await asyncio.sleep(0.3)
                return
            await asyncio.sleep(0.05)
        raise InvalidInput("The page Sync did not come so far in time.")
