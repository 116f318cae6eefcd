"""The chosen row beside the table: all its fields, both sides' times, what may be decided."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop.panels.parts.button import icon_button, secondary
from desktop.panels.parts.chip import Chip
from desktop.panels.parts.key_value import KeyValue, Row
from desktop.panels.parts.label import label
from desktop.panels.parts.link import LinkButton
from desktop.panels.parts.scroll import scroll_area
from desktop.panels.syncs.correction_form import CorrectionForm
from desktop.panels.syncs.field_box import FieldBox, told
from desktop.panels.theme import fonts
from desktop.viewmodels.syncs.plan_row import RowDetail

_NAME = 28


class RowPanel(QFrame):
    """Emits decisions about its row."""

    closed = Signal()
    customer_wanted = Signal(str)
    field_ticked = Signal(int, str, bool)
    picked = Signal(int, str, str)
    always = Signal(int, str, str)
    corrected = Signal(str, str, str)  # source record, field, value
    ignored = Signal(str, str)
    retry_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("Row")
        self.setAccessibleName("Row")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._detail: RowDetail | None = None
        self._form: CorrectionForm | None = None
        self._scroll = scroll_area()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._scroll)

    def detail(self) -> RowDetail | None:
        """What it shows."""
        return self._detail

    def show_detail(self, detail: RowDetail | None) -> None:
        """Show a row; what is being typed about the same row stays."""
        if detail == self._detail and detail is not None:
            return
        same = (
            detail is not None
            and self._detail is not None
            and detail.view.row == self._detail.view.row
        )
        if same and self._form is not None and self._form.unsaved:
            return
        had_focus = self._scroll.widget() is not None and self.isAncestorOf(self.focusWidget())
        self._detail, self._form = detail, None
        inside = QWidget()
        inside.setAutoFillBackground(False)
        column = QVBoxLayout(inside)
        column.setContentsMargins(fonts.scaled(12), 0, fonts.scaled(4), 0)
        column.setSpacing(fonts.scaled(8))
        if detail is not None:
            self._fill(column, detail)
        column.addStretch(1)
        self._scroll.setWidget(inside)
        # Qt fills it with the window's ground otherwise.
        inside.setAutoFillBackground(False)
        if had_focus and same:
            self.take_focus()

    def take_focus(self) -> None:
        """Put the keyboard on the first thing to decide."""
        if self._form is not None:
            self._form.take_focus()
            return
        inside = self._scroll.widget()
        first = inside.nextInFocusChain() if inside is not None else None
        while first is not None and self.isAncestorOf(first):
            if first.focusPolicy() & Qt.FocusPolicy.TabFocus and first.isEnabled():
                first.setFocus(Qt.FocusReason.OtherFocusReason)
                return
            first = first.nextInFocusChain()

    def _fill(self, column: QVBoxLayout, detail: RowDetail) -> None:
        view = detail.view
        head = QHBoxLayout()
        short = view.name if len(view.name) <= _NAME else f"{view.name[:_NAME]}…"
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
        if view.why:
            column.addWidget(told(view.why))
        for line in view.lines:
            box = FieldBox(line, may=detail.may_decide)
            box.ticked.connect(self._on_ticked)
            box.picked.connect(self._on_picked)
            box.always.connect(self._on_always)
            column.addWidget(box)
        if detail.consequences:
            column.addWidget(label("What this person notices", "title"))
            for words in detail.consequences:
                column.addWidget(label(words, wrap=True))
        self._act(column, detail)
        grid = KeyValue("Where it comes from", label_width=84)
        grid.set_rows([Row(name, value, tip=tip) for name, value, tip in detail.facts])
        column.addWidget(grid)

    def _act(self, column: QVBoxLayout, detail: RowDetail) -> None:
        if detail.corrections:
            self._form = CorrectionForm(detail.corrections)
            self._form.corrected.connect(self._on_corrected)
            self._form.ignored.connect(self._on_ignored)
            column.addWidget(self._form)
        if detail.retry:
            row = QHBoxLayout()
            retry = secondary("Try again", name="Try this row again")
            retry.clicked.connect(self._on_retry)
            row.addWidget(retry)
            row.addStretch(1)
            column.addLayout(row)

    def _row(self) -> int:
        return self._detail.view.row if self._detail is not None else -1

    def _on_name(self) -> None:
        if self._detail is not None:
            self.customer_wanted.emit(self._detail.view.query)

    def _on_ticked(self, field: str, on: bool) -> None:
        self.field_ticked.emit(self._row(), field, on)

    def _on_picked(self, field: str, side: str) -> None:
        self.picked.emit(self._row(), field, side)

    def _on_always(self, field: str, side: str) -> None:
        self.always.emit(self._row(), field, side)

    def _on_corrected(self, field: str, value: str) -> None:
        if self._detail is not None:
            self.corrected.emit(self._detail.source, field, value)

    def _on_ignored(self, reason: str) -> None:
        if self._detail is not None:
            self.ignored.emit(self._detail.source, reason)

    def _on_retry(self) -> None:
        self.retry_wanted.emit(self._row())
