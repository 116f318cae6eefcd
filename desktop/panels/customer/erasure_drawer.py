"""The drawer Erase: what each system holds of a customer, the steps, the address to type."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QGridLayout, QWidget

from desktop.panels.customer.drawer_table import DrawerTable, arrange_drawer
from desktop.panels.theme import fonts
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.box_layout import delete_widget, hbox, vbox
from desktop.panels.widgets.button import ButtonKind, danger_button, secondary_button
from desktop.panels.widgets.check_box import CheckBox
from desktop.panels.widgets.chip import Chip
from desktop.panels.widgets.drawer import Drawer
from desktop.panels.widgets.flow_layout import FlowLayout
from desktop.panels.widgets.label import label
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.panels.widgets.text_field import TextField
from desktop.viewmodels.customer.erasure_model import ErasureModel
from desktop.viewmodels.customer.erasure_view import (
    ErasureAction,
    ErasureStepView,
    ErasureView,
    SystemRowView,
)
from desktop.viewmodels.tone import Tone

_WIDTH = 680  # px of the design
_NARROW_WIDTH = 520
_TICKETS_TEXT = (
    "Triggers of your Zendesk may write to the customer then, and a closed ticket can’t be opened"
    " again."
)


class ErasureDrawer(Drawer):
    """Shows what `ErasureModel` knows; nothing is sent before an address is typed."""

    export_requested = Signal()
    approval_requested = Signal()  # another admin is to sign in
    report_requested = Signal()

    def __init__(self, model: ErasureModel, host: QWidget) -> None:
        super().__init__("Erase customer", host, width=_WIDTH)
        self._model = model
        self._is_narrow = self._has_moved_keyboard = False
        self._shown: ErasureView | None = None
        self._banner = Banner(counts=False)
        self._outcome = Banner(counts=False)
        self._loading = label("Reading what each system has of them…", "muted", wrap=True)
        self._loading.setAccessibleName("Reading what each system has of them…")
        self._systems = _SystemTable()
        self.tickets_box = CheckBox("Close their tickets first")
        self._tickets_text = label(_TICKETS_TEXT, "small", wrap=True)
        self._steps_title = label("Steps", "title")
        self._steps = _StepTable()
        self._kept_title = label("What stays", "title")
        self._kept_title.hide()
        self._kept: QWidget | None = None
        self._kept_texts: tuple[str, ...] = ()
        self._kept_place = vbox(spacing=4)
        self._prompt = label("", wrap=True)
        self.confirm_field = TextField("Address of who is erased", max_length=254)
        self._prompt.setBuddy(self.confirm_field)
        self._foot = label("", "muted", wrap=True)
        self.export_button = secondary_button("Export first…")
        self.cancel_button = secondary_button("Cancel")
        self.withdraw_button = secondary_button("Withdraw request")
        self.act_button = danger_button("Request erasure")
        self._lay_out()
        self._connect()

    def open_for_customer(self) -> None:
        """Slide the drawer Erase in for the customer on the sheet."""
        self._model.begin()
        self._open()

    def open_for_erasure(self, erasure_id: str) -> None:
        """Slide the drawer Erase in for one that was asked for, by its number."""
        self._model.begin_with(erasure_id)
        self._open()

    def close_drawer(self) -> None:
        """Close the drawer Erase; what was asked for goes on, what was typed is forgotten."""
        if self.isVisible():
            self.slide_out()
        self._shown = None
        self._model.end()
        self._show_view(self._model.view())

    def show_outcome(self, title: str, message: str = "", *, is_error: bool = False) -> None:
        """Show in the drawer Erase what became of an export, or of saving the report."""
        self._outcome.show_message("bad" if is_error else "info", title, message, close="Close")

    def refresh(self) -> None:
        """Draw the drawer Erase as its model is now."""
        view = self._model.view()
        if view != self._shown:
            self._show_view(view)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.width() < fonts.scaled(_NARROW_WIDTH)
        if is_narrow == self._is_narrow:
            return
        self._is_narrow = is_narrow
        rows = (self._confirm_row, self._foot_row)
        arrange_drawer(rows, (self._systems, self._steps), is_narrow=is_narrow)
        self._shown = None
        if self.isVisible():
            self.refresh()

    def _open(self) -> None:
        self._outcome.clear()
        self._shown, self._has_moved_keyboard = None, False
        self.refresh()
        self.slide_in()
        self.close_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_view(self, view: ErasureView) -> None:
        had_keyboard = self.confirm_field.hasFocus()
        self._shown = view
        self.subtitle_label.setText(view.subtitle)
        self._loading.setVisible(view.is_loading)
        self._banner.setVisible(view.note is not None)
        if view.note is not None:
            self._banner.show_message(view.note.tone, view.note.title, view.note.text)
        self._systems.show_rows(view.systems)
        self.tickets_box.setVisible(bool(view.close_tickets_text))
        self.tickets_box.show_whole_text(view.close_tickets_text)
        self.tickets_box.set_value(view.closes_tickets)
        self._tickets_text.setVisible(bool(view.close_tickets_text))
        self._steps_title.setVisible(bool(view.steps))
        self._steps.show_steps(view.steps)
        self._show_kept(view.kept)
        asks = bool(view.confirmation)
        self._prompt.setVisible(asks)
        self._prompt.setText(f"Type {view.confirmation} to confirm.")
        self.confirm_field.setVisible(asks)
        self.confirm_field.set_value(view.typed)
        self._foot.setText(view.foot)
        self._foot.setVisible(bool(view.foot))
        self.export_button.setVisible(view.can_export)
        self.withdraw_button.setVisible(view.can_cancel)
        closes = view.action is ErasureAction.CLOSE
        self.cancel_button.set_text("Cancel" if not self._model.has_progress else "Close")
        self.cancel_button.setVisible(not closes)
        self.act_button.set_kind(_kind_of(view.action))
        self.act_button.set_text(view.button)
        self.act_button.set_enabled(not view.button_reason, view.button_reason)
        if asks and self.close_button.hasFocus() and not self._has_moved_keyboard:
            # What was read has just come.
            self._has_moved_keyboard = True
            first = self.tickets_box if view.close_tickets_text else self.confirm_field
            first.setFocus(Qt.FocusReason.OtherFocusReason)
        if had_keyboard and not asks:
            # The field is gone: the keyboard stays at what goes on.
            goes_on = self.act_button if self.act_button.isEnabled() else self.close_button
            goes_on.setFocus(Qt.FocusReason.OtherFocusReason)
        layout = self.layout()
        if layout is not None:
            layout.activate()

    def _show_kept(self, texts: tuple[str, ...]) -> None:
        if texts == self._kept_texts:
            return
        self._kept_texts = texts
        self._kept_title.setVisible(bool(texts))
        if self._kept is not None:
            delete_widget(self._kept)
        self._kept = QWidget()
        self._kept.setLayout(vbox(*(label(one, "muted", wrap=True) for one in texts), spacing=4))
        self._kept_place.addWidget(self._kept)

    def _lay_out(self) -> None:
        inside = QWidget()
        column = vbox(
            self._banner,
            self._loading,
            self._systems,
            vbox(hbox(self.tickets_box, 1), self._tickets_text),
            self._steps_title,
            self._steps,
            self._kept_title,
            self._kept_place,
            spacing=9,
        )
        column.addStretch(1)
        inside.setLayout(column)
        self._confirm_row = hbox(self._prompt)
        self._confirm_row.addWidget(self.confirm_field, 1)
        self._foot_row = hbox(spacing=6)
        self._foot_row.addWidget(self._foot, 1)
        buttons = FlowLayout(fonts.scaled(8), fonts.scaled(6), alignment="trailing")
        for each in (
            self.export_button,
            self.withdraw_button,
            self.cancel_button,
            self.act_button,
        ):
            buttons.addWidget(each)
        self._foot_row.addLayout(buttons)
        self.body.setSpacing(fonts.scaled(10))
        self.body.addWidget(wrap_in_scroll_area(inside, bar_beside=True), 1)
        self.body.addWidget(self._outcome)
        self.body.addLayout(self._confirm_row)
        self.body.addLayout(self._foot_row)

    def _connect(self) -> None:
        model = self._model
        model.changed.connect(self._on_changed)
        self.tickets_box.chosen.connect(model.set_closes_tickets)
        self.confirm_field.typed.connect(model.type_confirmation)
        self.export_button.clicked.connect(self.export_requested)
        self.withdraw_button.clicked.connect(model.cancel_request)
        self.cancel_button.clicked.connect(self.close_drawer)
        self.close_requested.connect(self.close_drawer)
        self.act_button.clicked.connect(self._on_act)
        self.submitted.connect(self._on_act)

    def _on_changed(self) -> None:
        if self.isVisible():
            self.refresh()

    def _on_act(self) -> None:
        view = self._model.view()
        if view.button_reason:
            return
        asked = {
            ErasureAction.ASK_ADMIN: self.approval_requested.emit,
            ErasureAction.SAVE_REPORT: self.report_requested.emit,
            ErasureAction.CLOSE: self.close_drawer,
        }
        asked.get(view.action, self._model.submit)()


def _kind_of(action: ErasureAction) -> ButtonKind:
    """Return how the drawer's button looks: red where a press leads to what can't be undone."""
    if action in (ErasureAction.CLOSE, ErasureAction.TRY_TO_END, ErasureAction.READ_AGAIN):
        return "secondary"
    is_asked_first = action in (ErasureAction.SAVE_REPORT, ErasureAction.ASK_ADMIN)
    return "primary" if is_asked_first else "danger"


class _SystemTable(DrawerTable):
    """Card in the drawer Erase with a row per system: what it holds, and what becomes of it."""

    def __init__(self) -> None:
        super().__init__("What each system holds")
        self.hide()

    def show_rows(self, rows: tuple[SystemRowView, ...]) -> None:
        """Draw the systems' rows in the drawer Erase; none hides the card."""
        if rows == self.shown:
            return
        self.shown = rows
        inside = QWidget()
        inside.setLayout(vbox(*map(self._create_row, rows), spacing=0))
        self.replace_rows(inside if rows else None)

    def _create_row(self, row: SystemRowView) -> QWidget:
        frame = QFrame()
        frame.setAccessibleName(f"{row.system}: {row.holds}. {row.becomes}")
        system = label(row.system, "muted", wrap=True)
        words = vbox(label(row.holds, "strong", wrap=True), spacing=0)
        if row.becomes:
            words.addWidget(label(row.becomes, wrap=True))
        line: QBoxLayout = vbox(system, spacing=0) if self.is_narrow else hbox(system)
        if not self.is_narrow:
            system.setFixedWidth(fonts.scaled(104))
            line.setAlignment(system, Qt.AlignmentFlag.AlignTop)
        line.addLayout(words, 1)
        side, edge = fonts.scaled(8), fonts.scaled(5)
        line.setContentsMargins(side, edge, side, edge)
        frame.setLayout(line)
        return frame


