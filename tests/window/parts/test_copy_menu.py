"""The context menu that copies a value shown."""

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from desktop.panels.widgets.copy_menu import CopyMenu
from desktop.panels.widgets.key_value_table import KeyValueTable
from desktop.panels.widgets.label import elided_label
from desktop.panels.widgets.link_button import LinkButton
from desktop.viewmodels.key_value_row import KeyValueRow

# A menu grabs keyboard and screen, which there are none of.
pytestmark = pytest.mark.qt_log_level_fail("CRITICAL")
LONG = "a-rather-long-address-that-is-cut@customers.example"


def open_menu(widget: QWidget, reason: QContextMenuEvent.Reason) -> QMenu:
    QApplication.sendEvent(widget, QContextMenuEvent(reason, QPoint(2, 2), QPoint(2, 2)))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


@pytest.mark.parametrize(
    "reason", [QContextMenuEvent.Reason.Mouse, QContextMenuEvent.Reason.Keyboard]
)
def test_cut_text_is_copied_whole(reason: QContextMenuEvent.Reason, qtbot: QtBot) -> None:
    shown = elided_label(LONG, selectable=True)
    qtbot.addWidget(shown)
    CopyMenu(shown, "address")
    shown.resize(80, 20)
    shown.show()
    menu = open_menu(shown, reason)
    assert [action.text() for action in menu.actions()] == ["Copy address"]
    menu.actions()[0].trigger()
    assert QApplication.clipboard().text() == LONG
    menu.close()


def test_values_of_a_table_and_links_can_be_copied(qtbot: QtBot) -> None:
    table = KeyValueTable("Facts")
    qtbot.addWidget(table)
    table.set_rows([KeyValueRow("Phone", "+1 555 0134")])
    table.show()
    menu = open_menu(table.row_cells(0)[1], QContextMenuEvent.Reason.Mouse)
    menu.actions()[0].trigger()
    assert QApplication.clipboard().text() == "+1 555 0134"
    menu.close()
    number = LinkButton("#48213")
    qtbot.addWidget(number)
    copying = CopyMenu(number)
    copying.set_entries(("Copy link", ""), ("Copy number", "#48213"))
    assert copying.entries() == (("Copy number", "#48213"),)
    number.show()
    menu = open_menu(number, QContextMenuEvent.Reason.Mouse)
    assert [action.text() for action in menu.actions()] == ["Copy number"]
    menu.close()
