"""Widget of the page Activity: list of edits, details beside it, button to verify the audit."""

from dataclasses import replace

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from desktop.panels.activity_detail_card import ActivityDetailCard
from desktop.panels.activity_period_filter import ActivityPeriodFilter
from desktop.panels.activity_table_view import ActivityTableView
from desktop.panels.team_approvals_card import TeamApprovalsCard
from desktop.panels.team_lead_requests_card import TeamLeadRequestsCard
from desktop.panels.widgets.box_layout import vbox
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.list_page import ListPage, ListPageSpec
from desktop.panels.widgets.screen_reader import announce
from desktop.viewmodels.activity.activity_detail_view import ActivityAction
from desktop.viewmodels.activity.activity_page_model import ActivityPageModel
from desktop.viewmodels.activity.activity_period import ActivityTimes
from desktop.viewmodels.activity.activity_row import ActivityFilter
from desktop.viewmodels.team_approvals_model import TeamApprovalsModel
from desktop.viewmodels.team_lead_requests_model import TeamLeadRequestsModel

_SPEC = ListPageSpec(
    name="Activity",
    scope_note="as seen from this computer",
    list_title="Changes",
    filters=tuple((each.name, each.value) for each in ActivityFilter),
    search_name="Search the changes",
    search_placeholder="Customer, list, field or person",
    loading_text="Reading the changes",
    export_title="Export the changes",
    export_file_name="fairlead-activity.csv",
)

# Without a team there are no other desks to show.
_ALONE_FILTERS = _SPEC.filters[:-1]


