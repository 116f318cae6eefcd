"""The screenshot tour of the page Sync: one sync from an empty page to a run, in each theme."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QScrollArea, QScrollBar, QWidget

from desktop.app.page_factory import PageFactory
from desktop.app.screenshot_tour.fields_station import capture_fields
from desktop.app.screenshot_tour.rules_station import capture_rules
from desktop.app.screenshot_tour.tour_driver import NARROW_SIZE, WIDE_SIZE, TourDriver
from desktop.kit.errors import InvalidInput
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.field_mapping import MappingOperator, MappingRow, SourceType
from desktop.model.lifecycle_stage import FrequencyCap, LifecycleStage
from desktop.model.run_limit import Limit
from desktop.model.service import Service
from desktop.model.sync import OptInAttestation, Sync
from desktop.model.sync_run import RunState
from desktop.panels.activity_page import ActivityPage
from desktop.panels.syncs.sync_page import SyncPage
from desktop.store.plan_row_filter import PlanRowOrder
from desktop.sync.sync_presets import HIGH_VALUE_TAGGING, TICKETS_TO_PROFILES, ZENDESK_TO_SAILTHRU
from desktop.viewmodels.syncs.plan_filter import PlanFilter

# Slow enough that a picture of the running state can be taken.
_SLOW_LATENCY_MS = 900
_LIST = "Newsletter"
_VIP = FieldCondition("tags", ConditionOperator.HAS, "vip")
# A condition reads what the sync's source tells: anything else is refused when it is saved.
_TICKET_STAGES = (
    LifecycleStage(
        "in need of help",
        (
            FieldCondition("ticket_count", ConditionOperator.AT_LEAST, 3),
            FieldCondition("last_ticket_created_time", ConditionOperator.WITHIN_DAYS, 14),
        ),
    ),
    LifecycleStage("vip", (_VIP,)),
)
_PROFILE_STAGES = (
    LifecycleStage(
        "reads our e-mail",
        (
            FieldCondition("lifetime_open", ConditionOperator.AT_LEAST, 3),
            FieldCondition("open_time", ConditionOperator.WITHIN_DAYS, 14),
        ),
    ),
    LifecycleStage("vip", (FieldCondition("lists", ConditionOperator.HAS, "VIP Offers"),)),
)


class SyncPageScreenshotTour:
    """The screenshot tour's stations of the page Sync, each saved in every theme."""

    def __init__(self, driver: TourDriver) -> None:
        self._driver = driver
        self._services = driver.window.services
        self._main_window = driver.window.main_window
        factory = driver.window.page_factory
        if factory is None:
            raise InvalidInput("The pages are not there yet.")
        self._factory: PageFactory = factory
        self._models = factory.sync_models

    async def take_screenshots(self) -> None:
        """Visit every station of the Sync page once, for the screenshot tour."""
        self._main_window.resize(*WIDE_SIZE)
        self._main_window.show_page("sync")
        await self._wait_until(lambda: not self._models.page.list_state().is_loading)
        await self._save("sync-empty")
        await self._capture_first_preview()
        await self._capture_limit_stop()
        await self._capture_failed_run()
        await self._capture_history_and_schedule()
        await self._capture_mapping_and_high_value()
        await self._capture_activity("activity-by-syncs")
        await self._capture_narrow_window()
        self._main_window.resize(*WIDE_SIZE)
        await self.capture_rules()
        await capture_fields(self._driver)
        self._main_window.show_page("customers")

    async def capture_rules(self) -> None:
        """Save pictures of a rule on the page Sync, wide and narrow."""
        self._main_window.show_page("sync")
        for size, ending in ((WIDE_SIZE, ""), (NARROW_SIZE, "-narrow")):
            self._main_window.resize(*size)
            await capture_rules(
                self._driver, self._sync_page, self._models, self._make_preview, ending
            )
        self._main_window.resize(*WIDE_SIZE)

    async def _capture_first_preview(self) -> None:
        """Picture the first preview: pick a side of a conflict, and open a row to correct."""
        page, plan = self._models.page, self._models.plan
        await self._add_preset(ZENDESK_TO_SAILTHRU)
        await self._save("sync-added")
        page.switch_sync(on=True)
        await self._wait_until(lambda: self._sync_page.header.enabled_switch.isChecked())
        await self._make_preview()
        await self._save("sync-plan")
        plan.set_filter(PlanFilter(fate="conflict"))
        await self._wait_until(lambda: plan.table_model.row_at(0) is not None)
        await self._save("sync-conflict")
        row = plan.table_model.row_at(0)
        if row is not None and row.first_conflict is not None:
            self._sync_page.plan_tab.table.row_opened.emit(0)
            await self._wait_until(lambda: plan.row_detail() is not None)
            await self._save("sync-conflict-open")
            plan.pick_side(row.row_number, row.first_conflict.field, "zendesk")
            await self._wait_until(
                lambda: (plan.table_model.row_at(0) or row).first_conflict is None
            )
            await self._save("sync-conflict-picked")
        plan.set_filter(PlanFilter(fate="correction"))
        await self._wait_until(lambda: plan.table_model.rowCount() > 0)
        self._sync_page.plan_tab.table.row_opened.emit(0)
        await self._wait_until(lambda: plan.row_detail() is not None)
        await self._save("sync-correction")
        plan.set_filter(PlanFilter())
        self._sync_page.plan_tab.row_detail.closed.emit()

    async def _capture_limit_stop(self) -> None:
        """Picture a preview stopped by a limit of two, and again with the usual limits."""
        before = await self._services.store.syncs.get(ZENDESK_TO_SAILTHRU)
        effects = replace(before.effects, add_to_lists=(_LIST,))
        who, at = self._services.session.actor.name, self._services.context.clock.now()
        # Nobody is created on a list without it.
        consent = OptInAttestation(email=True, attested_by=who, attested_at=at)
        limited = replace(before, effects=effects, opt_in=consent, limits=Limit(2, 0))
        await self._preview_changed(limited)
        await self._wait_until(lambda: (v := self._models.plan.view()) is not None and v.limit_stop)
        await self._save("sync-stopped")
        now = await self._services.store.syncs.get(ZENDESK_TO_SAILTHRU)
        usual = replace(now, effects=before.effects, opt_in=before.opt_in, limits=before.limits)
        await self._preview_changed(usual)

    async def _preview_changed(self, sync: Sync) -> None:
        """Store a changed sync for the tour, switch it on, and preview it once it is checked."""
        self._services.syncs.save_sync(sync)
        self._models.page.switch_sync(on=True)
        get_sync = self._services.store.syncs.get
        await self._wait_until(lambda: get_sync.blocking(sync.name).checked_at > 0)
        await self._make_preview()

    async def _capture_failed_run(self) -> None:
        """Picture a run that fails by a revoked key, then resume it slowly and to its end."""
        page = self._models.page
        self._driver.control_sandbox("fault", {"spec": "sailthru:POST /job:401"})
        self._models.plan.write_plan()
        await self._wait_for_run_state(RunState.FAILED)
        await self._save("sync-failed")
        self._driver.control_sandbox("fault", None)
        self._driver.control_sandbox("speed", {"latency_ms": _SLOW_LATENCY_MS})
        page.resume_run()
        await self._wait_until(
            lambda: (sync := page.selected_sync()) is not None and sync.active_run
        )
        # Long enough for the first progress to be polled and drawn.
        await asyncio.sleep(1.2)
        await self._save("sync-running")
        self._driver.control_sandbox("speed", {"latency_ms": 0})
        await self._wait_for_run_state(RunState.DONE)
        await self._save("sync-ended")
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
        await self._save("sync-ways-to-run")
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
        await self._save("sync-history")
        self._sync_page.show_tab("Schedule")
        schedule.change_field("form", "weekdays")
        schedule.change_field("at", 7 * 60)
        schedule.change_field("telling.when", "run")
        schedule.change_field("telling.email", "lee@desk.example")
        # From here on the status bar says so.
        schedule.set_runs_here(on=True)
        await self._save("sync-schedule")
        schedule.discard_draft()

    async def _capture_mapping_and_high_value(self) -> None:
        """Picture a mapping with every operator, tried on Maria, and high-value tagging."""
        mapping = self._models.mapping
        await self._add_preset(TICKETS_TO_PROFILES)
        self._sync_page.show_tab("Mapping")
        sync = await self._services.store.syncs.get(TICKETS_TO_PROFILES)
        rows = (
            MappingRow("last_ticket_created_time", "vars.last_ticket_created_time"),
            MappingRow("last_ticket_created_time", "vars.last_ticket_created_date"),
            MappingRow("last_ticket_priority", "vars.priority", MappingOperator.SET_IF_EMPTY),
            MappingRow("tags", "vars.topics", MappingOperator.ADD),
            MappingRow("gold", "vars.support_tier", type=SourceType.TEXT),
            MappingRow("ticket_count", "vars.ticket_count"),
        )
        mapping.set_draft(replace(sync, mapping=rows))
        self._sync_page.mapping_tab.test_customer_field.setText("maria@lopez.example")
        mapping.try_on_customer("maria@lopez.example")
        await self._wait_until(
            lambda: (v := mapping.view()) is not None and v.trial_text and not v.is_busy
        )
        # The row with the Add operator.
        mapping.select_row(3)
        await self._save("sync-mapping")
        await self._capture_stages("sync-stages", replace(sync, mapping=rows))
        self._sync_page.show_tab("Plan")
        await self._add_preset(HIGH_VALUE_TAGGING)
        await self._make_preview()
        self._models.plan.set_order(PlanRowOrder.WORTH)
        await self._wait_until(lambda: self._models.plan.table_model.row_at(0) is not None)
        await self._save("sync-highest-value-first")

    async def _capture_stages(self, name: str, sync: Sync) -> None:
        """Picture lifecycle stages and a frequency cap in a sync's draft, then discard it."""
        stages = _PROFILE_STAGES if sync.target_service is Service.ZENDESK else _TICKET_STAGES
        source = replace(sync.source, stage=stages[0].name)
        draft = replace(sync, stages=stages, source=source, pressure=FrequencyCap())
        self._models.mapping.set_draft(draft)
        bar = await self._scroll_to(self._sync_page.mapping_tab.rules_editor.stages_card)
        await self._save(name)
        bar.setValue(0)
        self._models.mapping.discard_draft()

    async def _capture_activity(self, name: str) -> None:
        """Picture the Activity page with what syncs changed, customer by customer."""
        view = self._main_window
        view.show_page("activity")
        page = view.findChild(ActivityPage)
        if page is None:
            raise InvalidInput("The page Activity is not there yet.")
        self._driver.click_button("By syncs", page)
        rows = page.table.model()
        await self._wait_until(lambda: rows.rowCount() > 0)
        page.table.setCurrentIndex(rows.index(0, 0))
        await asyncio.sleep(0.3)
        await self._save(name)
        view.show_page("sync")

    async def _capture_narrow_window(self) -> None:
        """Picture the list of syncs, each tab of one, and its changes in the narrow window."""
        self._main_window.resize(*NARROW_SIZE)
        await self._save("sync-list-narrow")
        self._sync_page.sync_list.sync_opened.emit(HIGH_VALUE_TAGGING)
        await self._save("sync-plan-narrow")
        for tab in ("Mapping", "Schedule", "History"):
            self._sync_page.show_tab(tab)
            await self._save(f"sync-{tab.lower()}-narrow")
            if tab == "Mapping":
                sync = await self._services.store.syncs.get(HIGH_VALUE_TAGGING)
                await self._capture_stages("sync-stages-narrow", sync)
        self._sync_page.show_tab("Plan")
        await self._capture_activity("activity-by-syncs-narrow")
        self._models.schedule.set_runs_here(on=False)

    @property
    def _sync_page(self) -> SyncPage:
        page = self._factory.sync_page
        if page is None:
            raise InvalidInput("The page Sync is not there yet.")
        return page

    async def _scroll_to(self, card: QWidget) -> QScrollBar:
        """Scroll a card of the Sync page into the tour's picture; returns the tab's scroll bar."""
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

    async def _add_preset(self, preset: str) -> None:
        page = self._models.page
        page.add(preset)
        await self._wait_until(
            lambda: page.selected_name == preset and page.selected_sync() is not None
        )

    async def _make_preview(self) -> None:
        """Make a new preview for the tour and wait until its first rows are shown."""
        page, plan = self._models.page, self._models.plan
        sync = page.selected_sync()
        # By id: an earlier preview may be shown already, and would pass for the new one.
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

    async def _save(self, name: str) -> None:
        await self._driver.save_in_each_theme(name)

    async def _wait_until(self, condition: Callable[[], object]) -> None:
        await self._driver.wait_until(condition, "The page Sync did not come so far in time.")
        # What the models have published is laid out in the next turns of the loop.
        await asyncio.sleep(0.3)
