"""Widget that chooses the days whose changes the page Activity shows."""

from datetime import date

from PySide6.QtCore import QDate, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.date_field import create_date_field, date_of, show_date
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.label import label
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
        self.first_field = create_date_field("From")
        self.last_field = create_date_field("To")
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
        # Of this computer, as Activity counts its days.
        today = date.today()  # noqa: DTZ011
        show_date(self.first_field, times.first or today)
        show_date(self.last_field, times.last or today)

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
        first, last = date_of(self.first_field), date_of(self.last_field)
        self.chosen.emit(ActivityTimes(ActivityPeriod.BETWEEN, first, last))
