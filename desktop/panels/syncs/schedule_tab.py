"""The tab “Schedule”: the rule as choices, the next five times, who is told and who runs it."""

from PySide6.QtCore import QTime
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QTimeEdit,
    QVBoxLayout,
    QWidget,
)

from desktop.panels.parts.button import primary, secondary
from desktop.panels.parts.card import Card
from desktop.panels.parts.choice_field import ChoiceField
from desktop.panels.parts.key_value import KeyValue, Row
from desktop.panels.parts.label import label
from desktop.panels.parts.number_field import NumberField, pad_text
from desktop.panels.parts.scroll import scrolling
from desktop.panels.parts.switch_row import SwitchRow
from desktop.panels.syncs.day_row import DayRow
from desktop.panels.syncs.form import text_field
from desktop.panels.syncs.telling_card import TellingCard
from desktop.panels.theme import fonts
from desktop.panels.theme.tokens import GAP_CARD
from desktop.viewmodels.syncs.schedule import ScheduleModel, ScheduleView
from desktop.viewmodels.syncs.schedule_draft import FORMS

_FIELD = 200
_LABEL = 74
_WIDEST = 640


class ScheduleTab(QWidget):
    """Every choice is shown in words and as times before it is saved."""

    def __init__(self, model: ScheduleModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._showing = False
        self.form = ChoiceField("When it runs", FORMS)
        self.minutes = NumberField("Minutes between two runs", 1, 10080, suffix=" min")
        self.count = NumberField("Runs a day", 2, 48)
        self.days = DayRow()
        self.month_days = text_field("Days of the month", "1, 15, last")
        self.at = QTimeEdit()
        self.at.setDisplayFormat("HH:mm")
        self.at.setAccessibleName("Time")
        self.at.setObjectName("Time")
        pad_text(self.at)
        self.words = label("", wrap=True)
        self.wrong = label("", wrap=True, tone="bad")
        self.save = primary("Save", name="Save the schedule")
        self.discard = secondary("Discard changes", name="Discard changes of the schedule")
        self.times = KeyValue("Next runs", label_width=170)
        self.times_note = label("", "note", wrap=True)
        self.telling = TellingCard()
        self.state = label("", wrap=True)
        self.here = SwitchRow("This computer runs what is due")
        self.here_note = label("", "note", wrap=True)
        self._lay_out()
        self._connect()
        self.show_schedule()

    def show_schedule(self) -> None:
        """Show the choices and what follows from them."""
        view = self._model.view()
        draft = view.draft
        self._showing = True
        self.form.set_value(draft.form)
        self.minutes.setValue(draft.minutes)
        self.count.setValue(draft.count)
        self.days.show_days(draft.weekdays)
        if self.month_days.text() != draft.month_days:
            self.month_days.setText(draft.month_days)
        self.at.setTime(QTime(draft.at // 60, draft.at % 60))
        self._showing = False
        self._rows.setRowVisible(self.minutes, draft.form == "minutes")
        self._rows.setRowVisible(self.count, draft.form == "spread")
        self._rows.setRowVisible(self.days, draft.form == "weekly")
        self._rows.setRowVisible(self.month_days, draft.form == "monthly")
        self._rows.setRowVisible(self.at, draft.timed)
        self._at_label.setText("First at" if draft.form == "spread" else "At")
        said = view.words[:1].upper() + view.words[1:]
        where = f" ({view.zone} time, the Sailthru account's)" if draft.timed else ""
        self.words.setText(f"{said}{where}." if said else "")
        self.words.setVisible(bool(said))
        self.wrong.setText(view.wrong)
        self.wrong.setVisible(bool(view.wrong))
        self.telling.show_view(view)
        self._show_state(view)
        if view.times:
            self.times.set_rows(
                [Row(day, f"{at}  ·  {here}" if here else at) for day, at, here in view.times]
            )
            self._next.show_content()
        else:
            self._next.show_empty("Nothing is planned: it runs when somebody presses Run now.")
        self._next.set_note(view.zone)
        self.times_note.setText(view.times_note)
        self.times_note.setVisible(bool(view.times_note))
        self.here.switch.set_on(view.here)
        self.here.switch.set_enabled(not view.here_why_not, view.here_why_not)
        self.here_note.setText(view.here_note)

    def _show_state(self, view: ScheduleView) -> None:
        wrong = view.wrong or view.telling_wrong
        self.state.setText(wrong or ("Not saved yet." if view.unsaved else ""))
        self.state.set_tone("bad" if wrong else "warn")
        self.save.set_enabled(not view.why_not, view.why_not)
        self.discard.setVisible(view.unsaved)

    def _lay_out(self) -> None:
        rule = Card("When it runs")
        rows = QFormLayout()
        rows.setHorizontalSpacing(fonts.scaled(12))
        rows.setVerticalSpacing(fonts.scaled(8))
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
        for field in (self.form, self.minutes, self.count, self.month_days, self.at):
            field.setFixedWidth(fonts.scaled(_FIELD))
        runs = label("Runs")
        runs.setMinimumWidth(fonts.scaled(_LABEL))
        rows.addRow(runs, self.form)
        rows.addRow(label("Every"), self.minutes)
        rows.addRow(label("Times a day"), self.count)
        rows.addRow(label("On"), self.days)
        rows.addRow(label("Days"), self.month_days)
        self._at_label = label("At")
        rows.addRow(self._at_label, self.at)
        self._rows = rows
        rule.add(rows)
        rule.add(8)
        rule.add(self.words)
        rule.add(self.wrong)
        self._next = Card("Next runs", name="Next five runs")
        self._next.add(self.times)
        self._next.add(self.times_note)
        computer = Card("On this computer")
        computer.add(self.here)
        computer.add(self.here_note)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(GAP_CARD))
        for card in (rule, self._next, self.telling, computer):
            column.addWidget(card)
        column.addStretch(1)
        inside.setMaximumWidth(fonts.scaled(_WIDEST))
        below = QWidget()
        below.setMaximumWidth(fonts.scaled(_WIDEST))
        foot = QHBoxLayout(below)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(fonts.scaled(8))
        foot.addWidget(self.state, 1)
        foot.addWidget(self.discard)
        foot.addWidget(self.save)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(fonts.scaled(8))
        page.addWidget(scrolling(inside), 1)
        page.addWidget(below)

    def _connect(self) -> None:
        model = self._model
        model.changed.connect(self.show_schedule)
        self.form.chosen.connect(self._on_form)
        self.minutes.valueChanged.connect(self._on_minutes)
        self.count.valueChanged.connect(self._on_count)
        self.days.chosen.connect(self._on_days)
        self.month_days.textEdited.connect(self._on_month_days)
        self.at.timeChanged.connect(self._on_time)
        self.save.clicked.connect(model.save)
        self.discard.clicked.connect(model.discard)
        self.telling.edited.connect(self._on_telling)
        self.here.chosen.connect(model.run_here)

    def _choose(self, **parts: object) -> None:
        if not self._showing:
            self._model.choose(**parts)

    def _on_telling(self, name: str, value: object) -> None:
        self._model.tell(**{name: value})

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
