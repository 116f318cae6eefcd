"""The time field takes times as people type them, and never shows one that is none."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.panels.widgets.number_field import TimeField


@pytest.fixture
def field(qtbot: QtBot) -> TimeField:
    made = TimeField("At")
    qtbot.addWidget(made)
    made.set_value(90)
    made.show()
    made.setFocus()
    return made


@pytest.mark.parametrize(
    ("typed", "shown", "minutes"),
    [
        ("0700", "07:00", 420),
        ("06:30", "06:30", 390),
        ("6:30 pm", "18:30", 1110),
        ("7", "07:00", 420),
        ("midnight", "00:00", 0),
        # What is no time leaves the one before.
        ("whenever", "01:30", 90),
        ("25:00", "01:30", 90),
    ],
)
def test_typed_time_is_taken_on_enter(
    field: TimeField, typed: str, shown: str, minutes: int
) -> None:
    told: list[object] = []
    field.chosen.connect(told.append)
    field.selectAll()
    QTest.keyClicks(field, typed)
    # Half of it is another time: nothing is told while it is typed.
    assert told == []
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert (field.text(), field.value()) == (shown, minutes)
    assert told == ([minutes] if minutes != 90 else [])


def test_arrows_go_by_a_quarter_of_an_hour_and_around(field: TimeField) -> None:
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert field.text() == "01:45"
    field.set_value(23 * 60 + 45)
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert field.text() == "00:00"
