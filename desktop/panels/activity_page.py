"""The page “Activity”: every change in one list, its details beside it, the record verified."""

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QApplication,
    QBoxLayout,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop.kit.errors import AppError
from desktop.panels.activity_detail_card import ActivityDetailCard
from desktop.panels.activity_table_view import ActivityTableView
from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import CARD_GAP
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.button import quiet_button, secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.label import elided_label, label
from desktop.panels.widgets.list_detail_page import ListDetailPage
from desktop.panels.widgets.screen_reader import announce
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.panels.widgets.segmented_control import SegmentedControl
from desktop.viewmodels.activity.activity_page_model import ActivityPageModel
from desktop.viewmodels.activity.activity_row import ActivityFilter

_TWO_COLUMNS_MIN_WIDTH = 760
_DETAIL_WIDTH = 318
_FILE_FORMATS = {"CSV table (*.csv)": "csv", "JSON (*.json)": "json"}


class ActivityPage(ListDetailPage):
    """`customer_chosen` carries a query for the search field."""

    customer_requested = Signal(str)
    run_requested = Signal(str, str)  # a sync, and one of its runs

    def __init__(self, model: ActivityPageModel, parent: QWidget | None = None) -> None:
        super().__init__(_TWO_COLUMNS_MIN_WIDTH, model.set_visible, parent)
        self._model = model
        self.setAccessibleName("Activity")
        self.setObjectName("Activity")
        self._filter = SegmentedControl("Show", [(s.name, s.value) for s in ActivityFilter])
        self._filter.set_value(ActivityFilter.ALL.name)
        self._search = QLineEdit()
        self._search.setAccessibleName("Search the changes")
        self._search.setObjectName("Search the changes")
        self._search.setPlaceholderText("Customer, list, field or person")
        self._search.setClearButtonEnabled(True)
        self._verify = secondary_button("Verify the record", name="Verify the record")
        self._export = secondary_button("Export…", name="Export…")
        self._banner = Banner()
        self._banner.hide()
        self.table = ActivityTableView(model.table_model)
        self._list = Card("Changes")
        self._list.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self._list.add(self.table)
        self.detail_card = ActivityDetailCard()
        self._back = quiet_button("Back to the list", name="Back to the list")
        self._back.set_icon("chevron-left")
        self._dialog: QFileDialog | None = None
        self._menu: QMenu | None = None
        self._lay_out()
        self._connect()
        self._on_changed()

    def take_focus(self) -> None:
        """Put the keyboard on the list."""
        self.table.setFocus()

    # Laying out.

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(fonts.scaled(8))
        head.addWidget(label("Activity", "heading"))
        self._scope_note = elided_label("as seen from this computer", "small")
        head.addWidget(self._scope_note, 1)
        head.addStretch(0)
        head.addWidget(self._verify)
        head.addWidget(self._export)
        self._filters = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._filters.setSpacing(fonts.scaled(8))
        # Without a share of its own the longest word takes the others' air.
        self._filters.addWidget(self._filter, 3)
        self._filters.addWidget(self._search, 4)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._back, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.detail_card)
        column.addStretch(1)
        self._detail_scroll = wrap_in_scroll_area(inside)
        self._body = body = QHBoxLayout()
        body.setSpacing(fonts.scaled(CARD_GAP))
        body.addWidget(self._list, 1)
        body.addWidget(self._detail_scroll, 0)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, fonts.scaled(11))
        page.setSpacing(fonts.scaled(10))
        page.addLayout(head)
        page.addLayout(self._filters)
        page.addWidget(self._banner)
        page.addLayout(body, 1)

    def _arrange(self) -> None:
        """Details beside the list, or instead of it."""
        wide = self.is_wide
        self._filters.setDirection(
            QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        )
        self._scope_note.setVisible(wide)
        for button in (self._verify, self._export):
            button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._verify.set_text("Verify the record" if wide else "Verify")
        self._list.setVisible(wide or not self.is_detail_open)
        self._detail_scroll.setVisible(wide or self.is_detail_open)
        self._back.setVisible(not wide)
        if wide:
            self._detail_scroll.setFixedWidth(fonts.scaled(_DETAIL_WIDTH))
        else:
            self._detail_scroll.setMinimumWidth(0)
            self._detail_scroll.setMaximumWidth(16_777_215)

    def _connect(self) -> None:
        self.layout_changed.connect(self._arrange)
        self.detail_closed.connect(self.take_focus)
        model = self._model
        model.changed.connect(self._on_changed)
        model.failed.connect(self._on_failed)
        model.message_posted.connect(self._on_announced)
        model.export_finished.connect(self._on_exported)
        model.audit_verified.connect(self._on_verified)
        self._filter.chosen.connect(self._on_filter)
        self._search.textChanged.connect(self._on_filter)
        self._verify.clicked.connect(model.verify_audit)
        self._export.clicked.connect(self._on_export)
        self._list.action_requested.connect(self._on_clear_filters)
        self._list.retry_requested.connect(model.refresh)
        self._back.clicked.connect(self.close_detail)
        self.table.current_changed.connect(model.select)
        self.table.row_opened.connect(self._on_opened)
        self.table.clicked.connect(self._on_row_clicked)
        self.table.discard_requested.connect(self._on_discard_asked)
        self.table.copy_requested.connect(self._copy)
        self.table.menu_requested.connect(self._on_menu_asked)
        self.detail_card.edit_action_requested.connect(self._on_edit_action)

    # What the model says.

    def _on_changed(self) -> None:
        state = self._model.list_state()
        self._list.set_note(state.summary)
        if state.is_loading:
            self._list.show_loading(8, "Reading the changes")
        elif state.has_failed:
            self._list.show_failed(state.text, state.action_label)
        elif state.text:
            self._list.show_empty(state.text, state.action_label)
        else:
            self._list.show_content()
        # A sentence alone stands at the top; the list fills the page.
        top = (
            Qt.AlignmentFlag(0) if state.summary or state.is_loading else Qt.AlignmentFlag.AlignTop
        )
        self._body.setAlignment(self._list, top)
        self._export.set_enabled(bool(state.summary), "There is nothing to export.")
        self.detail_card.show_detail(self._model.detail_view())

    def _on_failed(self, error: AppError) -> None:
        self._banner.show_message("bad", error.title, error.message, error.hint, close="Close")

    def _on_announced(self, words: str) -> None:
        self._banner.clear()
        self._scope_note.setText(words)
        announce(self, words)

    def _on_exported(self, words: str) -> None:
        self._banner.show_message("info", words, close="Close")

    def _on_verified(self, whole: bool, words: str) -> None:
        self._banner.show_message("info" if whole else "bad", words, close="Close")

    # What the person wants.

    def _on_filter(self, _text: str) -> None:
        self._model.set_filter(
            ActivityFilter[self._filter.value() or ActivityFilter.ALL.name], self._search.text()
        )

    def _on_clear_filters(self) -> None:
        self._filter.set_value(ActivityFilter.ALL.name)
        self._search.clear()
        self._on_filter("")
        self._search.setFocus()

    def _on_row_clicked(self) -> None:
        if not self.is_wide:
            self._on_opened(self.table.current_id())

    def _on_opened(self, row_id: str) -> None:
        self._model.select(row_id)
        if self.is_wide:
            self.customer_requested.emit(self._model.customer_query(row_id))
            return
        self.open_detail()
        self._back.setFocus()

    def _on_discard_asked(self, row_id: str) -> None:
        view = self._model.detail_view()
        if view is not None and any(act.key == "discard" for act in view.actions):
            self._model.perform_action("discard", row_id)
        else:
            announce(self, "Only what was not sent yet can be discarded.")

    def _on_edit_action(self, act: str, row_id: str) -> None:
        if act == "open":
            self.customer_requested.emit(self._model.customer_query(row_id))
        elif act == "copy":
            self._copy(row_id)
        elif act == "run":
            self.run_requested.emit(*self._model.sync_and_run_of(row_id))
        else:
            self._model.perform_action(act, row_id)

    def _copy(self, row_id: str) -> None:
        QApplication.clipboard().setText(self._model.details_text(row_id))
        announce(self, "Details copied")

    def _on_menu_asked(self, row_id: str, at: QPoint) -> None:
        view = self._model.detail_view()
        if view is None or view.id != row_id:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        for act in view.actions:
            action = QAction(act.label.replace("&", "&&"), menu)
            action.setData((act.key, row_id))
            action.setEnabled(not act.disabled_reason)
            menu.addAction(action)
        menu.triggered.connect(self._on_menu_triggered)
        self._menu = menu
        menu.popup(at)

    def _on_menu_triggered(self, action: QAction) -> None:
        act, row_id = action.data()
        self._on_edit_action(act, row_id)

    def _on_export(self) -> None:
        dialog = QFileDialog(self, "Export the changes")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(list(_FILE_FORMATS))
        dialog.setDefaultSuffix("csv")
        dialog.selectFile("fairlead-activity.csv")
        dialog.filterSelected.connect(self._on_format_selected)
        dialog.fileSelected.connect(self._on_file_selected)
        self._dialog = dialog
        dialog.open()

    def _on_format_selected(self, name: str) -> None:
        if self._dialog is not None:
            self._dialog.setDefaultSuffix(_FILE_FORMATS.get(name, "csv"))

    def _on_file_selected(self, path: str) -> None:
        self._model.export(path, "json" if path.lower().endswith(".json") else "csv")
