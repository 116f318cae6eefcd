"""A field for one day, written with the month's name."""

from datetime import date

from PySide6.QtCore import QDate, QLocale, QSignalBlocker
from PySide6.QtWidgets import QDateEdit

from desktop.panels.widgets.number_field import pad_spin_box_text


def create_date_field(name: str) -> QDateEdit:
    """Create a field for one day with its accessible name."""
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


def date_of(field: QDateEdit) -> date:
    """Return the day that a date field shows."""
    day = field.date()
    return date(day.year(), day.month(), day.day())


def show_date(field: QDateEdit, day: date) -> None:
    """Show a day in a date field, without telling anybody."""
    with QSignalBlocker(field):
        field.setDate(QDate(day.year, day.month, day.day))
