"""A page that is one list: filters and search above it, details beside it, states, an export."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.kit.errors import AppError
from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import CARD_GAP
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.button import Button, quiet_button, secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.export_file_dialog import ExportFileDialog
from desktop.panels.widgets.flow_layout import FlowLayout
from desktop.panels.widgets.label import elided_label, label
from desktop.panels.widgets.line_edit import LineEdit
from desktop.panels.widgets.list_detail_page import (
    ListDetailPage,
    fix_or_free_width,
    wrap_detail,
)
from desktop.panels.widgets.list_table_view import ListTableView
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.panels.widgets.search_field import SEARCHES_PAGE
from desktop.panels.widgets.segmented_control import SegmentedControl
from desktop.panels.widgets.visibility import set_shown
from desktop.viewmodels.list_model import ListState

_TWO_COLUMNS_MIN_WIDTH = 760
_DETAIL_WIDTH = 318
_SKELETON_ROWS = 8
_BUTTONS_BESIDE_HEADING = 2


@dataclass(frozen=True)
class ListPageSpec:
    """What is particular to one list page: names, filters as (key, label), its states' texts."""

    name: str  # accessible name and heading of the page
    scope_note: str  # beside the heading: how far the list reaches
    list_title: str
    filters: tuple[tuple[str, str], ...]  # the first one is chosen at the start
    search_name: str
    search_placeholder: str
    loading_text: str
    export_title: str
    export_file_name: str


