"""Widget of the page Many at once: paste, look up, choose one change, preview, make, undo."""

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QBoxLayout, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from desktop.kit.errors import AppError
from desktop.panels.batches.batch_approval_request import BatchApprovalRequest
from desktop.panels.batches.batch_change_card import BatchChangeCard
from desktop.panels.batches.batch_table_view import BatchTableView
from desktop.panels.batches.pasted_content import dropped_file, read_pasted_text
from desktop.panels.syncs.plan_count_filter import PlanCountFilter
from desktop.panels.syncs.run_progress_bar import RunProgressBar
from desktop.panels.syncs.sync_message_banner import SyncMessageBanner
from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import CARD_GAP
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import quiet_button, secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.confirmation_dialog import ConfirmationDialog
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.label import elided_label, label
from desktop.panels.widgets.line_edit import LineEdit
from desktop.panels.widgets.list_detail_page import (
    ListDetailPage,
    fix_or_free_width,
    wrap_detail,
)
from desktop.panels.widgets.list_page import show_list_state
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.panels.widgets.search_field import SEARCHES_PAGE
from desktop.panels.widgets.visibility import set_shown
from desktop.viewmodels.batches.batch_page_model import BatchPageModel
from desktop.viewmodels.batches.batch_view import BatchMessageAction, BatchPageView
from desktop.viewmodels.syncs.plan_view import WriteConfirmation

_TWO_COLUMNS_MIN_WIDTH = 760
_CHANGE_WIDTH = 300
_SEARCH_WIDTH = 190
# Characters: “today 21:27, Ada Admin”, and where there is little room the time alone.
_RECENT_LENGTH, _RECENT_LENGTH_NARROW = 19, 9
_SKELETON_ROWS = 8
_EMPTY_TEXT = (
    "Paste e-mail addresses with Ctrl+Shift+V, or drop a text or a file here: a column of a"
    " spreadsheet, “Name <mail>”, a table of a web page. Nothing is changed until you have seen"
    " a preview."
)


