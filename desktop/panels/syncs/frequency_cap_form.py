"""The form of a sync's frequency cap: at most so many times a week, month or quarter."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.model.lifecycle_stage import CapPeriod, ContactEvent, FrequencyCap
from desktop.panels.syncs.form_fields import create_check_box, create_form_layout
from desktop.panels.theme import fonts
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.label import label
from desktop.panels.widgets.number_field import NumberField

_PERIODS = (
    (CapPeriod.WEEK.value, "a week"),
    (CapPeriod.MONTH.value, "a month"),
    (CapPeriod.QUARTER.value, "a quarter"),
)
_COUNTED_EVENTS = (
    (ContactEvent.SENT.value, "every time it writes to them"),
    (ContactEvent.OPENED.value, "only if they opened e-mail since"),
    (ContactEvent.CLICKED.value, "only if they clicked in e-mail since"),
)
_NOTE = (
    "Who was reached that often is left out, and looked at again when the time has passed. Sailthru"
    " tells only the last open and the last click, of whatever e-mail."
)


class FrequencyCapForm(QWidget):
    """A check box with the cap's fields below it while it is ticked."""

    edited = Signal()  # read frequency_cap()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_updating = False
        self.enabled_box = create_check_box("Reach nobody too often")
        self.max_times_field = NumberField("At most so many times", 1, 1000, suffix=" times")
        self.period_dropdown = DropdownField("Within", _PERIODS)
        self.counted_event_dropdown = DropdownField("What counts", _COUNTED_EVENTS)
        self.note = label(_NOTE, "note", wrap=True)
        self._rows = create_form_layout()
        self._rows.addRow(label("At most"), self.max_times_field)
        self._rows.addRow(label("within"), self.period_dropdown)
        self._rows.addRow(label("Counts"), self.counted_event_dropdown)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(6))
        column.addWidget(self.enabled_box, 0, Qt.AlignmentFlag.AlignLeft)
        column.addLayout(self._rows)
        column.addWidget(self.note)
        for field in (self.period_dropdown, self.counted_event_dropdown):
            field.allow_shrinking()
            field.setMaximumWidth(fonts.scaled(300))
            field.chosen.connect(self._on_edited)
        self.max_times_field.setMaximumWidth(fonts.scaled(140))
        self.max_times_field.valueChanged.connect(self._on_edited)
        self.enabled_box.clicked.connect(self._on_edited)

    def show_frequency_cap(self, cap: FrequencyCap | None) -> None:
        """Show a frequency cap, or that there is none."""
        self._is_updating = True
        self.enabled_box.setChecked(cap is not None)
        shown = cap or FrequencyCap()
        self.max_times_field.setValue(shown.most)
        self.period_dropdown.set_value(shown.window.value)
        self.counted_event_dropdown.set_value(shown.event.value)
        for field in (self.max_times_field, self.period_dropdown, self.counted_event_dropdown):
            self._rows.setRowVisible(field, cap is not None)
        self.note.setVisible(cap is not None)
        self._is_updating = False

    def frequency_cap(self) -> FrequencyCap | None:
        """Return the frequency cap as it stands now, None while the box is not ticked."""
        if not self.enabled_box.isChecked():
            return None
        window, event = (
            CapPeriod(self.period_dropdown.value()),
            ContactEvent(self.counted_event_dropdown.value()),
        )
        return FrequencyCap(self.max_times_field.value(), window, event)

    def _on_edited(self, *_what: object) -> None:
        if not self._is_updating:
            self.edited.emit()
