"""The search field: megabytes, popup by keyboard, plain text, nothing typed is lost."""

import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.panels.widgets.search_field import MAX_QUERY_LENGTH, SearchField
from desktop.viewmodels.search_suggestions_model import ENABLED_ROLE, NOTE_ROLE, SUBTITLE_ROLE

ROWS = [
    ("Create nobody@x.example", "An agent may not create profiles", "", False),
    ("Maria Lopez", "maria@lopez.example", "today", True),
    ("<img src=x>", "a < b", "", True),
]


class Matches(QAbstractListModel):
    def rowCount(self, _parent: QModelIndex | None = None) -> int:
        return len(ROWS)

    def data(self, index: QModelIndex, role: int = 0) -> object:
        title = Qt.ItemDataRole.DisplayRole
        places = {title: 0, SUBTITLE_ROLE: 1, NOTE_ROLE: 2, ENABLED_ROLE: 3}
        return ROWS[index.row()][places[role]] if role in places else None


@pytest.fixture
def field(qtbot: QtBot) -> Iterator[SearchField]:
    window = QWidget()
    window.resize(700, 400)
    column = QVBoxLayout(window)
    made = SearchField(placeholder="Find a customer: e-mail, name", shortcut="Ctrl K")
    column.addWidget(made)
    column.addStretch(1)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    made.take_focus()
    yield made
    window.close()


def test_search_field_accessible_name_is_fixed(field: SearchField) -> None:
    interface = QAccessible.queryAccessibleInterface(field)
    assert interface.text(QAccessible.Text.Name) == "Find a customer"
    assert field.objectName() == "Find a customer"
    assert interface.role() == QAccessible.Role.EditableText


def test_search_field_10_mb_is_cut_at_once(field: SearchField, qtbot: QtBot) -> None:
    QApplication.clipboard().setText("x" * 10_000_000)
    started = time.perf_counter()
    with qtbot.waitSignal(field.too_long) as caught:
        field.paste()
    took = time.perf_counter() - started
    QApplication.clipboard().clear()
    assert caught.args == [MAX_QUERY_LENGTH]
    assert len(field.text()) == MAX_QUERY_LENGTH
    # Generous: laying all of it out would take tens of seconds.
    assert took < 2
    with qtbot.waitSignal(field.too_long):
        field.setText("y" * 2_000)
    assert field.text() == "y" * MAX_QUERY_LENGTH


def test_search_field_enter_submits_typed_text(field: SearchField, qtbot: QtBot) -> None:
    QTest.keyClicks(field, " maria@lopez.example ")
    with qtbot.waitSignal(field.submitted) as caught:
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert caught.args == ["maria@lopez.example"]


def test_search_field_arrows_mark_selectable_rows(field: SearchField, qtbot: QtBot) -> None:
    field.set_model(Matches(field))
    QTest.keyClicks(field, "lopez")
    QTest.keyClick(field, Qt.Key.Key_Down)
    popup = field.popup()
    assert popup is not None
    assert popup.isVisible()
    assert field.hasFocus()
    assert popup.view.currentIndex().row() == 1
    QTest.keyClick(field, Qt.Key.Key_Down)
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert popup.view.currentIndex().row() == 1
    QTest.keyClick(field, Qt.Key.Key_Up)
    with qtbot.waitSignal(field.chosen) as caught, qtbot.assertNotEmitted(field.submitted):
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert caught.args[0].row() == 2
    assert not popup.isVisible()


def test_search_field_disabled_row_is_not_clickable(field: SearchField, qtbot: QtBot) -> None:
    field.set_model(Matches(field))
    field.show_popup()
    popup = field.popup()
    assert popup is not None
    view = popup.view
    spot = view.visualRect(view.model().index(0, 0)).center()
    with qtbot.assertNotEmitted(field.chosen):
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    spot = view.visualRect(view.model().index(1, 0)).center()
    with qtbot.waitSignal(field.chosen):
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=spot)


def test_search_field_escape_closes_popup_and_keeps_text(field: SearchField) -> None:
    field.set_model(Matches(field))
    QTest.keyClicks(field, "lopez")
    field.show_popup()
    QTest.keyClick(field, Qt.Key.Key_Escape)
    popup = field.popup()
    assert popup is not None
    assert not popup.isVisible()
    assert field.text() == "lopez"


def test_search_field_popup_closes_with_focus(field: SearchField, qtbot: QtBot) -> None:
    field.set_model(Matches(field))
    field.show_popup()
    field.clearFocus()
    popup = field.popup()
    assert popup is not None
    assert not popup.isVisible()


def test_search_field_typing_emits_and_setting_does_not(field: SearchField, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(field.edited):
        field.setText("x")
    with qtbot.waitSignal(field.edited):
        QTest.keyClicks(field, "y")


def test_search_field_narrow_has_short_placeholder(qtbot: QtBot) -> None:
    made = SearchField(placeholder="Find a customer: e-mail, name, phone", short_placeholder="Find")
    qtbot.addWidget(made)
    made.resize(600, 30)
    made.show()
    assert made.placeholderText().startswith("Find a customer")
    made.resize(150, 30)
    assert made.placeholderText() == "Find"
