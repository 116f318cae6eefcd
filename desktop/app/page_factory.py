"""Builds the window's pages beside Customers and the set-up wizard when they are first opened."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, QTimer
from PySide6.QtWidgets import QWidget

from desktop.app import team_runs
from desktop.app.background.retention import clear_old_events
from desktop.app.container import WorkspaceServices
from desktop.app.data_source_use_cases import build_data_source_use_cases
from desktop.app.demo_process import DemoProcess
from desktop.app.detached_run_process import DetachedRunLauncher
from desktop.app.event_services import preview_replay, preview_rollback, simulate_for_window
from desktop.app.runner_factory import build_preset_names, build_sync_context
from desktop.app.system_timer.timer_installation import WorkspaceTimer
from desktop.app.team_approvals import TeamApprovals
from desktop.audience.condition_parser import parse_expression
from desktop.kit.change_bus import ChangeBus
from desktop.kit.text import format_count
from desktop.model.audience_person import parse_saved_columns
from desktop.panels.activity_page import ActivityPage
from desktop.panels.events.events_page import EventsPage
from desktop.panels.settings_page import SettingsPage
from desktop.panels.setup_wizard import SetupWizard
from desktop.panels.syncs.plan_tab import PlanTab
from desktop.panels.syncs.sync_page import SyncPage
from desktop.panels.welcome_page import WelcomePage
from desktop.settings.window_state import WindowStateFile
from desktop.store.plan_row_filter import PlanRowOrder
from desktop.viewmodels.activity.activity_page_model import ActivityPageModel
from desktop.viewmodels.activity.activity_period import ActivityOrder
from desktop.viewmodels.events.event_actions_model import EventActionsModel
from desktop.viewmodels.events.event_sources_model import EventSourcesModel
from desktop.viewmodels.events.events_page_model import EventsPageModel
from desktop.viewmodels.events.simulation_input import EventUseCases
from desktop.viewmodels.palette_command import PaletteCommand
from desktop.viewmodels.settings.settings_page_model import SettingsPageModel
from desktop.viewmodels.settings.setup_wizard_model import STEP_TITLES, SetupWizardModel
from desktop.viewmodels.syncs.sync_commands import SyncAct, build_sync_commands
from desktop.viewmodels.syncs.sync_page_context import SyncPageContext
from desktop.viewmodels.syncs.sync_page_models import build_sync_page_models
from desktop.viewmodels.team_approvals_model import TeamApprovalsModel

if TYPE_CHECKING:
    from desktop.app.window_lifecycle import WindowLifecycle
    from desktop.panels.audience.audience_tabs import AudienceTabs
    from desktop.panels.batches.batch_page import BatchPage
    from desktop.panels.reports.reports_page import ReportsPage
    from desktop.viewmodels.audience.audience_page_model import AudiencePageModel
    from desktop.viewmodels.audience.customer_activity_model import CustomerActivityModel
    from desktop.viewmodels.batches.batch_page_model import BatchPageModel
    from desktop.viewmodels.reports.reports_page_model import ReportsPageModel

_PREBUILD_INTERVAL_MS = 15
_EXHAUSTED = object()
# Keys of `headers` in `state.json`.
_PLAN_TABLE, _PLAN_ORDER, _ACTIVITY_ORDER = "plan", "plan order", "activity order"
_REPORT_TILES = "report tiles"
_AUDIENCE_COLUMNS = "audience columns"


class PageFactory(QObject):
    """The factory of a window's pages beside Customers; its environment goes to started runs."""

    def __init__(self, window: "WindowLifecycle", extra_environment: Mapping[str, str]) -> None:
        super().__init__(window)
        self._window = window
        services = self._services = window.services
        self._activity_model = ActivityPageModel(
            services.session,
            services.store,
            services.undo,
            services.editor,
            services.bus,
            services.context.clock,
            services.pauses,
            services.address_watch,
            services.team,
        )
        launcher = DetachedRunLauncher(services, extra_environment)
        self._events_model = EventsPageModel(
            services.session,
            services.store,
            EventUseCases(
                partial(simulate_for_window, services),
                launcher.deliver_events,
                launcher.retry_events,
                launcher.deliver_waiting_events,
                partial(preview_replay, services),
                launcher.replay_events,
                partial(preview_rollback, services),
                launcher.roll_back_events,
                partial(clear_old_events, services),
            ),
            EventActionsModel(
                services.session,
                services.store,
                services.context.clock,
                services.keep_audit_head,
            ),
            EventSourcesModel(
                lambda: services.event_sources,
                services.session,
                services.store.event_queries,
                services.context.clock,
                services.keep_audit_head,
            ),
            services.context.clock,
            services.bus,
        )
        self._events_model.stored.attention_changed.connect(self._show_events_badge)
        self._events_model.stored.read_attention()
        self._activity_model.attention_changed.connect(self._show_activity_badge)
        self._lead_requests = window.make_drawer_models().team_lead_requests
        self._lead_requests.changed.connect(self._show_activity_badge)
        self._team_approvals = TeamApprovalsModel(
            services.session, TeamApprovals(services), services.bus, services.context.clock
        )
        self._team_approvals.changed.connect(self._show_activity_badge)
        self.sync_models = build_sync_page_models(
            build_sync_page_context(services, extra_environment)
        )
        self.sync_models.page.waiting_count_changed.connect(self._show_sync_badge)
        self.sync_models.page.snapshot_read.connect(self._show_runs)
        self.sync_models.page.refresh()
        self.sync_page: SyncPage | None = None
        self._sync_page_build_steps = self._build_sync_page()
        self._prebuild_timer = QTimer(self)
        self._prebuild_timer.setInterval(_PREBUILD_INTERVAL_MS)
        self._prebuild_timer.timeout.connect(self._on_prebuild_tick)
        self._settings_model: SettingsPageModel | None = None
        self._wizard_model: SetupWizardModel | None = None
        self._batch_model: BatchPageModel | None = None
        self._reports_model: ReportsPageModel | None = None
        self._batch_page: BatchPage | None = None
        self._audience_model: AudiencePageModel | None = None
        self._audience_tabs: AudienceTabs | None = None
        self._activity_list: CustomerActivityModel | None = None
        self._extra_environment = extra_environment
        self._demo_process = DemoProcess(services.context.paths.logs, self)
        self._demo_process.failed.connect(window.main_window.show_error)
        window.main_window.page_requested.connect(self._on_page_requested)
        add = window.main_window.window_actions.add
        add("Set up Fairlead", self.open_setup_wizard)
        if not services.context.is_demo:
            add("Look around with invented data", self._demo_process.start)
        add("Many at once", self._on_many_at_once, "Ctrl+Shift+V")
        window.main_window.dropped.connect(self._on_dropped)
        add("Fields of Zendesk and Sailthru", self._on_fields)
        add("New sync", self._on_new_sync)
        add("Preview the sync", self._on_preview)
        add("Run the sync now", self._on_run)
        window.main_window.window_actions.add_source(self._sync_commands)

    @property
    def _page_stack(self) -> QWidget:
        """The parent of each page from its start: put there later, all of it is styled anew."""
        return self._window.main_window.page_stack

    def prebuild_sync_page(self) -> None:
        """Build the page Sync piecewise while the window idles, so that it opens at once."""
        self._prebuild_timer.start()

    def _on_prebuild_tick(self) -> None:
        if next(self._sync_page_build_steps, _EXHAUSTED) is _EXHAUSTED:
            self._prebuild_timer.stop()

    def _build_sync_page(self) -> Generator[None, None, None]:
        # The window's own from the start: it may be closed between two steps, and then they go
        # with it rather than when the collector finds them.
        plan = PlanTab(self.sync_models.plan, self._window.main_window)
        plan.table.restore_layout(self._saved_header(_PLAN_TABLE))
        plan.table.layout_changed.connect(self._save_plan_layout)
        orders = {order.value.encode(): order for order in PlanRowOrder}
        if (order := orders.get(self._saved_header(_PLAN_ORDER))) is not None:
            self.sync_models.plan.set_order(order)
        self.sync_models.plan.order_changed.connect(self._save_plan_order)
        yield
        page = SyncPage(self.sync_models, plan, self._page_stack)
        page.customer_requested.connect(self._window.main_window.look_up)
        page.connect_requested.connect(self._on_connect_requested)
        self.sync_page = page
        yield
        self._window.main_window.add_page("sync", page)

    def _saved_header(self, key: str) -> bytes:
        state = WindowStateFile(self._services.workspace.state_path).read()
        return state.table_headers.get(key, b"")

    def _save_header(self, key: str, saved: bytes) -> None:
        """Store a table's columns or order of the window, in the workspace's `state.json`."""
        file = WindowStateFile(self._services.workspace.state_path)
        state = file.read()
        file.write(replace(state, table_headers={**state.table_headers, key: saved}))

    def _save_plan_layout(self, layout: bytes) -> None:
        self._save_header(_PLAN_TABLE, layout)

    def _save_plan_order(self, word: str) -> None:
        self._save_header(_PLAN_ORDER, word.encode())

    def _save_activity_order(self, word: str) -> None:
        self._save_header(_ACTIVITY_ORDER, word.encode())

    def open_first_page(self) -> None:
        """Show the page a new workspace begins with: the welcome, or the set-up that was begun."""
        if self._build_wizard_model().is_begun:
            self.open_setup_wizard()
        else:
            self.open_welcome()

    def open_welcome(self) -> None:
        """Show the window's welcome page until it was left for the set-up, or put off."""
        page = WelcomePage()
        page.demo_requested.connect(self._demo_process.start)
        page.setup_requested.connect(self.open_setup_wizard)
        page.help_requested.connect(self._window.main_window.window_actions["Help"].trigger)
        page.dismissed.connect(self._on_setup_finished)
        page.show_demo_running(self._demo_process.is_running)
        self._demo_process.running_changed.connect(page.show_demo_running)
        self._window.main_window.show_setup(page)
        page.connect_button.setFocus()

    def open_setup_wizard(self) -> None:
        """Show the set-up wizard in the window until it is finished or put off."""
        if self._wizard_model is None:
            self._wizard_model = self._build_wizard_model()
        self._wizard_model.begin()
        wizard = SetupWizard(self._wizard_model)
        wizard.finished.connect(self._on_setup_finished)
        self._window.main_window.show_setup(wizard)
        wizard.take_focus()

    def _build_wizard_model(self) -> SetupWizardModel:
        session = self._services.session
        return SetupWizardModel(session, session.connection_config)

    @property
    def is_setup_needed(self) -> bool:
        """Whether the set-up comes up by itself: never done, or left in the middle."""
        # A model of its own, thrown away: only its reading of the stored steps is asked.
        wizard = self._build_wizard_model()
        return wizard.is_begun or not (self._services.session.is_configured or wizard.is_done)

    async def step_through_setup(self) -> AsyncIterator[str]:
        """Show each step of the set-up wizard for the screenshot tour; yields its number."""
        self.open_setup_wizard()
        if self._wizard_model is None:
            return
        for place in range(len(STEP_TITLES)):
            self._wizard_model.go_to_step(place)
            await asyncio.sleep(0.2)
            yield str(place + 1)
        self._wizard_model.go_to_step(0)

    async def close(self) -> None:
        """End what the window's lazily built pages have under way."""
        self._prebuild_timer.stop()
        self._sync_page_build_steps.close()
        self._demo_process.stop_watching()
        await self._activity_model.close()
        await self._team_approvals.close()
        await self._events_model.close()
        await self.sync_models.close()
        for model in (
            self._settings_model,
            self._wizard_model,
            self._batch_model,
            self._audience_model,
            self._activity_list,
            self._reports_model,
        ):
            if model is not None:
                await model.close()

    def _on_connect_requested(self) -> None:
        if self._services.session.is_configured:
            self._window.main_window.window_actions["Settings: Connections"].trigger()
        else:
            self.open_setup_wizard()

    def _on_new_sync(self) -> None:
        self._with_sync_page(SyncPage.open_new_sync_dialog)

    def _on_preview(self) -> None:
        self._with_sync_page(lambda page: page.header.preview_button.click())

    def _on_run(self) -> None:
        self._with_sync_page(lambda page: page.header.run_button.click())

    def _sync_commands(self) -> tuple[PaletteCommand, ...]:
        refusal = self._window.main_window.window_actions["Sync"]
        reason = "" if refusal.isEnabled() else refusal.statusTip()
        return build_sync_commands(self.sync_models.page, reason, self._perform_sync_command)

    def _perform_sync_command(self, sync_name: str, act: SyncAct) -> None:
        self._with_sync_page(lambda page: page.perform_sync_command(sync_name, act))

    def _with_sync_page(self, act: Callable[[SyncPage], object]) -> None:
        self._window.main_window.show_page("sync")
        # Whoever may not open the page has been told why.
        if self.sync_page is not None and self._window.main_window.current_page == "sync":
            act(self.sync_page)

    def _on_many_at_once(self) -> None:
        page = self.open_batch_page()
        if page is not None:
            page.paste_clipboard()

    def _on_dropped(self, mime: object) -> None:
        page = self.open_batch_page()
        if page is not None and isinstance(mime, QMimeData):
            page.paste(mime)

    def _on_fields(self) -> None:
        self._window.main_window.show_page("audience")
        # Whoever may not open the page has been told why.
        if self._audience_tabs is not None and self._audience_tabs.isVisible():
            self._audience_tabs.open_fields()

    def _on_change_requested(self, addresses: str, list_name: str = "") -> None:
        """Take people to Many at once, which previews the change and its limits.

        `list_name`: the change that is chosen already is to put them on that list.
        """
        if self.open_batch_page() is not None and self._batch_model is not None:
            self._batch_model.paste(addresses)
            if list_name:
                self._batch_model.edit_field("change", "list on")
                self._batch_model.edit_field("list_name", list_name)

    def open_batch_page(self) -> "BatchPage | None":
        """Show the page Many at once; None where it may not be opened, which is said."""
        view = self._window.main_window
        view.show_page("bulk")
        return self._batch_page if view.current_page == "bulk" else None

    def _build_batch_page(self) -> "BatchPage":
        # Imported here: few people use it on a day.
        from desktop.panels.batches.batch_page import BatchPage
        from desktop.viewmodels.batches.batch_page_context import BatchPageContext
        from desktop.viewmodels.batches.batch_page_model import BatchPageModel

        services = self._services
        launcher = DetachedRunLauncher(services, self._extra_environment)
        self._batch_model = BatchPageModel(
            BatchPageContext(
                services.session,
                services.store,
                services.edit_batches,
                services.bus,
                services.context.clock,
                services.workspace.name,
                launcher.go_on_with_batch,
                launcher.undo_batch,
            )
        )
        self._batch_page = BatchPage(self._batch_model, self._page_stack)
        self._batch_page.customer_requested.connect(self._window.main_window.look_up)
        return self._batch_page

    def _build_audience_page(self) -> "AudienceTabs":
        # Imported here: many people never open it.
        from desktop.panels.audience.audience_page import AudiencePage
        from desktop.panels.audience.audience_tabs import AudienceTabs
        from desktop.panels.audience.customer_activity_tab import CustomerActivityTab
        from desktop.viewmodels.audience.audience_page_model import (
            AudiencePageModel,
            AudienceUseCases,
        )
        from desktop.viewmodels.audience.customer_activity_model import CustomerActivityModel

        services = self._services
        launcher = DetachedRunLauncher(services, self._extra_environment)
        self._audience_model = AudiencePageModel(
            services.session,
            services.audience,
            AudienceUseCases(
                services.current_settings.keeps_everybody,
                services.keep_everybody,
                launcher.read_everybody,
                services.fields.list_fields,
            ),
            services.context.clock,
        )
        saved = self._saved_header(_AUDIENCE_COLUMNS).decode("utf-8", "ignore")
        if columns := parse_saved_columns(saved):
            self._audience_model.set_columns(columns)
        self._audience_model.columns_changed.connect(self._save_audience_columns)
        clock = services.context.clock
        activity = self._activity_list = CustomerActivityModel(services.customer_activity, clock)
        page = self._audience_tabs = AudienceTabs(
            AudiencePage(self._audience_model, clock, self._page_stack),
            lambda parent: CustomerActivityTab(activity, parent=parent),
            self._page_stack,
        )
        page.customer_requested.connect(self._window.main_window.look_up)
        page.change_requested.connect(self._on_change_requested)
        return page

    def _save_audience_columns(self) -> None:
        if self._audience_model is not None:
            shown = self._audience_model.table_model.shown_columns
            self._save_header(_AUDIENCE_COLUMNS, ",".join(one.value for one in shown).encode())

    def _build_reports_page(self) -> "ReportsPage":
        # Imported here: who serves customers may never open it.
        from desktop.app.batch_part_undo_opener import open_part_undo
        from desktop.panels.reports.reports_page import ReportsPage
        from desktop.viewmodels.reports.reports_page_model import ReportsPageModel

        services = self._services
        model = self._reports_model = ReportsPageModel(
            services.session, services.reports, services.audience, services.context.clock
        )
        tiles = self._saved_header(_REPORT_TILES).decode("ascii", "ignore")
        model.set_tiles(tiles.split(","))
        model.tiles_changed.connect(self._save_report_tiles)
        page = ReportsPage(model, self._page_stack)
        page.customer_requested.connect(self._window.main_window.look_up)
        page.changes_requested.connect(self._window.main_window.show_changes)
        page.audience_requested.connect(self._on_audience_requested)
        model.suppression_requested.connect(self._on_change_requested)
        model.undo_requested.connect(partial(open_part_undo, self.open_batch_page))
        return page

    def _on_audience_requested(self, expression: str) -> None:
        """Show in Audience whom an expression picks."""
        from desktop.panels.audience.audience_tabs import PEOPLE, AudienceTabs

        view = self._window.main_window
        view.show_page("audience")
        page = view.findChild(AudienceTabs)
        if self._audience_model is not None and page is not None:
            page.show_tab(PEOPLE)
            self._audience_model.show_conditions(parse_expression(expression))

    def _save_report_tiles(self) -> None:
        if self._reports_model is not None:
            self._save_header(_REPORT_TILES, ",".join(self._reports_model.tiles).encode())

    def _on_setup_finished(self) -> None:
        self._window.main_window.show_setup(None)
        self._window.start_lookups()

    def _on_page_requested(self, key: str) -> None:
        view, services = self._window.main_window, self._services
        if key == "activity":
            orders = {order.value.encode(): order for order in ActivityOrder}
            if (order := orders.get(self._saved_header(_ACTIVITY_ORDER))) is not None:
                self._activity_model.set_order(order)
            page = ActivityPage(
                self._activity_model, self._lead_requests, self._team_approvals, self._page_stack
            )
            self._activity_model.order_changed.connect(self._save_activity_order)
            page.customer_requested.connect(view.look_up)
            page.run_requested.connect(self._on_run_chosen)
            page.search_requested.connect(view.window_actions["Find a customer"].trigger)
            view.add_page(key, page)
        elif key == "sync":
            self._prebuild_timer.stop()
            # Consumed at once: what the timer has not built yet is built now.
            deque(self._sync_page_build_steps, 0)
        elif key == "events":
            events_page = EventsPage(self._events_model, self._page_stack)
            events_page.customer_requested.connect(view.look_up)
            view.add_page(key, events_page)
        elif key == "audience":
            view.add_page(key, self._build_audience_page())
        elif key == "reports":
            view.add_page(key, self._build_reports_page())
        elif key == "bulk":
            view.add_page(key, self._build_batch_page())
        elif key == "settings":
            # The demo installs nothing on anybody's computer.
            timer = None if services.context.is_demo else WorkspaceTimer(services)

            async def note_everybody(people: int) -> bool:
                # A start needs nothing of the data workspace.
                return await services.data.note_erasure(people)

            self._settings_model = SettingsPageModel(
                services.session,
                services.session.connection_config,
                services.erasures,
                services.team,
                services.bus,
                services.context.paths.logs,
                timer,
                services.build_sell_exporter,
                note_everybody,
                lambda: services.retention if services.has_everybody() else None,
                build_data_source_use_cases(
                    services,
                    lambda is_full: DetachedRunLauncher(
                        services, self._extra_environment
                    ).read_everybody(is_full=is_full),
                ),
                lambda: services.syncs,
            )
            settings = SettingsPage(self._settings_model, self._page_stack)
            settings.help_requested.connect(view.window_actions["Help"].trigger)
            settings.erasure_requested.connect(view.customers_page.open_erasure_drawer)
            settings.customer_requested.connect(view.look_up)
            view.add_page(key, settings)

    def _show_events_badge(self) -> None:
        count = self._events_model.stored.waiting_for_person
        words = format_count(count, "event needs", "events need") + " correction" if count else ""
        self._window.main_window.navigation_rail.set_badge("events", str(count or ""), words)

    def _show_sync_badge(self, count: int) -> None:
        words = format_count(count, "sync waits", "syncs wait") + " for a person" if count else ""
        self._window.main_window.navigation_rail.set_badge("sync", str(count or ""), words)

    def _on_run_chosen(self, sync: str, run: str) -> None:
        def show_run(page: SyncPage) -> None:
            self.sync_models.page.select_sync(sync)
            page.show_run(run)

        self._with_sync_page(show_run)

    def _show_runs(self) -> None:
        page = self.sync_models.page
        self._window.status_model.set_runs(page.next_run_at, page.newest_run)

    def _show_activity_badge(self) -> None:
        """Set the Activity page's badge in the rail: what needs a person, not what waits."""
        needs = self._activity_model.attention_count
        asked = self._lead_requests.waiting_count
        words = []
        if needs:
            words.append(format_count(needs, "change needs", "changes need") + " a person")
        if asked:
            words.append(format_count(asked, "request waits", "requests wait") + " for a lead")
        approvals = self._team_approvals.waiting_count
        if approvals:
            words.append(format_count(approvals, "approval is", "approvals are") + " asked for")
        rail = self._window.main_window.navigation_rail
        rail.set_badge("activity", str(needs + asked + approvals or ""), ", ".join(words))


def build_sync_page_context(
    services: WorkspaceServices, extra_environment: Mapping[str, str]
) -> SyncPageContext:
    """Build what the models of the page Sync share: store, use cases, and how a run is started."""
    # A connection of its own: counting a million rows takes a while, and nothing else waits for it.
    store = services.store.open_second_connection()
    return SyncPageContext(
        workspace=services.session,
        store=store,
        # With a bus of its own: it is called on the database's thread, where no widget may be told.
        syncs=services.build_sync_service(store, ChangeBus()),
        bus=services.bus,
        clock=services.context.clock,
        sync_names=lambda: build_preset_names(services),
        start_process=DetachedRunLauncher(services, extra_environment).start,
        make_sync_context=partial(build_sync_context, services, store),
        describe_runner=lambda sync: team_runs.describe_sync_runner(services, sync),
    )
