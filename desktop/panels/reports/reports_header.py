"""Widget above the tiles: which days, beside what, by day, week or month; arrange, print."""

from PySide6.QtCore import QDate, Signal
from PySide6.QtWidgets import QBoxLayout, QWidget

from desktop.model.report_period import BucketSize
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox, vbox
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.date_field import create_date_field, date_of, show_date
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.flow_layout import FlowLayout
from desktop.panels.widgets.label import label
from desktop.panels.widgets.segmented_control import SegmentedControl
from desktop.viewmodels.reports.report_period_choice import ReportDays, ReportPeriodChoice
from desktop.viewmodels.reports.reports_page_model import ReportsPageModel

_SIZES = ((BucketSize.DAY, "Day"), (BucketSize.WEEK, "Week"), (BucketSize.MONTH, "Month"))
_BEFORE, _NOTHING = "before", "off"


class ReportsHeader(QWidget):
    """The Reports page's heading with its choices."""

    days_chosen = Signal(object)  # ReportDays
    size_chosen = Signal(str)
    comparison_chosen = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.period_field = DropdownField(
            "Period", [(each.name, each.value) for each in ReportPeriodChoice]
        )
        self.compare_field = DropdownField("Compare with")
        self.size_control = SegmentedControl("Sum by", [(s.value, text) for s, text in _SIZES])
        self.zone_label = label("", "small")
        self.refresh_button = secondary_button(
            "Refresh", name="Refresh reports", tip="Count again from what this computer has read"
        )
        self.arrange_button = secondary_button("Arrange…", name="Arrange…")
        self.print_button = secondary_button("Print…", name="Print reports…")
        self.first_field, self.last_field = create_date_field("From"), create_date_field("To")
        self.days_row = QWidget()
        self.days_row.setLayout(
            hbox(self.first_field, label("to", "muted"), self.last_field, 1, spacing=6)
        )
        self.days_row.hide()
        choices, buttons = QWidget(), QWidget()
        flow = FlowLayout(fonts.scaled(8), fonts.scaled(6), choices)
        for part in (
            label("Reports", "heading"), self.period_field, self.compare_field, self.size_control,
        ):  # fmt: skip
            flow.addWidget(part)
        acts = QWidget()
        acts.setLayout(hbox(self.refresh_button, self.arrange_button, self.print_button))
        line = FlowLayout(fonts.scaled(8), fonts.scaled(6), buttons, alignment="spread")
        line.addWidget(self.zone_label)
        line.addWidget(acts)
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.addWidget(choices, 1)
        self._line.addWidget(buttons, 0)
        self.setLayout(vbox(self._line, self.days_row, spacing=6))
        self.period_field.chosen.connect(self._on_span)
        self.compare_field.chosen.connect(self._on_compared)
        self.size_control.chosen.connect(self.size_chosen)
        for field in (self.first_field, self.last_field):
            field.dateChanged.connect(self._on_day)

    def set_narrow(self, is_narrow: bool) -> None:
        """Put the buttons below the choices where there is no room beside them."""
        direction = QBoxLayout.Direction
        self._line.setDirection(direction.TopToBottom if is_narrow else direction.LeftToRight)

    def show_model(self, model: ReportsPageModel) -> None:
        """Show the period chosen for the reports, emitting no signal."""
        days, period = model.days, model.period
        self.period_field.set_options(
            [
                (each.name, f"{each.value}: {model.period_text()}" if each is days.span
                 and each is not ReportPeriodChoice.BETWEEN else each.value)
                for each in ReportPeriodChoice
            ]
        )  # fmt: skip
        self.period_field.set_value(days.span.name)
        self.days_row.setVisible(days.span is ReportPeriodChoice.BETWEEN)
        show_date(self.first_field, days.first or period.first)
        show_date(self.last_field, days.last or period.last)
        before = f"Compare with {model.before_text()}"
        self.compare_field.set_options([(_BEFORE, before), (_NOTHING, "No comparison")])
        self.compare_field.set_value(_BEFORE if model.is_compared else _NOTHING)
        self.size_control.set_value(model.size.value)
        self.zone_label.setText(model.zone_text())

    def _on_span(self, key: str) -> None:
        span = ReportPeriodChoice[key]
        if span is ReportPeriodChoice.BETWEEN:
            self._on_day()
        else:
            self.days_chosen.emit(ReportDays(span))

    def _on_day(self, *_day: QDate) -> None:
        first, last = date_of(self.first_field), date_of(self.last_field)
        self.days_chosen.emit(ReportDays(ReportPeriodChoice.BETWEEN, first, last))

    def _on_compared(self, key: str) -> None:
        self.comparison_chosen.emit(key == _BEFORE)
