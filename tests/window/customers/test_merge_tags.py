"""Merge tags of a customer's fields: by context menu, by keyboard, by name."""

from PySide6.QtGui import QAccessible, QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QTableView, QWidget

from desktop.panels.customer.profile_fields_dialog import ProfileFieldsDialog
from desktop.panels.widgets.key_value_table import KeyValueTable
from tests.support.window_driver import Key, WindowDriver


def open_menu(window: WindowDriver) -> QMenu:
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def ask_for_menu(widget: QWidget) -> None:
    """What the menu key does, where the keyboard is."""
    place = widget.rect().center()
    reason = QContextMenuEvent.Reason.Keyboard
    QApplication.sendEvent(widget, QContextMenuEvent(reason, place, widget.mapToGlobal(place)))


async def test_merge_tag_of_profile_field_by_context_menu(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    table = window.find_one("Profile fields", KeyValueTable)
    name, value, _note = table.row_cells(0)
    assert name.full_text() == "first_name"
    ask_for_menu(value)
    menu = open_menu(window)
    assert [each.text() for each in menu.actions()] == ["Copy", "Copy merge tag {first_name}"]
    window.save_screenshot("merge-tag-menu")
    menu.actions()[1].trigger()
    assert QApplication.clipboard().text() == "{first_name}"
    menu.close()


async def test_merge_tag_by_keyboard_alone(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    await window.tab_to("Merge tags of Profile data")
    window.press(Key.Key_Space)
    menu = open_menu(window)
    words = [each.text() for each in menu.actions()]
    assert words[:2] == ["first_name   {first_name}", "last_name   {last_name}"]
    # A screen reader hears the entries by these texts.
    interface = QAccessible.queryAccessibleInterface(menu)
    assert interface.childCount() == len(words)
    for key in (Key.Key_Down, Key.Key_Down, Key.Key_Return):
        QTest.keyClick(menu, key)
    await window.wait_until(lambda: QApplication.clipboard().text() == "{last_name}")


async def test_merge_tag_of_zendesk_field_is_liquid(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.click("Merge tags of Zendesk")
    menu = open_menu(window)
    tags = {each.data() for each in menu.actions()}
    # Also of what the panel folds away; a second address has no field of its own.
    assert {"{{ organization }}", "{{ phone }}", "{{ tags }}", "{{ id }}"} <= tags
    assert all(str(tag).startswith("{{ ") for tag in tags)
    menu.close()


async def test_merge_tag_of_any_field_in_dialog(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.click("Show all 17")
    dialog = window.view.findChild(ProfileFieldsDialog)
    assert dialog is not None
    table = dialog.findChild(QTableView)
    assert table is not None
    button = dialog._copy_tag
    assert button.text() == "Copy merge tag"
    assert button.accessibleDescription() == "Choose a field first."
    table.setFocus()
    table.setCurrentIndex(table.model().index(0, 0))
    assert button.isEnabled()
    button.click()
    assert QApplication.clipboard().text() == "{first_name}"
    ask_for_menu(table.viewport())
    assert "Copy merge tag {first_name}" in [each.text() for each in open_menu(window).actions()]
    open_menu(window).close()
    dialog._name.setText("no such field")
    assert not button.isEnabled()
    dialog.close()


async def test_merge_tag_is_missing_where_there_is_no_field(window: WindowDriver) -> None:
    await window.look_up("noname@plain.example")
    assert not window.find_all("Merge tags of Profile data")
    assert window.find_all("Merge tags of Zendesk")
