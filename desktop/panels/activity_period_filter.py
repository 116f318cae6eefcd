"""Widget that chooses the days whose changes the page Activity shows."""

from datetime import date

from PySide6.QtCore import QDate, QLocale, QSignalBlocker, Signal
from PySide6.QtWidgets import QDateEdit, QHBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.label import label
from desktop.panels.widgets.number_field import pad_spin_box_text
from desktop.viewmodels.activity.activity_period import ActivityPeriod, ActivityTimes


class ActivityPeriodFilter(QWidget):
    """Widget of the page Activity's period; emits the chosen days.

    `days_row` asks for two days where they are “Between…”; the page gives it a line of its own.
    """

    chosen = Signal(object)  # ActivityTimes

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        choices = [(each.name, each.value) for each in ActivityPeriod]
        self.period_dropdown = DropdownField("When", choices)
        self.first_field = _create_date_edit("From")
        self.last_field = _create_date_edit("To")
        self.period_dropdown.allow_shrinking()
        self.days_row = QWidget()
        days = QHBoxLayout(self.days_row)
        days.setContentsMargins(0, 0, 0, 0)
        days.setSpacing(fonts.scaled(6))
        for part in (self.first_field, label("to", "muted"), self.last_field):
            days.addWidget(part)
        days.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.period_dropdown)
        self.days_row.hide()
        self.show_times(ActivityTimes())
        self.period_dropdown.chosen.connect(self._on_period)
        for field in (self.first_field, self.last_field):
            field.dateChanged.connect(self._on_day)

    def show_times(self, times: ActivityTimes) -> None:
        """Show the times that are chosen for Activity, without emitting."""
        self.period_dropdown.set_value(times.period.name)
        self._show_days(times.period)
        today = QDate.currentDate()
        given = ((self.first_field, times.first), (self.last_field, times.last))
        for field, day in given:
            with QSignalBlocker(field):
                field.setDate(today if day is None else QDate(day.year, day.month, day.day))

    def _on_period(self, key: str) -> None:
        period = ActivityPeriod[key]
        self._show_days(period)
        if period is ActivityPeriod.BETWEEN:
            self._on_day()
        else:
            self.chosen.emit(ActivityTimes(period))

    def _show_days(self, period: ActivityPeriod) -> None:
        # Shown before the page has taken it, it would be a window of its own.
        if self.days_row.parent() is not None:
            self.days_row.setVisible(period is ActivityPeriod.BETWEEN)

    def _on_day(self, *_day: QDate) -> None:
        first, last = (_to_date(field.date()) for field in (self.first_field, self.last_field))
        self.chosen.emit(ActivityTimes(ActivityPeriod.BETWEEN, first, last))


def _to_date(day: QDate) -> date:
    return date(day.year(), day.month(), day.day())


def _create_date_edit(name: str) -> QDateEdit:
    field = QDateEdit()
    field.setAccessibleName(name)
    field.setObjectName(name)
    # Months by name: 03/04 is March or April, by country.
    field.setLocale(QLocale(QLocale.Language.English))
    field.setDisplayFormat("d MMM yyyy")
    # Qt's own range ends with a day that has none after it, and begins before Windows counts.
    field.setDateRange(QDate(2000, 1, 1), QDate(2099, 12, 31))
    pad_spin_box_text(field)
    return field
