"""The tab Schedule: the rule as choices, the next run times, who is told, who runs it."""

from PySide6.QtCore import QTime
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QTimeEdit,
    QVBoxLayout,
    QWidget,
)

from desktop.panels.syncs.form_fields import create_text_field
from desktop.panels.syncs.notification_card import NotificationCard
from desktop.panels.syncs.weekday_picker import WeekdayPicker
from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import CARD_GAP
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.key_value_table import KeyValueTable
from desktop.panels.widgets.label import label
from desktop.panels.widgets.number_field import NumberField, pad_spin_box_text
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.panels.widgets.switch_row import SwitchRow
from desktop.viewmodels.key_value_row import KeyValueRow
from desktop.viewmodels.syncs.schedule_draft import SCHEDULE_FORM_LABELS
from desktop.viewmodels.syncs.schedule_model import ScheduleModel, ScheduleView

_FIELD_WIDTH = 200
_LABEL_WIDTH = 74
# Wider lines are hard to read.
_MAX_CONTENT_WIDTH = 640


class ScheduleTab(QWidget):
    """Shows every choice in words and as run times before it is saved."""

    def __init__(self, model: ScheduleModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._is_updating = False
        self.frequency_dropdown = DropdownField("When it runs", SCHEDULE_FORM_LABELS)
        self.minutes_field = NumberField("Minutes between two runs", 1, 10080, suffix=" min")
        self.runs_a_day_field = NumberField("Runs a day", 2, 48)
        self.weekday_picker = WeekdayPicker()
        self.month_days_field = create_text_field("Days of the month", "1, 15, last")
        self.time_field = QTimeEdit()
        self.time_field.setDisplayFormat("HH:mm")
        self.time_field.setAccessibleName("Time")
        self.time_field.setObjectName("Time")
        pad_spin_box_text(self.time_field)
        self.summary_label = label("", wrap=True)
        self.error_label = label("", wrap=True, tone="bad")
        self.save_button = primary_button("Save", name="Save the schedule")
        self.discard_button = secondary_button(
            "Discard changes", name="Discard changes of the schedule"
        )
        self.next_runs_table = KeyValueTable("Next runs", label_width=170)
        self.next_runs_note = label("", "note", wrap=True)
        self.notification_card = NotificationCard()
        self.state_label = label("", wrap=True)
        self.run_here_row = SwitchRow("This computer runs what is due")
        self.run_here_note = label("", "note", wrap=True)
        self._lay_out()
        self._connect()
        self.show_schedule()

    def show_schedule(self) -> None:
        """Show the draft and what follows from it."""
        view = self._model.view()
        draft = view.draft
        # Setting a field emits its signal, which would be taken for a choice.
        self._is_updating = True
        self.frequency_dropdown.set_value(draft.form)
        self.minutes_field.setValue(draft.minutes)
        self.runs_a_day_field.setValue(draft.count)
        self.weekday_picker.show_days(draft.weekdays)
        if self.month_days_field.text() != draft.month_days:
            self.month_days_field.setText(draft.month_days)
        self.time_field.setTime(QTime(draft.at // 60, draft.at % 60))
        self._is_updating = False
        self._rows.setRowVisible(self.minutes_field, draft.form == "minutes")
        self._rows.setRowVisible(self.runs_a_day_field, draft.form == "spread")
        self._rows.setRowVisible(self.weekday_picker, draft.form == "weekly")
        self._rows.setRowVisible(self.month_days_field, draft.form == "monthly")
        self._rows.setRowVisible(self.time_field, draft.has_time_of_day)
        self._at_label.setText("First at" if draft.form == "spread" else "At")
        rule_text = view.rule_text[:1].upper() + view.rule_text[1:]
        where = f" ({view.time_zone} time, the Sailthru account's)" if draft.has_time_of_day else ""
        self.summary_label.setText(f"{rule_text}{where}." if rule_text else "")
        self.summary_label.setVisible(bool(rule_text))
        self.error_label.setText(view.rule_error)
        self.error_label.setVisible(bool(view.rule_error))
        self.notification_card.show_view(view)
        self._show_state(view)
        if view.next_times:
            self.next_runs_table.set_rows(
                [
                    KeyValueRow(day, f"{at}  ·  {here}" if here else at)
                    for day, at, here in view.next_times
                ]
            )
            self._next_runs_card.show_content()
        else:
            self._next_runs_card.show_empty(
                "Nothing is planned: it runs when somebody presses Run now."
            )
        self._next_runs_card.set_note(view.time_zone)
        self.next_runs_note.setText(view.next_times_note)
        self.next_runs_note.setVisible(bool(view.next_times_note))
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
        rule = Card("When it runs")
        rows = QFormLayout()
        rows.setHorizontalSpacing(fonts.scaled(12))
        rows.setVerticalSpacing(fonts.scaled(8))
        # How far fields grow is each platform's own otherwise; these are of one width.
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
        for field in (
            self.frequency_dropdown,
            self.minutes_field,
            self.runs_a_day_field,
            self.month_days_field,
            self.time_field,
        ):
            field.setFixedWidth(fonts.scaled(_FIELD_WIDTH))
        runs = label("Runs")
        runs.setMinimumWidth(fonts.scaled(_LABEL_WIDTH))
        rows.addRow(runs, self.frequency_dropdown)
        rows.addRow(label("Every"), self.minutes_field)
        rows.addRow(label("Times a day"), self.runs_a_day_field)
        rows.addRow(label("On"), self.weekday_picker)
        rows.addRow(label("Days"), self.month_days_field)
        self._at_label = label("At")
        rows.addRow(self._at_label, self.time_field)
        self._rows = rows
        rule.add(rows)
        rule.add(8)
        rule.add(self.summary_label)
        rule.add(self.error_label)
        self._next_runs_card = Card("Next runs", name="Next five runs")
        self._next_runs_card.add(self.next_runs_table)
        self._next_runs_card.add(self.next_runs_note)
        computer = Card("On this computer")
        computer.add(self.run_here_row)
        computer.add(self.run_here_note)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(CARD_GAP))
        for card in (rule, self._next_runs_card, self.notification_card, computer):
            column.addWidget(card)
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
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(fonts.scaled(8))
        page.addWidget(wrap_in_scroll_area(inside), 1)
        page.addWidget(below)

    def _connect(self) -> None:
        model = self._model
        model.changed.connect(self.show_schedule)
        self.frequency_dropdown.chosen.connect(self._on_form)
        self.minutes_field.valueChanged.connect(self._on_minutes)
        self.runs_a_day_field.valueChanged.connect(self._on_count)
        self.weekday_picker.days_chosen.connect(self._on_days)
        self.month_days_field.textEdited.connect(self._on_month_days)
        self.time_field.timeChanged.connect(self._on_time)
        self.save_button.clicked.connect(model.save_schedule)
        self.discard_button.clicked.connect(model.discard_draft)
        self.notification_card.edited.connect(self._on_notification)
        self.run_here_row.chosen.connect(model.set_runs_here)

    def _choose(self, **parts: object) -> None:
        if not self._is_updating:
            self._model.change_draft(**parts)

    def _on_notification(self, name: str, value: object) -> None:
        self._model.change_notification(**{name: value})

    def _on_form(self, form: str) -> None:
        self._choose(form=form)

    def _on_minutes(self, minutes: int) -> None:
        self._choose(minutes=minutes)

    def _on_count(self, count: int) -> None:
        self._choose(count=count)

    def _on_days(self, days: tuple[int, ...]) -> None:
        self._choose(weekdays=days)

    def _on_month_days(self, text: str) -> None:
        self._choose(month_days=text)

    def _on_time(self, time: QTime) -> None:
        self._choose(at=time.hour() * 60 + time.minute())
