"""Widget of the tab Schedule: the rule as choices, next run times, who is told, who runs it."""

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.panels.syncs.weekday_picker import WeekdayPicker
from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import CARD_GAP
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.form import Form, FormLayout
from desktop.panels.widgets.key_value_table import KeyValueTable
from desktop.panels.widgets.label import PlainLabel, label
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.panels.widgets.switch_row import SwitchRow
from desktop.viewmodels.form import FormState, read_values
from desktop.viewmodels.key_value_row import KeyValueRow
from desktop.viewmodels.syncs.schedule_draft import NOTIFICATION_FIELDS, RULE_FIELDS
from desktop.viewmodels.syncs.schedule_model import ScheduleModel, ScheduleView

_FIELD_WIDTH = 260
_LABEL_WIDTH = 74
# Wider lines are hard to read.
_MAX_CONTENT_WIDTH = 640


class ScheduleTab(QWidget):
    """Widget of the schedule draft: every choice in words and as run times before it is saved."""

    def __init__(self, model: ScheduleModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.rule_form = Form(
            RULE_FIELDS,
            FormLayout.COMPACT,
            spacing=8,
            label_width=_LABEL_WIDTH,
            control_width=_FIELD_WIDTH,
            controls={"weekdays": WeekdayPicker()},
        )
        self.summary_label = label("", wrap=True)
        self.error_label = label("", wrap=True, tone="bad")
        self.save_button = primary_button("Save", name="Save the schedule")
        self.discard_button = secondary_button(
            "Discard changes", name="Discard changes of the schedule"
        )
        self.next_runs_table = KeyValueTable("Next runs", label_width=170)
        self.next_runs_note = label("", "note", wrap=True)
        self.notification_form = Form(
            NOTIFICATION_FIELDS,
            FormLayout.COMPACT,
            spacing=8,
            label_width=_LABEL_WIDTH,
            control_width=_FIELD_WIDTH,
        )
        self.notification_label = label("", wrap=True)
        self.notification_error_label = label("", wrap=True, tone="bad")
        self.notification_note = label("", wrap=True, tone="warn")
        self.state_label = label("", wrap=True)
        self.run_here_row = SwitchRow("Run scheduled syncs on this computer")
        self.run_here_note = label("", "note", wrap=True)
        self._lay_out()
        model.changed.connect(self.show_schedule)
        for form in (self.rule_form, self.notification_form):
            form.edited.connect(model.change_field)
        self.save_button.clicked.connect(model.save_schedule)
        self.discard_button.clicked.connect(model.discard_draft)
        self.run_here_row.chosen.connect(model.set_runs_here)
        self.show_schedule()

    def show_schedule(self) -> None:
        """Draw the schedule draft and what follows from it."""
        view = self._model.view()
        draft = view.draft
        self.rule_form.show_state(FormState(read_values(RULE_FIELDS, draft)))
        self.notification_form.show_state(FormState(read_values(NOTIFICATION_FIELDS, draft)))
        rule_text = view.rule_text[:1].upper() + view.rule_text[1:]
        where = f" ({view.time_zone} time, the Sailthru account's)" if draft.has_time_of_day else ""
        _show_text(self.summary_label, f"{rule_text}{where}." if rule_text else "")
        _show_text(self.error_label, view.rule_error)
        _show_text(self.notification_label, view.notification_text)
        _show_text(self.notification_error_label, view.notification_error)
        _show_text(self.notification_note, view.notification_note)
        self._show_state(view)
        _show_text(self.next_runs_note, view.next_times_note)
        if view.next_times:
            self.next_runs_table.set_rows(
                [
                    KeyValueRow(day, f"{at}  ·  {here}" if here else at)
                    for day, at, here in view.next_times
                ]
            )
        else:
            # The switch below stays: it may be what is missing.
            self.next_runs_table.set_rows([])
            if not view.next_times_note:
                _show_text(self.next_runs_note, "Nothing is planned. Press Run now to run it.")
        self._next_runs_card.set_note(view.time_zone)
        self.run_here_row.switch.set_value(view.runs_here)
        self.run_here_row.switch.set_enabled(
            not view.runs_here_disabled_reason, view.runs_here_disabled_reason
        )
        self.run_here_note.setText(view.runs_here_note)

    def _show_state(self, view: ScheduleView) -> None:
        wrong = view.rule_error or view.notification_error
        self.state_label.setText(wrong or ("Not saved yet." if view.has_unsaved_changes else ""))
        self.state_label.set_tone("bad" if wrong else "warn")
        self.save_button.set_enabled(not view.disabled_reason, view.disabled_reason)
        self.discard_button.setVisible(view.has_unsaved_changes)

    def _lay_out(self) -> None:
        self._next_runs_card = Card("Next runs", name="Next five runs")
        cards = (
            (Card("When it runs"), (self.rule_form, 8, self.summary_label, self.error_label)),
            (
                self._next_runs_card,
                (self.next_runs_table, self.next_runs_note, self.run_here_row, self.run_here_note),
            ),
            (
                Card("Notifications"),
                (
                    self.notification_form,
                    8,
                    self.notification_label,
                    self.notification_error_label,
                    self.notification_note,
                ),
            ),
        )
        # From the outside in: what is added with much in it is styled anew, all of it.
        inside = QWidget()
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(fonts.scaled(8))
        page.addWidget(wrap_in_scroll_area(inside), 1)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(CARD_GAP))
        for card, parts in cards:
            column.addWidget(card)
            for part in parts:
                card.add(part)
        column.addStretch(1)
        inside.setMaximumWidth(fonts.scaled(_MAX_CONTENT_WIDTH))
        below = QWidget()
        below.setMaximumWidth(fonts.scaled(_MAX_CONTENT_WIDTH))
        foot = QHBoxLayout(below)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(fonts.scaled(8))
        foot.addWidget(self.state_label, 1)
        foot.addWidget(self.discard_button)
        foot.addWidget(self.save_button)
        page.addWidget(below)


def _show_text(shown: PlainLabel, text: str) -> None:
    shown.setText(text)
    shown.setVisible(bool(text))