class _StepTable(DrawerTable):
    """Card in the drawer Erase with the steps in their order, each ticked off when it is done."""

    def __init__(self) -> None:
        super().__init__("Steps of the erasure")
        self.hide()

    def show_steps(self, steps: tuple[ErasureStepView, ...]) -> None:
        """Draw the steps in the drawer Erase; none hides the card."""
        if steps == self.shown:
            return
        self.shown = steps
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(fonts.scaled(10))
        grid.setVerticalSpacing(fonts.scaled(6))
        grid.setColumnStretch(1, 1)
        for line, step in enumerate(steps):
            self._add_step(grid, 2 * line, step)
        self.replace_rows(inside if steps else None)

    def _add_step(self, grid: QGridLayout, line: int, step: ErasureStepView) -> None:
        mark = "✓" if step.is_done else "!" if step.is_failed else str(step.number)
        tone: Tone = "ok" if step.is_done else "bad" if step.is_failed else "muted"
        grid.addWidget(label(mark, "strong", tone=tone), line, 0)
        words = label(step.text, "strong" if step.is_failed else "text", wrap=True)
        words.setAccessibleName(f"Step {step.number}: {step.text}, {step.state}")
        grid.addWidget(words, line, 1)
        if step.detail:
            detail_tone: Tone = "bad" if step.is_failed else "warn"
            detail = label(step.detail, "small", tone=detail_tone, wrap=True)
            grid.addWidget(detail, line + 1, 1)
        grid.addWidget(Chip(step.state, step.tone, min_width=92), line, 2)
