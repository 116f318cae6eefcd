"""Widget of the page Sync: the list at the left, the chosen sync with its tabs beside it."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from desktop.kit.errors import AppError
from desktop.panels.syncs.mapping_tab import MappingTab
from desktop.panels.syncs.new_sync_dialog import NewSyncDialog
from desktop.panels.syncs.plan_tab import PlanTab
from desktop.panels.syncs.run_history_tab import EXCHANGED_TOOLTIP, RunHistoryTab
from desktop.panels.syncs.run_table_view import RunTableView
from desktop.panels.syncs.schedule_tab import ScheduleTab
from desktop.panels.syncs.sync_details_dialog import SyncDetailsDialog
from desktop.panels.syncs.sync_header import SyncHeader
from desktop.panels.syncs.sync_list import SyncList
from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import CARD_GAP
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.confirmation_dialog import ConfirmationDialog
from desktop.panels.widgets.edge_banner import EdgeBanner
from desktop.panels.widgets.label import elided_label
from desktop.panels.widgets.lazy_widget import LazyWidget
from desktop.panels.widgets.list_detail_page import ListDetailPage, fix_or_free_width
from desktop.panels.widgets.screen_reader import announce
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.viewmodels.syncs.sync_commands import SyncAct
from desktop.viewmodels.syncs.sync_header_view import MessageAction
from desktop.viewmodels.syncs.sync_page_models import SyncPageModels

_TWO_COLUMNS_MIN_WIDTH = 720
_LIST_WIDTH = 300
_PRESETS_MAX_WIDTH = 1480
# Lower than this the rows of the preview need the room.
_LAST_RUNS_MIN_HEIGHT = 640


class SyncPage(ListDetailPage):
    """Widget of the page Sync: draws its models, and forwards what a person does.

    `plan_tab` is built before: both in one turn would hold the window up for over 50 ms.
    """

    customer_requested = Signal(str)  # a query for the search field
    connect_requested = Signal()  # a service that is missing

    def __init__(
        self, models: SyncPageModels, plan_tab: PlanTab, parent: QWidget | None = None
    ) -> None:
        super().__init__(_TWO_COLUMNS_MIN_WIDTH, parent)
        self._models = models
        self._model = models.page
        self.setAccessibleName("Sync")
        self.setObjectName("Sync")
        self.sync_list = SyncList()
        self.header = SyncHeader()
        self.error_banner = EdgeBanner(self)
        self.note_label = elided_label("", "small", align_right=True)
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Parts of the sync")
        self.tabs.setObjectName("Parts of the sync")
        self.tabs.setExpanding(False)
        # The line below would cross the whole page.
        self.tabs.setDrawBase(False)
        self._stack = QStackedWidget()
        self.plan_tab = plan_tab
        self._pages: list[str] = []
        self._dialog: QDialog | None = None
        self._is_export_told = False  # to screen readers, of the export under way
        self.last_runs_card = Card("History", name="Last runs")
        self.last_runs_list = RunTableView("Last runs", models.history.latest_list_model)
        self.last_runs_card.add(self.last_runs_list)
        self._lay_out()
        self._add_plan_over_last_runs()
        # Each takes tens of milliseconds to build, and most are not looked at: on first show.
        self._lazy_mapping_tab = LazyWidget(
            lambda parent: MappingTab(models.mapping, models.left_out, parent)
        )
        self._lazy_schedule_tab = LazyWidget(lambda parent: ScheduleTab(models.schedule, parent))
        self._lazy_history_tab = LazyWidget(self._create_history_tab)
        self.add_tab("Mapping", self._lazy_mapping_tab)
        self.add_tab("Schedule", self._lazy_schedule_tab)
        self.add_tab("History", self._lazy_history_tab)
        self._connect()
        # The models may have read everything before there was a page.
        self._on_changed()
        self._mark_unsaved_tabs()
        self._on_history()

    @property
    def mapping_tab(self) -> MappingTab:
        """The tab Mapping, built if it was not shown yet."""
        return self._lazy_mapping_tab.ensure_content()

    @property
    def schedule_tab(self) -> ScheduleTab:
        """The tab Schedule, built if it was not shown yet."""
        return self._lazy_schedule_tab.ensure_content()

    @property
    def history_tab(self) -> RunHistoryTab:
        """The tab History, built if it was not shown yet."""
        return self._lazy_history_tab.ensure_content()

    def add_tab(self, name: str, page: QWidget) -> None:
        """Append a tab to the chosen sync."""
        self._pages.append(name)
        self.tabs.addTab(name)
        self._stack.addWidget(page)

    def show_tab(self, name: str) -> None:
        """Select the chosen sync's tab of this name."""
        self.tabs.setCurrentIndex(self._pages.index(name))

    def take_focus(self) -> None:
        """Put the keyboard on the page Sync's list."""
        self.sync_list.take_focus()

    # How it is put together.

    def _lay_out(self) -> None:
        tabs = QHBoxLayout()
        tabs.addWidget(self.tabs)
        tabs.addWidget(self.note_label, 1)
        self._detail_side = QWidget()
        right = QVBoxLayout(self._detail_side)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(fonts.scaled(8))
        right.addWidget(self.header)
        right.addLayout(tabs)
        right.addWidget(self._stack, 1)
        body = QHBoxLayout()
        body.setSpacing(fonts.scaled(CARD_GAP + 2))
        body.addWidget(self.sync_list, 1)
        body.addWidget(self._detail_side, 1)
        body.addStretch(0)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, fonts.scaled(11))
        page.setSpacing(fonts.scaled(10))
        page.addLayout(body, 1)

    def _add_plan_over_last_runs(self) -> None:
        """Add the widgets of the tab Plan: the preview over a strip of the last runs."""
        box = QWidget()
        # In a low window, or zoomed, what stands over the rows would take all of their room.
        # First, and empty: Qt styles all that is in a widget anew when that changes its parent.
        self.add_tab("Plan", wrap_in_scroll_area(box))
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(10))
        column.addWidget(self.plan_tab, 1)
        column.addWidget(self.last_runs_card)

    def _arrange(self) -> None:
        """Put the sync beside the list, or in its place; last runs where there is room."""
        wide = self.is_wide
        roomy = wide and self.height() >= fonts.scaled(_LAST_RUNS_MIN_HEIGHT)
        self.last_runs_card.setVisible(
            roomy and self._models.history.latest_list_model.rowCount() > 0
        )
        any_sync = self._model.shows_sync
        self.sync_list.setVisible(wide or not self.is_detail_open or not any_sync)
        self._detail_side.setVisible(any_sync and (wide or self.is_detail_open))
        self.header.set_narrow(not wide)
        self.note_label.setVisible(wide)
        fix_or_free_width(self.sync_list, _LIST_WIDTH if wide and any_sync else None)
        if wide and not any_sync:
            # Without syncs the presets stand alone: as wide as a text is read with ease.
            self.sync_list.setMaximumWidth(fonts.scaled(_PRESETS_MAX_WIDTH))

    def undo_newest(self) -> bool:
        """Restore the preview that was just discarded; False where there is none."""
        if not self._models.plan.can_restore_plan:
            return False
        self._models.plan.restore_plan()
        return True

    def _connect(self) -> None:
        self.layout_changed.connect(self._arrange)
        self.detail_closed.connect(self.take_focus)
        self._model.sync_added.connect(self._on_added)
        model, plan = self._model, self._models.plan
        self.visibility_changed.connect(model.set_visible)
        model.changed.connect(self._on_changed)
        plan.changed.connect(self._on_plan)
        plan.export_ended.connect(self._on_exported)
        plan.export_progressed.connect(self._on_export_progressed)
        self.error_banner.action_triggered.connect(plan.cancel_export)
        models = self._models
        for each in (
            model, plan, models.history, models.schedule, models.mapping, models.left_out,
        ):  # fmt: skip
            each.failed.connect(self._on_failed)
            each.message_posted.connect(self._on_message_posted)
        for editor in (models.schedule, models.mapping):
            editor.changed.connect(self._mark_unsaved_tabs)
        models.history.changed.connect(self._on_history)
        self.last_runs_list.run_chosen.connect(self._on_run)
        self.sync_list.sync_chosen.connect(model.select_sync)
        self.sync_list.sync_opened.connect(self._on_opened)
        self.sync_list.new_sync_requested.connect(self._on_new)
        self.sync_list.preset_list.preset_chosen.connect(model.add)
        self.sync_list.retry_requested.connect(model.refresh)
        self.sync_list.connect_requested.connect(self.connect_requested)
        self.sync_list.label_chosen.connect(model.set_label_filter)
        self.header.enabled_toggled.connect(self._on_switched)
        self.header.preview_requested.connect(self._on_preview)
        self.header.run_requested.connect(self._on_run_now)
        self.header.favourite_toggled.connect(self._on_favourite)
        self.header.menu_action_chosen.connect(self._on_menu_action)
        self.header.back_requested.connect(self.close_detail)
        self.header.cancel_requested.connect(model.cancel_run)
        self.header.run_here_requested.connect(self._on_run_here)
        for banner in (self.header.message_banner, self.header.narrow_message_banner):
            banner.action_triggered.connect(self._on_message_action)
        self.tabs.currentChanged.connect(self._on_tab)
        self.plan_tab.customer_requested.connect(self.customer_requested)
        self.plan_tab.preview_requested.connect(model.start_preview)
        self.plan_tab.rows_retry_requested.connect(model.start_retry)

    def _on_tab(self, place: int) -> None:
        self._stack.setCurrentIndex(place)
        # The chosen one's letters are wider, which the bar does not tell whoever lays it out.
        self.tabs.updateGeometry()

    # What the models say.

    def _on_changed(self) -> None:
        model = self._model
        self.sync_list.show_state(
            model.list_state(), model.add_disabled_reason(), model.preset_views()
        )
        self.sync_list.show_labels(model.labels(), model.label_filter)
        self.sync_list.show_cards(self._model.card_views(), self._model.selected_name)
        head = self._model.header_view()
        if head is not None:
            self.header.show_header(head)
            self.note_label.setText(head.note)
        self._on_plan()
        self._arrange()

    def _on_plan(self) -> None:
        head = self._model.header_view()
        if head is not None:
            self.plan_tab.show_plan(
                head.preview_disabled_reason, under_way=head.progress is not None
            )

    def _mark_unsaved_tabs(self) -> None:
        """Mark with a dot the sync's tabs whose changes are not saved."""
        for name, model in (
            ("Mapping", self._models.mapping),
            ("Schedule", self._models.schedule),
        ):
            text = f"{name} •" if model.has_unsaved_changes else name
            place = self._pages.index(name)
            if self.tabs.tabText(place) != text:
                self.tabs.setTabText(place, text)
                self.tabs.setTabToolTip(place, "Not saved yet" if model.has_unsaved_changes else "")
                self.tabs.updateGeometry()

    def _on_history(self) -> None:
        state = self._models.history.list_state()
        self.last_runs_card.set_note(state.summary, tip=EXCHANGED_TOOLTIP)
        if self._lazy_history_tab.content_if_built is not None:
            self._lazy_history_tab.content_if_built.show_history()
        self._arrange()

    def _on_failed(self, error: AppError) -> None:
        self.error_banner.show_message("bad", error.title, error.message, error.hint, close="Close")
        self._on_changed()

    def _on_message_posted(self, sentence: str) -> None:
        self.error_banner.clear()
        announce(self, sentence)

    def _on_export_progressed(self, sentence: str) -> None:
        # Spoken once: it says several times a second how far it is.
        is_first, self._is_export_told = not self._is_export_told, True
        actions = [("cancel", "Cancel")]
        self.error_banner.show_message("info", sentence, actions=actions, announces=is_first)

    def _on_exported(self, sentence: str) -> None:
        self._is_export_told = False
        self.error_banner.show_message("info", sentence, close="Close")

    def _create_history_tab(self, parent: QWidget) -> RunHistoryTab:
        tab = RunHistoryTab(self._models.history, parent)
        tab.plan_requested.connect(partial(self.show_tab, "Plan"))
        tab.customer_requested.connect(self.customer_requested)
        tab.plan_rows_requested.connect(self._on_rows_wanted)
        tab.resume_requested.connect(self._model.resume_run)
        tab.rollback_requested.connect(self._on_roll_back)
        tab.show_history()
        return tab

    # What the person wants.

    def _on_opened(self, _sync_name: str) -> None:
        self.open_detail()
        if not self.is_wide:
            self.header.back_button.setFocus()

    def _on_added(self, _sync_name: str) -> None:
        # Its preview is the next thing to look at, also where the list fills the page.
        if not self.is_wide:
            self.open_detail()
        self.show_tab("Plan")

    def open_new_sync_dialog(self) -> None:
        """Open the dialog New sync from the page Sync."""
        if self.sync_list.new_button.isEnabled():
            self._on_new()

    def _on_new(self) -> None:
        model = self._model
        dialog = NewSyncDialog(model.preset_views(), model.new_sync_fields(), self)
        dialog.preset_chosen.connect(model.add)
        dialog.sync_described.connect(model.add_new)
        self._open(dialog)

    def _open(self, dialog: QDialog) -> None:
        dialog.finished.connect(dialog.deleteLater)
        self._dialog = dialog
        dialog.open()

    def _on_switched(self, on: bool) -> None:
        self._model.switch_sync(on=on)

    def _on_run_here(self) -> None:
        self._models.schedule.set_runs_here(True)

    def _on_preview(self, full: bool) -> None:
        self._model.start_preview(full=full)

    def _on_run_now(self, full: bool) -> None:
        snapshot, view = self._model.selected_sync(), self._models.plan.view()
        if snapshot is None or snapshot.open_plan is None:
            self._model.start_run(full=full)
            return
        # A preview is open: what was left out there must not be written unasked.
        if view is None or view.plan_id != snapshot.open_plan.id:
            self._models.plan.show_plan("")
            self.show_tab("Plan")
        elif view.limit_stop is not None:
            self.show_tab("Plan")
        elif not self.plan_tab.plan_actions.ask_what_to_run(
            partial(self._model.start_run, full=True) if full else None
        ):
            self._model.start_run(full=full)

    def _on_favourite(self, on: bool) -> None:
        self._model.edit_details(favourite=on)

    def _on_menu_action(self, key: str) -> None:
        perform = {
            "retry": self._model.start_retry,
            "rename": self._on_rename,
            "remove": self._on_remove,
        }
        perform[key]()

    def _on_rename(self) -> None:
        head = self._model.header_view()
        if head is None:
            return
        dialog = SyncDetailsDialog(head, self)
        dialog.details_changed.connect(self._on_details_changed)
        self._open(dialog)

    def _on_details_changed(self, title: str, description: str, labels: tuple[str, ...]) -> None:
        self._model.edit_details(title=title, description=description, labels=labels)

    def _on_remove(self) -> None:
        head = self._model.header_view()
        if head is None:
            return
        question = ConfirmationDialog(
            self,
            f"Remove “{head.title}”?",
            "The sync and its settings are deleted. Its history and what it wrote stay.",
            confirm="Remove the sync",
            cancel="Cancel",
            dangerous=True,
        )
        question.accepted.connect(self._model.remove_sync)
        self._open(question)

    def perform_sync_command(self, sync_name: str, act: SyncAct) -> None:
        """Choose a sync and do what its header's buttons and menus do."""
        self._model.select_sync(sync_name)
        self.open_detail()
        perform: dict[SyncAct, Callable[[], object]] = {
            SyncAct.OPEN: partial(self.show_tab, "Plan"),
            SyncAct.PREVIEW: partial(self._on_preview, False),
            SyncAct.PREVIEW_ALL: partial(self._on_preview, True),
            SyncAct.RUN: partial(self._on_run_now, False),
            SyncAct.RUN_ALL: partial(self._on_run_now, True),
            SyncAct.SWITCH_ON: partial(self._on_switched, True),
            SyncAct.SWITCH_OFF: partial(self._on_switched, False),
            SyncAct.CANCEL: self._model.cancel_run,
            SyncAct.RETRY: self._model.start_retry,
            SyncAct.RENAME: self._on_rename,
            SyncAct.REMOVE: self._on_remove,
        }
        perform[act]()

    def show_run(self, run: str) -> None:
        """Show one run of the chosen sync in the tab History."""
        self.open_detail()
        self._on_run(run)

    def _on_run(self, run: str) -> None:
        self.show_tab("History")
        if self._models.history.selected_run_id != run:
            self._models.history.toggle_run(run)

    def _on_rows_wanted(self, plan: str) -> None:
        self._models.plan.show_plan(plan)
        self.show_tab("Plan")

    def _on_roll_back(self, run: str) -> None:
        # A rollback is a preview first: it is looked at before it is written.
        self.show_tab("Plan")
        self._model.start_rollback(run)

    def _on_message_action(self, key: str) -> None:
        action = MessageAction(key)
        if action is MessageAction.SHOW_HISTORY:
            self.show_tab("History")
        else:
            self._model.perform_message_action(action)
