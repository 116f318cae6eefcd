"""Customer panel “Opt-out”: the levels, the reason form, text messages and cause."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.model.edit import EditKind
from desktop.model.marketing_pause import DEFAULT_PAUSE_DAYS
from desktop.model.optout_level import OptOutLevel
from desktop.model.permission import Permission
from desktop.panels.customer.optout_reason_form import OptOutReasonForm
from desktop.panels.customer.sheet_panel import SheetPanel
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import delete_widget, hbox
from desktop.panels.widgets.key_value_table import KeyValueTable
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.option_group import set_single_tab_stop
from desktop.panels.widgets.radio_row import RadioRow
from desktop.panels.widgets.scroll_area import scroll_into_view
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.optout_view import OptOutLevelView, OptOutView, build_optout_view
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel

# After the first key that is not saved, also while somebody goes on typing: a crash takes no more.
_DRAFT_SAVE_DELAY_MS = 800


class OptOutPanel(SheetPanel):
    """Panel widget of opt-out levels: another one unfolds a form, whose button alone sends."""

    fewer_requested = Signal()  # to the lists: leaving one may be all that is wanted

    def __init__(self, model: CustomerSheetModel, parent: QWidget | None = None) -> None:
        super().__init__("Opt-out", model, parent=parent)
        self._rows: dict[OptOutLevel, RadioRow] = {}
        self._view: OptOutView | None = None
        self._pending_level: OptOutLevel | None = None
        self._levels = QVBoxLayout()
        self._levels.setSpacing(fonts.scaled(1))
        self.add(self._levels)
        self._reason_form = OptOutReasonForm(self)
        self._reason_form.hide()
        self._reason_form.confirmed.connect(self._on_confirmed)
        self._reason_form.cancelled.connect(self._on_cancelled)
        self._reason_form.edited.connect(self._on_typed)
        self._facts = KeyValueTable("Facts")
        self.add(self._facts)
        self._optin_link_button = LinkButton("Copy the customer's own opt-in link")
        self._optin_link_button.clicked.connect(self._on_optin_link)
        self.add(hbox(self._optin_link_button, 1))
        self._fewer_button = LinkButton("Fewer instead…", name="Fewer instead")
        self._fewer_button.set_tooltip("Go to the lists: leaving one stops its mail alone.")
        self._fewer_button.clicked.connect(self.fewer_requested)
        self._fewer_button.hide()
        self._pause_button = LinkButton(f"Pause {DEFAULT_PAUSE_DAYS} days", name="Pause marketing")
        self._pause_button.clicked.connect(self._on_pause)
        self.add(hbox(self._fewer_button, self._pause_button, 1))
        self._hint = label("", "note", wrap=True)
        self.add(self._hint)
        self.add_ask_lead_button(EditKind.OPTOUT)
        self._draft_timer = QTimer(self)
        self._draft_timer.setSingleShot(True)
        self._draft_timer.setInterval(_DRAFT_SAVE_DELAY_MS)
        self._draft_timer.timeout.connect(self._save_draft)
        # The next customer takes the form away; in another tab it is as it was left.
        model.about_to_replace.connect(self._keep_input)
        model.customer_opened.connect(self._on_opened)

    def show_context(self, context: CustomerContext) -> None:
        view = build_optout_view(context)
        self._view = view
        is_refused = any(level.disabled_reason for level in view.levels)
        self.show_ask_lead_button(
            is_refused and context.can_ask_lead(Permission.OPT_IN, Permission.OPT_OUT)
        )
        if not self.show_panel_state(view.panel_state, rows=5):
            self._open_form(None)
            return
        wanted = [level.level for level in view.levels]
        if list(self._rows) != wanted:
            self._rebuild(view)
        self._show_levels(view)
        self._facts.set_rows(view.facts)
        self._facts.setVisible(bool(view.facts))
        self._hint.setText(view.hint)
        self._optin_link_button.setVisible(bool(view.optin_link))
        self._pause_button.setVisible(view.can_pause)
        self._pause_button.set_enabled(not view.pause_reason, view.pause_reason)
        if self._pending_level is not None and not any(
            lv.level is self._pending_level and not lv.is_chosen and not lv.disabled_reason
            for lv in view.levels
        ):
            self._open_form(None)
        self._take_kept_input(view)

    def open_form(self, level: OptOutLevel) -> None:
        """Unfold the form of an opt-out level that may be chosen, with the keyboard in it."""
        self.refresh()
        row = self._rows.get(level)
        if row is None or not row.isEnabled():
            return
        self._open_form(level)
        # The form is shown below its level by now, so that it can take the keyboard.
        self._reason_form.take_focus()
        # Laid out in the next turn: only then it has a place to scroll to.
        QTimer.singleShot(0, self, self._scroll_to_form)

    def _scroll_to_form(self) -> None:
        scroll_into_view(self._reason_form)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # The form's keys work from the levels too: Ctrl+Enter confirms, Esc cancels.
        if self._pending_level is None or not self._reason_form.handle_key(event):
            super().keyPressEvent(event)

    def _rebuild(self, view: OptOutView) -> None:
        self._levels.removeWidget(self._reason_form)
        for row in self._rows.values():
            delete_widget(row)
        self._rows.clear()
        for level in view.levels:
            row = RadioRow(level.level.value, level.label)
            # Scripts find a level by its text, as they find buttons.
            row.setObjectName(level.label)
            row.chosen.connect(self._on_chosen)
            self._rows[level.level] = row
            self._levels.addWidget(row)

    def _show_levels(self, view: OptOutView) -> None:
        shown = [level for level in view.levels if level.level in self._rows]
        for level in shown:
            self._show_level(level, view)
        # Qt moves the one stop of Tab only when a person chooses.
        set_single_tab_stop(self._rows[level.level] for level in shown)

    def _show_level(self, level: OptOutLevelView, view: OptOutView) -> None:
        row = self._rows[level.level]
        marked = level.level is self._pending_level if self._pending_level else level.is_chosen
        row.set_selected(marked)
        row.set_waiting(level.is_chosen and bool(view.pending_text) and self._pending_level is None)
        row.set_note(view.pending_text if level.is_chosen and view.pending_text else level.note)
        row.set_enabled(not level.disabled_reason, level.disabled_reason)

    def _on_pause(self) -> None:
        self.model.edits.pause_marketing(DEFAULT_PAUSE_DAYS)

    def _on_chosen(self, key: str) -> None:
        level = OptOutLevel(key)
        current = (
            next((lv for lv in self._view.levels if lv.is_chosen), None) if self._view else None
        )
        self._open_form(None if current is not None and current.level is level else level)

    def _open_form(self, level: OptOutLevel | None, *, takes_focus: bool = True) -> None:
        self._pending_level = level
        # A link inside the form, never a step before it.
        self._fewer_button.setVisible(level is not None)
        self.model.set_unsaved_input("optout", level is not None)
        if level is None or self._view is None:
            self._reason_form.hide()
            # What was typed is a draft by now, which an erasure of the customer reaches.
            self._reason_form.set_typed("", "")
            if self._view is not None:
                self._show_levels(self._view)
            return
        chosen = next(lv for lv in self._view.levels if lv.level is level)
        self._levels.removeWidget(self._reason_form)
        place = self._levels.indexOf(self._rows[level]) + 1
        self._levels.insertWidget(place, self._reason_form)
        self._reason_form.show_level(chosen, self._view, self.model.drafts.draft_text("optout"))
        self._reason_form.show()
        if takes_focus:
            self._reason_form.take_focus()
        self._show_levels(self._view)

    def _on_confirmed(self, reason: str, ticket: object) -> None:
        level = self._pending_level
        if level is None:
            return
        self._draft_timer.stop()
        self.model.drafts.save_draft("optout", "")
        self._open_form(None)
        # The form goes and would take the keyboard along.
        self._rows[level].setFocus()
        number = ticket if isinstance(ticket, int) else None
        self.model.edits.choose_optout(level, reason, number)

    def _on_cancelled(self) -> None:
        level = next((lv for lv in self._view.levels if lv.is_chosen), None) if self._view else None
        self._save_pending_draft()
        self._open_form(None)
        if level is not None:
            self._rows[level.level].setFocus()

    def _on_typed(self) -> None:
        if not self._draft_timer.isActive():
            self._draft_timer.start()

    def _save_draft(self) -> None:
        if self._pending_level is not None:
            self.model.drafts.save_draft("optout", self._reason_form.custom_reason())

    def _save_pending_draft(self) -> None:
        """Save the half-typed opt-out reason before its form goes."""
        if self._draft_timer.isActive():
            self._draft_timer.stop()
            self._save_draft()

    def _on_opened(self) -> None:
        self._open_form(None)

    def _keep_input(self) -> None:
        self._save_pending_draft()
        if self._pending_level is not None:
            self.model.keep_input("optout", (self._pending_level, *self._reason_form.typed()))

    def _take_kept_input(self, view: OptOutView) -> None:
        """Open the form again that stood half-typed when its customer's tab went behind."""
        kept = self.model.take_kept_input("optout")
        if not isinstance(kept, tuple):
            return
        level, reason, ticket = kept
        if any(
            lv.level is level and not (lv.is_chosen or lv.disabled_reason) for lv in view.levels
        ):
            self._open_form(level, takes_focus=False)
            self._reason_form.set_typed(reason, ticket)

    def _on_optin_link(self) -> None:
        if self._view is not None:
            QGuiApplication.clipboard().setText(self._view.optin_link)
