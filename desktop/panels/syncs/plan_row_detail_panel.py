"""Widget with the details of a preview row: fields, consequences, decisions and origin."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop.panels.syncs.leave_out_form import LeaveOutForm
from desktop.panels.syncs.plan_field_editor import PlanFieldEditor, value_label
from desktop.panels.syncs.plan_row_correction_form import PlanRowCorrectionForm
from desktop.panels.syncs.plan_row_match_form import PlanRowMatchForm
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import icon_button, secondary_button
from desktop.panels.widgets.chip import Chip
from desktop.panels.widgets.key_value_table import KeyValueTable
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.scroll_area import create_scroll_area
from desktop.viewmodels.key_value_row import KeyValueRow
from desktop.viewmodels.syncs.plan_row_view import PlanRowDetail

# A link does not cut its text; longer names would widen the panel.
_MAX_NAME_LENGTH = 28


class PlanRowDetailPanel(QFrame):
    """Widget with one preview row's details; emits what is decided about it."""

    closed = Signal()
    customer_requested = Signal(str)
    field_write_toggled = Signal(int, str, bool)
    side_picked = Signal(int, str, str)
    always_prefer_picked = Signal(int, str, str)
    corrected = Signal(str, str, str)  # source record, field, value
    match_chosen = Signal(str)  # id of the record
    left_out = Signal(int, str)  # row number, reason
    included_again = Signal(int)
    retry_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("Row")
        self.setAccessibleName("Row")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._detail: PlanRowDetail | None = None
        self._correction_form: PlanRowCorrectionForm | None = None
        self._leave_out_form: LeaveOutForm | None = None
        self._scroll = create_scroll_area(bar_beside=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._scroll)

    def detail(self) -> PlanRowDetail | None:
        """Return the preview row's details that the panel draws."""
        return self._detail

    def show_detail(self, detail: PlanRowDetail | None) -> None:
        """Draw a preview row's details; what is being typed about the same row stays."""
        if detail == self._detail and detail is not None:
            return
        same = (
            detail is not None
            and self._detail is not None
            and detail.row_view.row_number == self._detail.row_view.row_number
        )
        forms = (self._correction_form, self._leave_out_form)
        if same and any(form is not None and form.has_unsaved_text for form in forms):
            return
        # A decision rebuilds the panel: the keyboard must not fall back to the page.
        had_focus = self._scroll.widget() is not None and self.isAncestorOf(self.focusWidget())
        self._detail, self._correction_form, self._leave_out_form = detail, None, None
        inside = QWidget()
        inside.setAutoFillBackground(False)
        column = QVBoxLayout(inside)
        column.setContentsMargins(fonts.scaled(12), 0, fonts.scaled(4), 0)
        column.setSpacing(fonts.scaled(8))
        if detail is not None:
            self._fill_details(column, detail)
        column.addStretch(1)
        self._scroll.setWidget(inside)
        # Qt fills it with the window's ground otherwise.
        inside.setAutoFillBackground(False)
        if had_focus and same:
            self.take_focus()

    def take_focus(self) -> None:
        """Put the keyboard on the first control of the preview row's details."""
        if self._correction_form is not None:
            self._correction_form.take_focus()
            return
        inside = self._scroll.widget()
        first = inside.nextInFocusChain() if inside is not None else None
        while first is not None and self.isAncestorOf(first):
            if first.focusPolicy() & Qt.FocusPolicy.TabFocus and first.isEnabled():
                first.setFocus(Qt.FocusReason.OtherFocusReason)
                return
            first = first.nextInFocusChain()

    def _fill_details(self, column: QVBoxLayout, detail: PlanRowDetail) -> None:
        view = detail.row_view
        head = QHBoxLayout()
        short = (
            view.name if len(view.name) <= _MAX_NAME_LENGTH else f"{view.name[:_MAX_NAME_LENGTH]}…"
        )
        name = LinkButton(short, name=f"Open {view.name}", tip=f"{view.name}\nOpen the sheet")
        name.clicked.connect(self._on_name)
        close = icon_button("close", "Close the details")
        close.clicked.connect(self.closed)
        head.addWidget(name)
        head.addStretch(1)
        head.addWidget(close)
        column.addLayout(head)
        state = QHBoxLayout()
        state.addWidget(Chip(view.fate, view.tone))  # type: ignore[arg-type]
        state.addStretch(1)
        column.addLayout(state)
        if view.reason:
            column.addWidget(value_label(view.reason))
        for line in view.field_changes:
            box = PlanFieldEditor(line, is_editable=detail.can_decide)
            box.write_toggled.connect(self._on_ticked)
            box.side_picked.connect(self._on_picked)
            box.always_prefer_picked.connect(self._on_always)
            column.addWidget(box)
        if detail.consequences:
            column.addWidget(label("What this person notices", "title"))
            for words in detail.consequences:
                column.addWidget(label(words, wrap=True))
        self._add_actions(column, detail)
        grid = KeyValueTable("Where it comes from", label_width=84)
        grid.set_rows([KeyValueRow(name, value, tip=tip) for name, value, tip in detail.facts])
        column.addWidget(grid)

    def _add_actions(self, column: QVBoxLayout, detail: PlanRowDetail) -> None:
        if detail.matches:
            matches = PlanRowMatchForm(detail.matches)
            matches.chosen.connect(self.match_chosen)
            column.addWidget(matches)
        if detail.corrections:
            self._correction_form = PlanRowCorrectionForm(detail.corrections)
            self._correction_form.corrected.connect(self._on_corrected)
            column.addWidget(self._correction_form)
        if detail.can_leave_out:
            self._leave_out_form = LeaveOutForm(is_of_product=detail.is_of_product)
            self._leave_out_form.left_out.connect(self._on_left_out)
            column.addWidget(self._leave_out_form)
        if detail.can_include_again:
            what = "product" if detail.is_of_product else "person"
            again = secondary_button("Include again", name=f"Include this {what} again")
            again.clicked.connect(self._on_included_again)
            column.addLayout(hbox(again, 1))
        if detail.can_retry:
            row = QHBoxLayout()
            retry = secondary_button("Try again", name="Try this row again")
            retry.clicked.connect(self._on_retry)
            row.addWidget(retry)
            row.addStretch(1)
            column.addLayout(row)

    def _row_number(self) -> int:
        return self._detail.row_view.row_number if self._detail is not None else -1

    def _on_name(self) -> None:
        if self._detail is not None:
            self.customer_requested.emit(self._detail.row_view.query)

    def _on_ticked(self, field: str, on: bool) -> None:
        self.field_write_toggled.emit(self._row_number(), field, on)

    def _on_picked(self, field: str, side: str) -> None:
        self.side_picked.emit(self._row_number(), field, side)

    def _on_always(self, field: str, side: str) -> None:
        self.always_prefer_picked.emit(self._row_number(), field, side)

    def _on_corrected(self, field: str, value: str) -> None:
        if self._detail is not None:
            self.corrected.emit(self._detail.source_id, field, value)

    def _on_left_out(self, _who: str, reason: str) -> None:
        form = self._leave_out_form
        if form is not None:
            # What was typed is taken: the row may be drawn anew.
            form.clear()
        self.left_out.emit(self._row_number(), reason)

    def _on_included_again(self) -> None:
        self.included_again.emit(self._row_number())

    def _on_retry(self) -> None:
        self.retry_requested.emit(self._row_number())