class ActivityPage(ListPage):
    """The Activity page's widget: list of edits, buttons for each, verification of the audit."""

    customer_requested = Signal(str)  # a query for the search field
    run_requested = Signal(str, str)  # a sync, and one of its runs
    search_requested = Signal()  # the keyboard belongs into the search field

    def __init__(
        self,
        model: ActivityPageModel,
        team_lead_requests: TeamLeadRequestsModel,
        approvals: TeamApprovalsModel,
        parent: QWidget | None = None,
    ) -> None:
        self._model = model
        self._approvals, self._lead_requests = approvals, team_lead_requests
        self.requests_card = TeamLeadRequestsCard(team_lead_requests)
        self.approvals_card = TeamApprovalsCard(approvals)
        self._asked = QWidget()
        self._asked.setLayout(vbox(self.approvals_card, self.requests_card, spacing=10))
        self.table = ActivityTableView(model.table_model)
        self.detail_card = ActivityDetailCard()
        self.verify_button = secondary_button("Verify the record", name="Verify the record")
        self.period_filter = ActivityPeriodFilter()
        super().__init__(
            replace(_SPEC, filters=_ALONE_FILTERS),
            self.table,
            self.detail_card,
            head_buttons=[self.verify_button],
            above_filters=self._asked,
            below_filters=self.period_filter.days_row,
            parent=parent,
        )
        # Among the filters it would keep a window from becoming narrow.
        self.list_card.set_corner_widget(self.period_filter)
        self._menu: QMenu | None = None
        self._has_team_filter = False
        self._connect()
        self._fit_asked()
        self._on_changed()

    def current_id(self) -> str:
        """Return the id of the current row in the Activity page's table, or nothing."""
        return self._row_id(self.table.current_row())

    def select_row(self, row_id: str) -> None:
        """Make the Activity table's row with this id current."""
        self.table.select_row(self._model.table_model.place_of(row_id))

    def arrange(self) -> None:
        """Shorten the text of the Activity page's button where the window is narrow."""
        super().arrange()
        self.verify_button.set_text("Verify the record" if self.is_wide else "Verify")

    def take_next_step(self) -> None:
        """Look a customer up where nothing was changed yet; else clear the filters."""
        if self._model.is_unused:
            self.search_requested.emit()
        else:
            super().take_next_step()

    def _connect(self) -> None:
        model, table = self._model, self.table
        # After the cards themselves, which are hidden where there is nothing.
        self._approvals.changed.connect(self._fit_asked)
        self._lead_requests.changed.connect(self._fit_asked)
        self._approvals.failed.connect(self.show_error)
        self._approvals.message_posted.connect(self._on_message_posted)
        self.requests_card.customer_requested.connect(self.customer_requested)
        self.visibility_changed.connect(self._on_visibility)
        model.changed.connect(self._on_changed)
        model.failed.connect(self.show_error)
        model.message_posted.connect(self._on_message_posted)
        model.export_finished.connect(self.show_result)
        model.audit_verified.connect(self._on_audit_verified)
        self.filter_changed.connect(self._on_filter_changed)
        self.filters_cleared.connect(self._on_filters_cleared)
        self.period_filter.chosen.connect(model.set_times)
        table.order_picked.connect(model.set_order)
        self.retry_requested.connect(model.refresh)
        self.verify_button.clicked.connect(model.verify_audit)
        self.export_file_chosen.connect(model.export)
        self.row_selected.connect(self._on_row_selected)
        self.row_followed.connect(self._on_row_followed)
        table.delete_requested.connect(self._on_delete_requested)
        table.copy_requested.connect(self._on_copy_requested)
        table.menu_requested.connect(self._on_menu_requested)
        self.detail_card.action_triggered.connect(self._on_action)

    def _row_id(self, place: int) -> str:
        row = self._model.table_model.row_at(place)
        return row.id if row is not None else ""

    def _fit_asked(self) -> None:
        cards = (self.approvals_card, self.requests_card)
        self._asked.setVisible(any(not card.isHidden() for card in cards))

    def _on_visibility(self, visible: bool) -> None:
        # The team may have been joined in Settings since the page was built.
        if visible and self._model.is_in_team != self._has_team_filter:
            self._has_team_filter = not self._has_team_filter
            kept = self.filter_control.value()
            filters = _SPEC.filters if self._has_team_filter else _ALONE_FILTERS
            self.filter_control.set_options(filters)
            keys = [key for key, _ in filters]
            self.filter_control.set_value(kept if kept in keys else keys[0])
            if kept not in keys:
                self.clear_filters()
        if visible:
            self._approvals.refresh()
        self._model.set_visible(visible)

    # What the model says.

    def _on_changed(self) -> None:
        self.table.show_order(self._model.order, can_sort=self._model.can_sort)
        self.show_state(self._model.list_state())
        self.detail_card.show_detail(self._model.detail_view())

    def _on_message_posted(self, sentence: str) -> None:
        self.banner.clear()
        self.scope_note.setText(sentence)
        announce(self, sentence)

    def _on_audit_verified(self, is_whole: bool, sentence: str) -> None:
        self.banner.show_message("info" if is_whole else "bad", sentence, close="Close")

    # What the person does.

    def _on_filter_changed(self, key: str, text: str) -> None:
        self._model.set_filter(ActivityFilter[key], text)

    def _on_filters_cleared(self) -> None:
        self.period_filter.show_times(ActivityTimes())
        self._model.set_times(ActivityTimes())

    def _on_row_selected(self, place: int) -> None:
        self._model.select(self._row_id(place))

    def _on_row_followed(self, place: int) -> None:
        # An allowed limit is about no customer.
        if query := self._model.customer_query(self._row_id(place)):
            self.customer_requested.emit(query)

    def _on_delete_requested(self, place: int) -> None:
        view = self._model.detail_view()
        offered = [each.action for each in view.actions] if view is not None else []
        if ActivityAction.DISCARD in offered:
            self._model.perform_action(ActivityAction.DISCARD, self._row_id(place))
        else:
            announce(self, "Only what was not sent yet can be discarded.")

    def _on_copy_requested(self, place: int) -> None:
        self._on_action(ActivityAction.COPY, self._row_id(place))

    def _on_action(self, action: ActivityAction, row_id: str) -> None:
        if action is ActivityAction.OPEN_CUSTOMER:
            self.customer_requested.emit(self._model.customer_query(row_id))
        elif action is ActivityAction.COPY:
            QApplication.clipboard().setText(self._model.details_text(row_id))
            announce(self, "Details copied")
        elif action is ActivityAction.SHOW_RUN:
            self.run_requested.emit(*self._model.sync_and_run_of(row_id))
        else:
            self._model.perform_action(action, row_id)

    def _on_menu_requested(self, place: int, at: QPoint) -> None:
        view = self._model.detail_view()
        if view is None or view.id != self._row_id(place):
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        for offered in view.actions:
            entry = QAction(offered.action.value, menu)
            entry.setData((offered.action, view.id))
            entry.setEnabled(not offered.disabled_reason)
            menu.addAction(entry)
        menu.triggered.connect(self._on_menu_triggered)
        self._menu = menu
        menu.popup(at)

    def _on_menu_triggered(self, entry: QAction) -> None:
        self._on_action(*entry.data())
