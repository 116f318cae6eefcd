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
from desktop.panels.activity_detail import ActivityDetail
from desktop.panels.activity_rows import ActivityRows
from desktop.panels.parts.announce import announce
from desktop.panels.parts.banner import Banner
from desktop.panels.parts.button import quiet, secondary
from desktop.panels.parts.card import Card
from desktop.panels.parts.label import elided, label
from desktop.panels.parts.scroll import scrolling
from desktop.panels.parts.segmented import SegmentedControl
from desktop.panels.parts.side_by_side import SideBySide
from desktop.panels.theme import fonts
from desktop.panels.theme.tokens import GAP_CARD
from desktop.viewmodels.activity import ActivityModel
from desktop.viewmodels.activity_row import Sift

_TWO_FROM = 760
_DETAIL_WIDTH = 318
_FORMS = {"CSV table (*.csv)": "csv", "JSON (*.json)": "json"}


class ActivityPage(SideBySide):
    """`customer_chosen` carries a query for the search field."""

    customer_chosen = Signal(str)
    run_chosen = Signal(str, str)  # a sync, and one of its runs

    def __init__(self, model: ActivityModel, parent: QWidget | None = None) -> None:
        super().__init__(_TWO_FROM, model.set_visible, parent)
        self._model = model
        self.setAccessibleName("Activity")
        self.setObjectName("Activity")
        self._sift = SegmentedControl("Show", [(s.name, s.value) for s in Sift])
        self._sift.set_value(Sift.ALL.name)
        self._search = QLineEdit()
        self._search.setAccessibleName("Search the changes")
        self._search.setObjectName("Search the changes")
        self._search.setPlaceholderText("Customer, list, field or person")
        self._search.setClearButtonEnabled(True)
        self._verify = secondary("Verify the record", name="Verify the record")
        self._export = secondary("Export…", name="Export…")
        self._banner = Banner()
        self._banner.hide()
        self.rows = ActivityRows(model.table)
        self._list = Card("Changes")
        self._list.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self._list.add(self.rows)
        self.detail = ActivityDetail()
        self._back = quiet("Back to the list", name="Back to the list")
        self._back.set_icon("chevron-left")
        self._dialog: QFileDialog | None = None
        self._menu: QMenu | None = None
        self._lay_out()
        self._connect()
        self._on_changed()

    def take_focus(self) -> None:
        """Put the keyboard on the list."""
        self.rows.setFocus()

    # Laying out.

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(fonts.scaled(8))
        head.addWidget(label("Activity", "heading"))
        self._honest = elided("as seen from this computer", "small")
        head.addWidget(self._honest, 1)
        head.addStretch(0)
        head.addWidget(self._verify)
        head.addWidget(self._export)
        self._filters = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._filters.setSpacing(fonts.scaled(8))
        # Without a share of its own the longest word takes the others' air.
        self._filters.addWidget(self._sift, 3)
        self._filters.addWidget(self._search, 4)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._back, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.detail)
        column.addStretch(1)
        self._side = scrolling(inside)
        self._body = body = QHBoxLayout()
        body.setSpacing(fonts.scaled(GAP_CARD))
        body.addWidget(self._list, 1)
        body.addWidget(self._side, 0)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, fonts.scaled(11))
        page.setSpacing(fonts.scaled(10))
        page.addLayout(head)
        page.addLayout(self._filters)
        page.addWidget(self._banner)
        page.addLayout(body, 1)

    def _arrange(self) -> None:
        """Details beside the list, or instead of it."""
        wide = self.wide
        self._filters.setDirection(
            QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        )
        self._honest.setVisible(wide)
        for button in (self._verify, self._export):
            button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._verify.set_text("Verify the record" if wide else "Verify")
        self._list.setVisible(wide or not self.opened)
        self._side.setVisible(wide or self.opened)
        self._back.setVisible(not wide)
        if wide:
            self._side.setFixedWidth(fonts.scaled(_DETAIL_WIDTH))
        else:
            self._side.setMinimumWidth(0)
            self._side.setMaximumWidth(16_777_215)

    def _connect(self) -> None:
        self.rearranged.connect(self._arrange)
        self.went_back.connect(self.take_focus)
        model = self._model
        model.changed.connect(self._on_changed)
        model.failed.connect(self._on_failed)
        model.told.connect(self._on_told)
        model.exported.connect(self._on_exported)
        model.verified.connect(self._on_verified)
        self._sift.chosen.connect(self._on_filter)
        self._search.textChanged.connect(self._on_filter)
        self._verify.clicked.connect(model.verify)
        self._export.clicked.connect(self._on_export)
        self._list.action_requested.connect(self._on_clear_filters)
        self._list.retry_requested.connect(model.refresh)
        self._back.clicked.connect(self.go_back)
        self.rows.current_changed.connect(model.choose)
        self.rows.opened.connect(self._on_opened)
        self.rows.clicked.connect(self._on_row_clicked)
        self.rows.discard_asked.connect(self._on_discard_asked)
        self.rows.copy_asked.connect(self._copy)
        self.rows.menu_asked.connect(self._on_menu_asked)
        self.detail.wanted.connect(self._on_wanted)

    # What the model says.

    def _on_changed(self) -> None:
        state = self._model.list_state()
        self._list.set_note(state.summary)
        if state.loading:
            self._list.show_loading(8, "Reading the changes")
        elif state.failed:
            self._list.show_failed(state.text, state.action)
        elif state.text:
            self._list.show_empty(state.text, state.action)
        else:
            self._list.show_content()
        # A sentence alone stands at the top; the list fills the page.
        top = Qt.AlignmentFlag(0) if state.summary or state.loading else Qt.AlignmentFlag.AlignTop
        self._body.setAlignment(self._list, top)
        self._export.set_enabled(bool(state.summary), "There is nothing to export.")
        self.detail.show_detail(self._model.detail())

    def _on_failed(self, error: AppError) -> None:
        self._banner.show_message("bad", error.title, error.message, error.hint, close="Close")

    def _on_told(self, words: str) -> None:
        self._banner.clear()
        self._honest.setText(words)
        announce(self, words)

    def _on_exported(self, words: str) -> None:
        self._banner.show_message("info", words, close="Close")

    def _on_verified(self, whole: bool, words: str) -> None:
        self._banner.show_message("info" if whole else "bad", words, close="Close")

    # What the person wants.

    def _on_filter(self, _text: str) -> None:
        self._model.set_filter(Sift[self._sift.value() or Sift.ALL.name], self._search.text())

    def _on_clear_filters(self) -> None:
        self._sift.set_value(Sift.ALL.name)
        self._search.clear()
        self._on_filter("")
        self._search.setFocus()

    def _on_row_clicked(self) -> None:
        if not self.wide:
            self._on_opened(self.rows.current_id())

    def _on_opened(self, row_id: str) -> None:
        self._model.choose(row_id)
        if self.wide:
            self.customer_chosen.emit(self._model.query(row_id))
            return
        self.open()
        self._back.setFocus()

    def _on_discard_asked(self, row_id: str) -> None:
        view = self._model.detail()
        if view is not None and any(act.key == "discard" for act in view.acts):
            self._model.do("discard", row_id)
        else:
            announce(self, "Only what was not sent yet can be discarded.")

    def _on_wanted(self, act: str, row_id: str) -> None:
        if act == "open":
            self.customer_chosen.emit(self._model.query(row_id))
        elif act == "copy":
            self._copy(row_id)
        elif act == "run":
            self.run_chosen.emit(*self._model.run_of(row_id))
        else:
            self._model.do(act, row_id)

    def _copy(self, row_id: str) -> None:
        QApplication.clipboard().setText(self._model.details_text(row_id))
        announce(self, "Details copied")

    def _on_menu_asked(self, row_id: str, at: QPoint) -> None:
        view = self._model.detail()
        if view is None or view.id != row_id:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        for act in view.acts:
            action = QAction(act.text.replace("&", "&&"), menu)
            action.setData((act.key, row_id))
            action.setEnabled(not act.why_not)
            menu.addAction(action)
        menu.triggered.connect(self._on_menu_triggered)
        self._menu = menu
        menu.popup(at)

    def _on_menu_triggered(self, action: QAction) -> None:
        act, row_id = action.data()
        self._on_wanted(act, row_id)

    def _on_export(self) -> None:
        dialog = QFileDialog(self, "Export the changes")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(list(_FORMS))
        dialog.setDefaultSuffix("csv")
        dialog.selectFile("fairlead-activity.csv")
        dialog.filterSelected.connect(self._on_form_selected)
        dialog.fileSelected.connect(self._on_file_selected)
        self._dialog = dialog
        dialog.open()

    def _on_form_selected(self, name: str) -> None:
        if self._dialog is not None:
            self._dialog.setDefaultSuffix(_FORMS.get(name, "csv"))

    def _on_file_selected(self, path: str) -> None:
        self._model.export(path, "json" if path.lower().endswith(".json") else "csv")