class ListPage(ListDetailPage):
    """Widget of a list page: give it table and details, connect the model, show its state.

    In a narrow window the details stand in place of the list.
    """

    filter_changed = Signal(str, str)  # key of the filter, search text
    filters_cleared = Signal()  # also those that a page has added
    retry_requested = Signal()
    export_file_chosen = Signal(str, str)  # path, FileFormat's value
    row_selected = Signal(int)  # a place in the table
    row_followed = Signal(int)  # opened where its details stand beside the list already

    def __init__(
        self,
        spec: ListPageSpec,
        table: ListTableView[Any],
        detail: QWidget,
        *,
        tick_column: int = -1,
        head_buttons: Sequence[Button] = (),
        above_filters: QWidget | None = None,
        below_filters: QWidget | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """A click into `tick_column` opens no row."""
        super().__init__(_TWO_COLUMNS_MIN_WIDTH, parent)
        self._tick_column = tick_column
        self._spec = spec
        self._table = table
        self._above_filters, self._below_filters = above_filters, below_filters
        self._full_views: list[QWidget] = []
        self._has_details = True  # of a row there is, or that may come
        self.setAccessibleName(spec.name)
        self.setObjectName(spec.name)
        self.filter_control = SegmentedControl("Show", spec.filters)
        self.filter_control.set_value(spec.filters[0][0])
        self.search_field = LineEdit()
        self.search_field.setAccessibleName(spec.search_name)
        self.search_field.setObjectName(spec.search_name)
        self.search_field.setPlaceholderText(spec.search_placeholder)
        self.search_field.setClearButtonEnabled(True)
        self.search_field.setProperty(SEARCHES_PAGE, True)
        self.export_button = secondary_button("Export…", name="Export…")
        self._head_buttons = (*head_buttons, self.export_button)
        self.scope_note = elided_label(spec.scope_note, "small")
        self.banner = Banner()
        self.banner.hide()
        self.list_card = Card(spec.list_title)
        self.list_card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.list_card.add(table)
        self.back_button = quiet_button("Back to the list", name="Back to the list")
        self.back_button.set_icon("chevron-left")
        self._lay_out(detail)
        self.layout_changed.connect(self.arrange)
        self.detail_closed.connect(self.take_focus)
        self.filter_control.chosen.connect(self._on_filter)
        self.search_field.textChanged.connect(self._on_filter)
        self.export_button.clicked.connect(self._on_export)
        self.list_card.action_requested.connect(self.take_next_step)
        self.list_card.retry_requested.connect(self.retry_requested)
        self.back_button.clicked.connect(self.close_detail)
        table.current_row_changed.connect(self.row_selected)
        table.row_opened.connect(self._on_row_opened)
        table.clicked.connect(self._on_row_clicked)

    def show_state(self, state: ListState) -> None:
        """Show the list page's rows, or what stands in their place."""
        card = self.list_card
        card.set_note(state.summary)
        show_list_state(card, state, _SKELETON_ROWS, self._spec.loading_text)
        # A sentence alone stands at the top; a list fills the page.
        fills = bool(state.summary) or state.is_loading
        self._body.setAlignment(card, Qt.AlignmentFlag(0) if fills else Qt.AlignmentFlag.AlignTop)
        self.export_button.set_enabled(bool(state.summary), "There is nothing to export.")
        if fills != self._has_details:
            self._has_details = fills
            self.arrange()

    def show_error(self, error: AppError) -> None:
        """Show an error on the list page's banner, below its table."""
        self.banner.show_message("bad", error.title, error.message, error.hint, close="Close")

    def show_result(self, sentence: str) -> None:
        """Show below the list page's table what was done: where a file was written to."""
        self.banner.show_message("info", sentence, close="Close")

    def take_next_step(self) -> None:
        """Do what the list page offers where it has no rows."""
        self.clear_filters()

    def clear_filters(self) -> None:
        """Clear the list page's filters: every row again."""
        self.filters_cleared.emit()
        self.filter_control.set_value(self._spec.filters[0][0])
        self.search_field.clear()
        self._on_filter("")
        self.search_field.setFocus()

    def take_focus(self) -> None:
        """Put the keyboard on the list page's table."""
        self._table.setFocus()

    def arrange(self) -> None:
        """Put the list page's details beside its table, or in its place where it is narrow."""
        wide = self.is_wide
        direction = QBoxLayout.Direction
        self._filters.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        # Beside the heading there is room for two buttons.
        is_below = not wide and len(self._head_buttons) > _BUTTONS_BESIDE_HEADING
        self._head.setDirection(direction.TopToBottom if is_below else direction.LeftToRight)
        self._buttons.set_wrapping(is_below)
        set_shown(self.scope_note, wide)
        set_shown(self.list_card, wide or not self.is_detail_open)
        # Beside a sentence there is no row whose details could be shown.
        set_shown(self._detail_scroll, (wide and self._has_details) or self.is_detail_open)
        set_shown(self.back_button, not wide)
        fix_or_free_width(self._detail_scroll, _DETAIL_WIDTH if wide else None)

    def add_full_view(self, widget: QWidget) -> None:
        """Add a widget that may stand in place of the list page's search, list and details."""
        self._full_views.append(widget)
        widget.hide()
        self._parts.addWidget(widget, 1)

    def show_full_view(self, widget: QWidget | None) -> None:
        """Show an added widget in place of the list page's search, list and details; None: none."""
        for each in self._full_views:
            set_shown(each, each is widget)
        is_shown = widget is not None
        self._parts.setStretchFactor(self._body, 0 if is_shown else 1)
        set_shown(self.search_field, not is_shown)
        if is_shown:
            for part in (self.list_card, self._detail_scroll, self.back_button):
                part.hide()
            if self._below_filters is not None:
                self._below_filters.hide()

    def _lay_out(self, detail: QWidget) -> None:
        heading = QHBoxLayout()
        heading.setSpacing(fonts.scaled(8))
        heading.addWidget(label(self._spec.name, "heading"))
        heading.addWidget(self.scope_note, 1)
        heading.addStretch(0)
        buttons = self._buttons = FlowLayout(fonts.scaled(8), fonts.scaled(6))
        for button in self._head_buttons:
            button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            buttons.addWidget(button)
        head = self._head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        head.setSpacing(fonts.scaled(8))
        head.addLayout(heading, 1)
        head.addLayout(buttons)
        self._filters = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._filters.setSpacing(fonts.scaled(8))
        # Without a share of its own the longest word takes the others' room.
        self._filters.addWidget(self.filter_control, 4)
        self._filters.addWidget(self.search_field, 3)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.back_button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(detail)
        column.addStretch(1)
        self._detail_scroll = wrap_detail(inside)
        self._body = QHBoxLayout()
        self._body.setSpacing(fonts.scaled(CARD_GAP))
        self._body.addWidget(self.list_card, 1)
        self._body.addWidget(self._detail_scroll, 0)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, fonts.scaled(11))
        page.setSpacing(fonts.scaled(10))
        page.addLayout(head)
        below_head = QWidget()
        # Never wider than the page, also while its parts are still side by side.
        below_head.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        parts = self._parts = QVBoxLayout(below_head)
        parts.setContentsMargins(0, 0, 0, 0)
        parts.setSpacing(fonts.scaled(10))
        if self._above_filters is not None:
            parts.addWidget(self._above_filters)
        parts.addLayout(self._filters)
        if self._below_filters is not None:
            parts.addWidget(self._below_filters)
        parts.addLayout(self._body, 1)
        # In a low window, or zoomed, what stands over the list would take all of its room.
        page.addWidget(wrap_in_scroll_area(below_head, bar_beside=True), 1)
        # Below the list, which is cut short for it: nothing moves under the pointer.
        page.addWidget(self.banner)

    def _on_row_clicked(self, index: QModelIndex) -> None:
        if not self.is_wide and index.column() != self._tick_column:
            self._on_row_opened(self._table.current_row())

    def _on_row_opened(self, place: int) -> None:
        self.row_selected.emit(place)
        if self.is_wide:
            self.row_followed.emit(place)
            return
        self.open_detail()
        self.back_button.setFocus()

    def _on_filter(self, _text: str) -> None:
        key = self.filter_control.value() or self._spec.filters[0][0]
        self.filter_changed.emit(key, self.search_field.text())

    def _on_export(self) -> None:
        dialog = ExportFileDialog(self._spec.export_title, self._spec.export_file_name, self)
        dialog.file_chosen.connect(self.export_file_chosen)
        dialog.open()


def show_list_state(card: Card, state: ListState, skeleton_rows: int, loading_text: str) -> None:
    """Draw a list's state in its card widget: loading, failed, empty, or the rows."""
    if state.is_loading:
        card.show_loading(skeleton_rows, loading_text)
    elif state.has_failed:
        card.show_failed(state.text, state.action_label)
    elif state.text:
        card.show_empty(state.text, state.action_label)
    else:
        card.show_content()
