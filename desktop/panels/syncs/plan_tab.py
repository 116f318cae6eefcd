"""Widget of the tab Plan: limit, consequences, counts, rows with details, and buttons."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop.kit.text import format_count
from desktop.panels.syncs.filter_link_row import FilterLinkRow
from desktop.panels.syncs.plan_actions import PlanActions
from desktop.panels.syncs.plan_count_filter import PlanCountFilter
from desktop.panels.syncs.plan_row_detail_panel import PlanRowDetailPanel
from desktop.panels.syncs.plan_table_view import PlanTableView
from desktop.panels.syncs.sync_message_banner import SyncMessageBanner
from desktop.panels.theme import fonts
from desktop.panels.widgets.batched_layout import batch_layout
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.flow_layout import FlowLayout
from desktop.panels.widgets.label import elided_label, label
from desktop.panels.widgets.line_edit import LineEdit
from desktop.panels.widgets.list_detail_page import fix_or_free_width
from desktop.panels.widgets.search_field import SEARCHES_PAGE
from desktop.store.plan_row_filter import PlanRowOrder
from desktop.viewmodels.list_model import ListState
from desktop.viewmodels.qt_timer import create_timer
from desktop.viewmodels.syncs.plan_filter import PlanFilter
from desktop.viewmodels.syncs.plan_model import PlanModel
from desktop.viewmodels.syncs.plan_view import PlanView
from desktop.viewmodels.syncs.sync_header_view import MessageAction, SyncMessageView

_DETAIL_WIDTH = 300
_SEARCH_WIDTH = 190
_SIDE_BY_SIDE_MIN_WIDTH = 660
_SUMMARY_MIN_WIDTH = 760
# About the pause between two words: a search through a million rows takes longer than a key.
_SEARCH_DEBOUNCE_MS = 180
# Where the table is too narrow for headings to click on.
_ORDERS = (
    (PlanRowOrder.FOUND.value, "As found"),
    (PlanRowOrder.NAME.value, "By name"),
    (PlanRowOrder.OUTCOME.value, "By outcome"),
    (PlanRowOrder.WORTH.value, "Highest value first"),
)

_DISCARDED_MESSAGE = SyncMessageView(
    "info", "Preview discarded. Nothing was written.", "", ((MessageAction.RESTORE, "Undo"),)
)


class PlanTab(Card):
    """Widget of the tab Plan; without a preview it says how to make one."""

    customer_requested = Signal(str)
    preview_requested = Signal()
    rows_retry_requested = Signal(object)  # a row number, or None for all

    def __init__(self, model: PlanModel, parent: QWidget | None = None) -> None:
        super().__init__("", name="Plan", parent=parent)
        self._model = model
        self._is_detail_open = False
        # The tab says its name already.
        self.title_label.setMinimumHeight(0)
        self.title_label.setFixedHeight(1)
        self.note_label.setFixedHeight(1)
        # Its dialogs stand over this tab and go with it.
        self.plan_actions = PlanActions(model, self)
        self.limit_banner = SyncMessageBanner()
        self.outcome_banner = SyncMessageBanner()
        self.consequence_links = FilterLinkRow("What people will notice")
        self.count_filter = PlanCountFilter()
        self.cause_links = FilterLinkRow("Reason:")
        self.search_field = LineEdit()
        self.search_field.setAccessibleName("Search the rows")
        self.search_field.setObjectName("Search the rows")
        self.search_field.setPlaceholderText("Search the rows")
        self.search_field.setClearButtonEnabled(True)
        self.search_field.setProperty(SEARCHES_PAGE, True)
        self.search_field.setFixedWidth(fonts.scaled(_SEARCH_WIDTH))
        self.order_dropdown = DropdownField("Order of the rows", _ORDERS)
        self.order_dropdown.set_value(PlanRowOrder.FOUND.value)
        self.summary_label = elided_label("", "small", align_right=True)
        self.table = PlanTableView(model.table_model)
        self.empty_label = label("", "muted", wrap=True)
        self.clear_button = secondary_button("Clear filters", name="Clear filters")
        self.row_detail = PlanRowDetailPanel()
        self.footer_label = label("", "text", wrap=True)
        self.retry_button = secondary_button("Retry all", name="Retry all")
        self.export_button = secondary_button("Export", name="Export")
        self.discard_button = secondary_button("Discard", name="Discard")
        self.write_button = primary_button("Write", name="Write")
        self._typing_timer = create_timer(self, _SEARCH_DEBOUNCE_MS, self._on_search_debounced)
        self._lay_out()
        self._connect()

    # What the model says.

    def show_plan(self, why_not_preview: str, *, under_way: bool) -> None:
        """Draw the preview's state; `why_not_preview`: why none can be made now."""
        view = self._model.view()
        if self._model.is_loading:
            self.show_loading(8, "Reading the preview")
            return
        if view is None:
            if self._model.can_restore_plan:
                self.show_empty(_DISCARDED_MESSAGE.title, "Undo")
                return
            text = "No preview yet. It reads both sides and shows every change before any is made."
            if under_way:
                self.show_not_permitted("Reading both services…")
            elif why_not_preview:
                self.show_not_permitted(f"{text} {why_not_preview}")
            else:
                self.show_empty(text, "Preview")
            return
        if not self.content.isHidden():
            self._show(view)
            return
        # Everything comes at once, and is laid out once.
        with batch_layout(self):
            self._show(view)
            self.show_content()

    def show_detail(self) -> None:
        """Show the preview row's details beside the table, where they are open."""
        detail = self._model.row_detail()
        if detail is not None:
            self.row_detail.show_detail(detail)
        self._arrange()

    def _show(self, view: PlanView) -> None:
        stop = view.limit_stop
        self.limit_banner.show_view(
            SyncMessageView("warn", stop.title, stop.text, stop.actions)
            if stop is not None
            else None
        )
        # An older preview stands in place of the one just discarded.
        self.outcome_banner.show_view(
            _DISCARDED_MESSAGE if self._model.can_restore_plan else view.message
        )
        shown = view.plan_filter
        consequence = (
            f"{shown.consequence.value}:{shown.consequence_name}" if shown.consequence else ""
        )
        self.consequence_links.show_links(view.consequences, consequence)
        self.count_filter.show_counts(view.counts, "" if shown.consequence else shown.fate)
        self.cause_links.show_links(view.causes, shown.cause)
        # What is being typed is not disturbed by what was filtered before.
        if not self._typing_timer.isActive() and self.search_field.text().strip() != shown.text:
            self.search_field.setText(shown.text)
        self.order_dropdown.set_value(shown.order.value)
        self.table.apply_row_options(shows_value=view.has_values)
        self.table.show_order(shown.order)
        self.table.show_ticks(*self._model.tick_counts)
        self._show_list_state(self._model.list_state())
        self._footer.setVisible(True)
        self.footer_label.setText(view.footer)
        self.footer_label.setVisible(
            bool(view.footer) or self.width() >= fonts.scaled(_SIDE_BY_SIDE_MIN_WIDTH)
        )
        for button in (self.discard_button, self.write_button):
            button.setVisible(view.is_open)
        self.retry_button.setVisible(bool(view.retry_label))
        self.write_button.set_text(view.write_label)
        self.write_button.set_enabled(not view.write_disabled_reason, view.write_disabled_reason)
        self.write_button.setAccessibleName(view.write_label)
        self.export_button.set_enabled(self._model.table_model.rowCount() > 0, "No row is shown.")
        self._arrange()

    def _show_list_state(self, state: ListState) -> None:
        """Show the preview's rows, or the sentence in their place, with a button for filters."""
        if not state.text:
            self._show_row_counts()
        self.table.setVisible(not state.text)
        self.empty_label.setVisible(bool(state.text))
        self.empty_label.setText(state.text)
        self.clear_button.setVisible(bool(state.action_label))
        self.clear_button.set_text(state.action_label or "Clear filters")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close the details of the preview's row on Esc."""
        if event.key() == Qt.Key.Key_Escape and self._is_detail_open:
            self._on_detail_closed()
            return
        super().keyPressEvent(event)

    # How it is put together.

    def _lay_out(self) -> None:
        filters = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        filters.setSpacing(fonts.scaled(10))
        filters.addWidget(self.count_filter, 1)
        finding = QHBoxLayout()
        finding.addWidget(self.summary_label)
        self._fields = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._fields.setSpacing(fonts.scaled(6))
        self._fields.addWidget(self.order_dropdown)
        self._fields.addWidget(self.search_field)
        finding.addLayout(self._fields)
        filters.addLayout(finding)
        self._filters = filters
        body = QHBoxLayout()
        # The details have a margin of their own, so that their scroll bar stands at the edge.
        body.setSpacing(0)
        self._rows_box = QWidget()
        rows = QVBoxLayout(self._rows_box)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.empty_label)
        rows.addWidget(self.clear_button, 0, Qt.AlignmentFlag.AlignLeft)
        rows.addWidget(self.table, 1)
        rows.addStretch(0)
        body.addWidget(self._rows_box, 1)
        body.addWidget(self.row_detail)
        line = QFrame()
        line.setProperty("ground", "line")
        line.setFixedHeight(1)
        self._line = line
        self._footer = QWidget()
        self._footer_layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._footer)
        self._footer_layout.setContentsMargins(0, 0, 0, 0)
        self._footer_layout.setSpacing(fonts.scaled(8))
        self._footer_layout.addWidget(self.footer_label, 1)
        buttons = FlowLayout(fonts.scaled(8), fonts.scaled(6), alignment="trailing")
        for button in (
            self.retry_button,
            self.export_button,
            self.discard_button,
            self.write_button,
        ):
            buttons.addWidget(button)
        self._footer_layout.addLayout(buttons)
        for part in (self.consequence_links, filters, self.cause_links, line):
            self.add(part)
        self.body.addLayout(body, 1)
        # Over the button that they are about; the rows are cut short, and none moves.
        for below in (self.limit_banner, self.outcome_banner, self._footer):
            self.add(below)
        self.body.setSpacing(fonts.scaled(8))
        self.row_detail.hide()
        # The box of states exists from here on, so that what follows keeps it at the top.
        self.show_empty("")
        self._column.addStretch(0)
        self._column.setStretchFactor(self.content, 1)
        # A card is as high as its content otherwise; this one fills the page.
        policy = self.sizePolicy()
        policy.setVerticalPolicy(policy.Policy.Expanding)
        self.setSizePolicy(policy)

    def _arrange(self) -> None:
        wide = self.width() >= fonts.scaled(_SIDE_BY_SIDE_MIN_WIDTH)
        shown = self._is_detail_open and self._model.row_detail() is not None
        opening = shown and not self.row_detail.isVisible()
        self.row_detail.setVisible(shown)
        self._rows_box.setVisible(wide or not shown)
        fix_or_free_width(self.row_detail, _DETAIL_WIDTH if wide else None)
        if opening and not wide:
            # The rows are gone, and the keyboard with them.
            self.row_detail.setFocus()
        direction = QBoxLayout.Direction
        self._footer_layout.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        self.summary_label.setVisible(self.width() >= fonts.scaled(_SUMMARY_MIN_WIDTH))
        self._filters.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        # In a wide table the headings are clicked.
        self.order_dropdown.setVisible(not wide)
        # Beside the figures they stand over each other, so that the figures keep one line.
        self._fields.setDirection(direction.TopToBottom if wide else direction.LeftToRight)
        for field in (self.order_dropdown, self.search_field):
            fix_or_free_width(field, _SEARCH_WIDTH if wide else None)

    def _connect(self) -> None:
        model = self._model
        self.limit_banner.action_triggered.connect(self.plan_actions.handle_limit_action)
        self.outcome_banner.action_triggered.connect(self._on_outcome_action)
        self.consequence_links.filter_chosen.connect(model.toggle_consequence)
        self.cause_links.filter_chosen.connect(model.toggle_cause)
        self.count_filter.chosen.connect(self._on_count)
        self.search_field.textChanged.connect(self._on_typed)
        self.order_dropdown.chosen.connect(self._on_order)
        self.clear_button.clicked.connect(self._on_clear)
        self.table.current_row_changed.connect(model.select_row)
        self.table.row_opened.connect(self._on_opened)
        self.table.customer_requested.connect(self.customer_requested)
        self.table.side_picked.connect(model.pick_side)
        self.table.tick_all_requested.connect(self._on_tick_all)
        self.table.order_picked.connect(model.set_order)
        self.table.selection_changed.connect(self._show_row_counts)
        self.table.name_typed.connect(self._on_name_typed)
        model.row_found.connect(self.table.select_row)
        self.row_detail.closed.connect(self._on_detail_closed)
        self.row_detail.customer_requested.connect(self.customer_requested)
        self.row_detail.field_write_toggled.connect(self._on_field)
        self.row_detail.side_picked.connect(model.pick_side)
        self.row_detail.always_prefer_picked.connect(model.always_prefer)
        self.row_detail.corrected.connect(model.correct_field)
        self.row_detail.match_chosen.connect(model.choose_match)
        self.row_detail.left_out.connect(model.leave_out_row)
        self.row_detail.included_again.connect(model.include_row_again)
        self.row_detail.retry_requested.connect(self.rows_retry_requested)
        self.export_button.clicked.connect(self.plan_actions.choose_export_file)
        self.discard_button.clicked.connect(model.discard_plan)
        self.write_button.clicked.connect(self.plan_actions.confirm_and_write)
        self.retry_button.clicked.connect(self._on_retry)
        self.action_requested.connect(self._on_action)
        model.detail_changed.connect(self.show_detail)

    def _on_action(self) -> None:
        if self._model.can_restore_plan:
            self._model.restore_plan()
        else:
            self.preview_requested.emit()

    def _on_count(self, key: str) -> None:
        self._model.set_filter(PlanFilter(fate=key, text=self._model.plan_filter.text))

    def _on_order(self, key: str) -> None:
        self._model.set_order(PlanRowOrder(key))

    def _on_typed(self, _text: str) -> None:
        self._typing_timer.start()

    def _on_search_debounced(self) -> None:
        self._model.set_search_text(self.search_field.text())

    def _on_clear(self) -> None:
        self.search_field.clear()
        # Else the text that was just cleared would be searched for once more.
        self._typing_timer.stop()
        self._model.set_filter(PlanFilter())

    def _on_opened(self, place: int) -> None:
        self._model.select_row(place)
        self._is_detail_open = True
        self.show_detail()

    def _on_detail_closed(self) -> None:
        self._is_detail_open = False
        self._arrange()
        self.table.setFocus()

    def _show_row_counts(self) -> None:
        total, count = self._model.table_model.rowCount(), self.table.selected_count()
        rows = format_count(total, "row", "rows")
        if count == total > 1:
            rows = f"All {rows} selected"
        elif count > 1:
            rows = f"{count:,} of {rows} selected"
        self.summary_label.setText(rows)

    def _on_name_typed(self, letters: str) -> None:
        self._model.find_row_by_name(letters, self.table.current_row())

    def _on_tick_all(self, on: bool) -> None:
        self._model.tick_all_rows(on=on)

    def _on_field(self, row: int, field: str, on: bool) -> None:
        self._model.tick_field(row, field, on=on)

    def _on_outcome_action(self, key: str) -> None:
        action = MessageAction(key)
        if action is MessageAction.RESTORE:
            self._model.restore_plan()
        elif action is MessageAction.SHOW_NEWEST:
            self._model.show_plan("")
        else:
            self.preview_requested.emit()

    def _on_retry(self) -> None:
        self.rows_retry_requested.emit(None)