class BatchPage(ListDetailPage):
    """The page Many at once; in a narrow window the change stands in place of the list."""

    customer_requested = Signal(str)  # a query for the search field

    def __init__(self, model: BatchPageModel, parent: QWidget | None = None) -> None:
        super().__init__(_TWO_COLUMNS_MIN_WIDTH, parent)
        self._model = model
        self._question: ConfirmationDialog | None = None
        self._approval = BatchApprovalRequest(model, self)
        self._shown_choices: tuple[tuple[str, str], ...] = ()
        self.setAccessibleName("Many at once")
        self.setObjectName("Many at once")
        self.note_label = elided_label("", "small")
        self.recent_dropdown = DropdownField("Earlier batches")
        self.recent_dropdown.setSizeAdjustPolicy(
            DropdownField.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.file_button = secondary_button("Choose a file…", name="Choose a file")
        self.paste_button = secondary_button("Paste", name="Paste addresses")
        self.banner = Banner()
        self.banner.hide()
        self.message_banner = SyncMessageBanner()
        self.progress_bar = RunProgressBar()
        self.stop_button = secondary_button("Cancel", name="Stop the batch")
        self.summary_label = label("", "muted", wrap=True)
        self.count_filter = PlanCountFilter()
        self.search_field = LineEdit()
        self.search_field.setAccessibleName("Search the rows")
        self.search_field.setObjectName("Search the rows")
        self.search_field.setPlaceholderText("Search the rows")
        self.search_field.setClearButtonEnabled(True)
        self.search_field.setProperty(SEARCHES_PAGE, True)
        self.table = BatchTableView(model.table_model)
        self.list_card = Card("Pasted addresses", name="List of pasted addresses")
        self.list_card.add(self.table)
        self.change_card = BatchChangeCard()
        self.change_button = secondary_button("Change them all…", name="Change them all")
        self.back_button = quiet_button("Back to the list", name="Back to the list")
        self.back_button.set_icon("chevron-left")
        self.empty_card = Card("Nothing pasted yet", name="Paste area")
        self.empty_card.show_empty(_EMPTY_TEXT, "Paste from the clipboard")
        self._lay_out()
        self._connect()
        self._on_changed()

    @property
    def model(self) -> BatchPageModel:
        """The view-model of the page Many at once, which the screenshot tour drives."""
        return self._model

    def paste(self, mime: QMimeData) -> None:
        """Take over what was pasted or dropped; what cannot be used is a sentence on the page."""
        try:
            if path := dropped_file(mime):
                self._model.drop_file(path)
            else:
                self._model.paste(read_pasted_text(mime))
            self.banner.clear()
            self.table.setFocus()
        except AppError as error:
            self.show_error(error)

    def paste_clipboard(self) -> None:
        """Paste the clipboard's addresses into the page Many at once."""
        # Not `text()`: Qt's bytes are looked at before anything is made of them.
        self.paste(QGuiApplication.clipboard().mimeData())

    def show_error(self, error: AppError) -> None:
        """Show an error on the banner above the page's list."""
        self.banner.show_message("bad", error.title, error.message, error.hint, close="Close")

    # How it is put together.

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(fonts.scaled(8))
        head.addWidget(label("Many at once", "heading"))
        head.addWidget(self.note_label, 1)
        head.addStretch(0)
        for part in (self.recent_dropdown, self.file_button, self.paste_button):
            head.addWidget(part)
        progress = hbox(self.progress_bar, self.stop_button)
        progress.setStretchFactor(self.progress_bar, 1)
        self._filters = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._filters.setSpacing(fonts.scaled(10))
        self._filters.addWidget(self.count_filter, 1)
        self._filters.addWidget(self.search_field)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.back_button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.change_card)
        column.addStretch(1)
        self._change_scroll = wrap_detail(inside)
        policy = self.list_card.sizePolicy()
        policy.setVerticalPolicy(policy.Policy.Expanding)
        self.list_card.setSizePolicy(policy)
        self._body = QHBoxLayout()
        self._body.setSpacing(fonts.scaled(CARD_GAP))
        self._body.addWidget(self.list_card, 1)
        self._body.addWidget(self._change_scroll)
        filled = QWidget()
        page = QVBoxLayout(filled)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(fonts.scaled(10))
        page.addWidget(self.message_banner)
        page.addLayout(progress)
        page.addWidget(self.summary_label)
        page.addLayout(self._filters)
        page.addLayout(self._body, 1)
        page.addWidget(self.change_button, 0, Qt.AlignmentFlag.AlignRight)
        # In a low window, or zoomed, what stands over the list would take all of its room.
        self._filled = wrap_in_scroll_area(filled, bar_beside=True)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, fonts.scaled(11))
        outer.setSpacing(fonts.scaled(10))
        outer.addLayout(head)
        outer.addWidget(self.banner)
        outer.addWidget(self.empty_card)
        outer.addWidget(self._filled, 1)
        outer.addStretch(0)
        self.arrange()

    def arrange(self) -> None:
        """Put the change beside the page's list, or in its place where the window is narrow."""
        wide = self.is_wide
        direction = QBoxLayout.Direction
        self._filters.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        fix_or_free_width(self.search_field, _SEARCH_WIDTH if wide else None)
        self.recent_dropdown.setMinimumContentsLength(
            _RECENT_LENGTH if wide else _RECENT_LENGTH_NARROW
        )
        set_shown(self.note_label, wide)
        set_shown(self.file_button, wide)
        set_shown(self.list_card, wide or not self.is_detail_open)
        set_shown(self._change_scroll, wide or self.is_detail_open)
        set_shown(self.back_button, not wide)
        set_shown(self.change_button, not wide and not self.is_detail_open)
        fix_or_free_width(self._change_scroll, _CHANGE_WIDTH if wide else None)

    def _connect(self) -> None:
        model = self._model
        self.visibility_changed.connect(model.set_visible)
        self.layout_changed.connect(self.arrange)
        self.detail_closed.connect(self.table.setFocus)
        model.changed.connect(self._on_changed)
        model.failed.connect(self.show_error)
        self.paste_button.clicked.connect(self.paste_clipboard)
        self.empty_card.action_requested.connect(self.paste_clipboard)
        self.file_button.clicked.connect(self._on_choose_file)
        self.recent_dropdown.chosen.connect(model.open_batch)
        self.stop_button.clicked.connect(model.cancel)
        self.message_banner.action_triggered.connect(self._on_message_action)
        self.count_filter.chosen.connect(self._on_count)
        self.search_field.textChanged.connect(self._on_typed)
        self.list_card.action_requested.connect(self._on_clear)
        self.table.row_opened.connect(self._on_row_opened)
        self.change_button.clicked.connect(self._on_change_opened)
        self.back_button.clicked.connect(self.close_detail)
        self.change_card.field_edited.connect(model.edit_field)
        self.change_card.preview_requested.connect(model.preview)
        self.change_card.apply_requested.connect(self._on_apply)

    # What the model says.

    def _on_changed(self) -> None:
        view, refusal = self._model.view(), self._model.refusal
        set_shown(self._filled, view is not None)
        set_shown(self.empty_card, view is None)
        choices = self._model.recent_choices()
        set_shown(self.recent_dropdown, bool(choices))
        if choices != self._shown_choices:
            self._shown_choices = choices
            self.recent_dropdown.set_options(choices)
        for button in (self.paste_button, self.file_button):
            button.set_enabled(not refusal, refusal)
        if view is None:
            self.note_label.setText("")
            if refusal:
                self.empty_card.show_not_permitted(refusal)
            else:
                self.empty_card.show_empty(_EMPTY_TEXT, "Paste from the clipboard")
            return
        self._show(view)

    def _show(self, view: BatchPageView) -> None:
        batch = self._model.batch
        self.recent_dropdown.set_value(batch.id if batch is not None else None)
        self.note_label.setText(view.note)
        self.message_banner.show_view(view.message)
        self.progress_bar.show_progress(view.progress)
        set_shown(self.stop_button, bool(view.stop_label))
        self.stop_button.set_text(view.stop_label or "Cancel")
        is_stopping = view.progress is not None and view.progress.is_cancelling
        self.stop_button.set_enabled(not is_stopping, "It is stopping.")
        self.summary_label.setText(view.summary)
        set_shown(self.summary_label, bool(view.summary))
        self.count_filter.show_counts(view.counts, self._model.shown)
        state = self._model.list_state()
        self.list_card.set_title(view.list_title)
        self.list_card.set_note(state.summary)
        show_list_state(self.list_card, state, _SKELETON_ROWS, "Reading the rows")
        self.change_card.show_view(view, self._model.form_state())

    # What the person does.

    def _on_choose_file(self) -> None:
        dialog = QFileDialog(self, "Choose a file with e-mail addresses")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(["Text and tables (*.txt *.csv *.tsv *.html *.htm)", "All files (*)"])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._model.drop_file)
        dialog.open()

    def _on_message_action(self, key: str) -> None:
        action = BatchMessageAction(key)
        if action is BatchMessageAction.LOOK_UP:
            self._model.look_up()
        elif action is BatchMessageAction.RESUME:
            self._model.resume()
        elif action is BatchMessageAction.UNDO:
            self._on_undo()
        elif action is BatchMessageAction.CANCEL:
            self._model.cancel()
        elif action is BatchMessageAction.APPROVE:
            self._approval.ask()
        else:
            shown = "conflict" if action is BatchMessageAction.SHOW_NOT_MADE else "not_undone"
            self._model.set_filter(shown, self.search_field.text())

    def _on_count(self, key: str) -> None:
        self._model.set_filter(key, self.search_field.text())

    def _on_typed(self, text: str) -> None:
        self._model.set_filter(self._model.shown, text)

    def _on_clear(self) -> None:
        self.search_field.clear()
        self._model.set_filter("", "")

    def _on_row_opened(self, place: int) -> None:
        if query := self._model.customer_query(place):
            self.customer_requested.emit(query)

    def _on_change_opened(self) -> None:
        self.open_detail()
        self.change_card.form.rows["change"].control.setFocus()

    def _on_apply(self) -> None:
        view = self._model.view()
        if view is None or view.apply_disabled_reason:
            return
        asked = view.confirmation
        if asked is None:
            self._model.apply()
            return
        question = self._ask(asked)
        question.accepted.connect(self._on_apply_confirmed)

    def _on_apply_confirmed(self) -> None:
        self._model.apply(self._typed_count())

    def _typed_count(self) -> int | None:
        """The number of people that the last question had typed; None: it asked for none."""
        typed = self._question.property("count") if self._question is not None else None
        return int(typed) if typed else None

    def _on_undo(self) -> None:
        view = self._model.view()
        if view is not None:
            self._ask(view.undo_confirmation).accepted.connect(self._on_undo_confirmed)

    def _on_undo_confirmed(self) -> None:
        self._model.undo(self._typed_count())

    def _ask(self, asked: WriteConfirmation) -> ConfirmationDialog:
        """Open the one question before many customers are changed; Cancel is the default."""
        typed = asked.text_to_type
        question = ConfirmationDialog(
            self,
            asked.title,
            asked.message,
            confirm=asked.confirm_label,
            cancel="Cancel",
            detail=asked.detail,
            text_to_type=typed,
            type_prompt=f"Type {typed} to confirm." if typed else "",
        )
        # What was asked about: more people by now are refused.
        question.setProperty("count", typed)
        question.finished.connect(question.deleteLater)
        self._question = question
        question.open()
        return question
