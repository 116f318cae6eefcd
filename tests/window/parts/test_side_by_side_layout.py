"""A list with what was opened beside it, or one at a time."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QTextEdit
from pytestqt.qtbot import QtBot

from desktop.panels.theme import fonts
from desktop.panels.widgets.list_detail_page import ListDetailPage


class Two(ListDetailPage):
    def __init__(self) -> None:
        self.looks: list[bool] = []
        super().__init__(400)
        self.list, self.detail = QListWidget(), QTextEdit()
        row = QHBoxLayout(self)
        row.addWidget(self.list)
        row.addWidget(self.detail)
        self.visibility_changed.connect(self.looks.append)
        self.layout_changed.connect(self._arrange)
        self.detail_closed.connect(self.list.setFocus)

    def _arrange(self) -> None:
        self.list.setVisible(self.is_wide or not self.is_detail_open)
        self.detail.setVisible(self.is_wide or self.is_detail_open)


def seen(page: Two) -> tuple[bool, bool]:
    return page.list.isVisible(), page.detail.isVisible()


def test_side_by_side_shows_both_or_one(qtbot: QtBot) -> None:
    page = Two()
    qtbot.addWidget(page)
    page.resize(fonts.scaled(400), 300)
    page.show()
    page.activateWindow()
    assert seen(page) == (True, True)
    page.resize(fonts.scaled(399), 300)
    assert seen(page) == (True, False)
    page.open_detail()
    assert seen(page) == (False, True)
    page.detail.setFocus()
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert seen(page) == (True, False)
    assert page.focusWidget() is page.list
    page.open_detail()
    page.resize(fonts.scaled(500), 300)
    # With both there, Esc is for others.
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert page.is_detail_open
    page.hide()
    assert page.looks == [True, False]
