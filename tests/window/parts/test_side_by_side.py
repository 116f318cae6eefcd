"""A list with what was opened beside it, or one at a time."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QTextEdit
from pytestqt.qtbot import QtBot

from desktop.panels.parts.side_by_side import SideBySide
from desktop.panels.theme import fonts


class Two(SideBySide):
    def __init__(self) -> None:
        self.looks: list[bool] = []
        super().__init__(400, self.looks.append)
        self.list, self.detail = QListWidget(), QTextEdit()
        row = QHBoxLayout(self)
        row.addWidget(self.list)
        row.addWidget(self.detail)
        self.rearranged.connect(self._arrange)
        self.went_back.connect(self.list.setFocus)

    def _arrange(self) -> None:
        self.list.setVisible(self.wide or not self.opened)
        self.detail.setVisible(self.wide or self.opened)


def seen(page: Two) -> tuple[bool, bool]:
    return page.list.isVisible(), page.detail.isVisible()


def test_both_where_there_is_room_else_one_at_a_time(qtbot: QtBot) -> None:
    page = Two()
    qtbot.addWidget(page)
    page.resize(fonts.scaled(400), 300)
    page.show()
    page.activateWindow()
    assert seen(page) == (True, True)
    page.resize(fonts.scaled(399), 300)
    assert seen(page) == (True, False)
    page.open()
    assert seen(page) == (False, True)
    page.detail.setFocus()
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert seen(page) == (True, False)
    assert page.focusWidget() is page.list
    page.open()
    page.resize(fonts.scaled(500), 300)
    # With both there, Esc is for others.
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert page.opened
    page.hide()
    assert page.looks == [True, False]
