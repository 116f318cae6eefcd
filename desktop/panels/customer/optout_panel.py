"""Opt-out: the levels, the form that asks for a reason, and what Sailthru does not say."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.model.optout import OptOut
from desktop.panels.customer.boxes import discard, line
from desktop.panels.customer.framed import show_frame
from desktop.panels.customer.panel import SheetPanel
from desktop.panels.customer.reason_form import ReasonForm
from desktop.panels.parts.key_value import KeyValue, Row
from desktop.panels.parts.label import label
from desktop.panels.parts.link import LinkButton
from desktop.panels.parts.radio_row import RadioRow
from desktop.panels.theme import fonts
from desktop.viewmodels.customer.optout import LevelView, OptOutView
from desktop.viewmodels.sheet import SheetModel

_DRAFT_MS = 800


class OptOutPanel(SheetPanel):
    """Choosing another level unfolds the form below it; nothing is sent before its button."""

    def __init__(self, model: SheetModel, parent: QWidget | None = None) -> None:
        super().__init__("Opt-out", model, parent=parent)
        self._rows: dict[OptOut, RadioRow] = {}
        self._view: OptOutView | None = None
        self._asked: OptOut | None = None
        self._levels = QVBoxLayout()
        self._levels.setSpacing(fonts.scaled(1))
        self.add(self._levels)
        self._form = ReasonForm(self)
        self._form.hide()
        self._form.confirmed.connect(self._on_confirmed)
        self._form.cancelled.connect(self._on_cancelled)
        self._form.typed.connect(self._on_typed)
        self._facts = KeyValue("Facts")
        self.add(self._facts)
        self._link = LinkButton("Copy the customer's own opt-in link")
        self._link.clicked.connect(self._on_link)
        self.add(line(self._link, 1))
        self._hint = label("", "note", wrap=True)
        self.add(self._hint)
        self._draft = QTimer(self)
        self._draft.setSingleShot(True)
        self._draft.setInterval(_DRAFT_MS)
        self._draft.timeout.connect(self._on_draft)
        model.leaving.connect(self._keep_draft)
        model.opened.connect(self._on_opened)

    def refresh(self) -> None:
        """Show the newest view."""
        if self.model.sheet is None:
            return
        view = self.model.views.optout(self.model.ticket)
        self._view = view
        if not show_frame(self, view.frame, rows=5):
            self._ask(None)
            return
        wanted = [level.level for level in view.levels]
        if list(self._rows) != wanted:
            self._rebuild(view)
        self._show_levels(view)
        self._facts.set_rows([Row(name, "", value) for name, value in view.facts])
        self._facts.setVisible(bool(view.facts))
        self._hint.setText(view.hint)
        self._link.setVisible(bool(view.optin_link))
        if self._asked is not None and not any(
            lv.level is self._asked and not lv.chosen and not lv.why_not for lv in view.levels
        ):
            self._ask(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The form's keys work from the levels too: Ctrl+Enter confirms, Esc puts it away."""
        if self._asked is None or not self._form.take_key(event):
            super().keyPressEvent(event)

    def _rebuild(self, view: OptOutView) -> None:
        self._levels.removeWidget(self._form)
        for row in self._rows.values():
            discard(row)
        self._rows.clear()
        for level in view.levels:
            row = RadioRow(level.level.value, level.words)
            row.setObjectName(level.words)
            row.chosen.connect(self._on_chosen)
            self._rows[level.level] = row
            self._levels.addWidget(row)

    def _show_levels(self, view: OptOutView) -> None:
        shown = [level for level in view.levels if level.level in self._rows]
        for level in shown:
            self._show_level(level, view)
        # One stop of Tab for the group; Qt moves it only when a person chooses.
        rows = [self._rows[level.level] for level in shown]
        open_rows = [row for row in rows if row.isEnabled()]
        stop = next((row for row in open_rows if row.isChecked()), next(iter(open_rows), None))
        for row in rows:
            row.setFocusPolicy(
                Qt.FocusPolicy.StrongFocus if row is stop else Qt.FocusPolicy.ClickFocus
            )

    def _show_level(self, level: LevelView, view: OptOutView) -> None:
        row = self._rows[level.level]
        marked = level.level is self._asked if self._asked else level.chosen
        row.set_selected(marked)
        row.set_waiting(level.chosen and bool(view.waiting) and self._asked is None)
        row.set_note(view.waiting if level.chosen and view.waiting else level.note)
        row.set_enabled(not level.why_not, level.why_not)

    def _on_chosen(self, key: str) -> None:
        level = OptOut(key)
        current = next((lv for lv in self._view.levels if lv.chosen), None) if self._view else None
        self._ask(None if current is not None and current.level is level else level)

    def _ask(self, level: OptOut | None) -> None:
        self._asked = level
        self.model.hold("optout", level is not None)
        if level is None or self._view is None:
            self._form.hide()
            if self._view is not None:
                self._show_levels(self._view)
            return
        chosen = next(lv for lv in self._view.levels if lv.level is level)
        self._levels.removeWidget(self._form)
        place = self._levels.indexOf(self._rows[level]) + 1
        self._levels.insertWidget(place, self._form)
        self._form.ask(chosen, self._view, self.model.drafts.text("optout"))
        self._form.show()
        self._show_levels(self._view)

    def _on_confirmed(self, reason: str, ticket: object) -> None:
        level = self._asked
        if level is None:
            return
        self._draft.stop()
        self.model.drafts.keep("optout", "")
        self._ask(None)
        self._rows[level].setFocus()
        number = ticket if isinstance(ticket, int) else None
        self.model.edits.choose_optout(level, reason, number)

    def _on_cancelled(self) -> None:
        level = next((lv for lv in self._view.levels if lv.chosen), None) if self._view else None
        self._keep_draft()
        self._ask(None)
        if level is not None:
            self._rows[level.level].setFocus()

    def _on_typed(self) -> None:
        self._draft.start()

    def _on_draft(self) -> None:
        if self._asked is not None:
            self.model.drafts.keep("optout", self._form.own_words())

    def _keep_draft(self) -> None:
        """Keep what was typed a moment ago, before the form goes."""
        if self._draft.isActive():
            self._draft.stop()
            self._on_draft()

    def _on_opened(self) -> None:
        self._ask(None)

    def _on_link(self) -> None:
        if self._view is not None:
            QGuiApplication.clipboard().setText(self._view.optin_link)
