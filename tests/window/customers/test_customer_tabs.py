"""Several customers in tabs: opened, closed, switched, pinned, moved, kept over a restart."""

import json
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.connect.local_data_service import LocalDataService
from desktop.panels.customer.email_change_drawer import EmailChangeDrawer
from desktop.panels.customer.note_drawer import NoteDrawer
from desktop.panels.customer.optout_reason_form import OptOutReasonForm
from desktop.panels.widgets.switch import Switch
from desktop.settings.window_state import SavedTab, WindowStateFile
from desktop.viewmodels.customer import customer_tabs_model
from tests.support.customer_tabs_driver import (
    choose_in_menu,
    click_tab,
    look_up_apart,
    open_in_tabs,
    spoken_name,
    tab_bar,
    tab_center,
    tab_texts,
)
from tests.support.window_driver import CTRL, NONE, SHIFT, Key, WindowDriver

MARIA, TOM, PRIYA = "maria@lopez.example", "tom@old.example", "priya@nair.example"
ALT = Qt.KeyboardModifier.AltModifier
MIDDLE = Qt.MouseButton.MiddleButton


def saved_state(window: WindowDriver) -> str:
    return window.house.workspace.state_path.read_text()


async def test_one_customer_has_no_row_of_tabs(window: WindowDriver) -> None:
    await window.look_up(MARIA)
    assert not window.find_all("Open customers")


async def test_tabs_are_switched_by_every_key(window: WindowDriver) -> None:
    await open_in_tabs(window, MARIA, TOM, PRIYA)
    assert tab_texts(window) == ["Maria Lopez", "Tom Reyes", "[Priya Nair]"]
    for key, modifier, expected in (
        (Key.Key_Tab, CTRL, "Maria Lopez"),  # round the end
        (Key.Key_PageDown, CTRL, "Tom Reyes"),
        (Key.Key_PageUp, CTRL, "Maria Lopez"),
        (Key.Key_Backtab, CTRL | SHIFT, "Priya Nair"),
        (Key.Key_2, ALT, "Tom Reyes"),
        (Key.Key_9, ALT, "Tom Reyes"),  # there is no ninth
    ):
        window.press(key, modifier)
        await window.wait_for_text(expected)
        assert f"[{expected}]" in tab_texts(window)
    click_tab(window, 0)
    assert tab_texts(window) == ["[Maria Lopez]", "Tom Reyes", "Priya Nair"]
    await window.wait_for_text("maria@lopez.example")
    # Shown from memory: nothing was asked once more.
    assert not window.sheet.is_loading


async def test_switching_tabs_asks_no_service(window: WindowDriver) -> None:
    await open_in_tabs(window, MARIA, TOM)
    before = window.sandbox.control("GET", "requests")["requests"]
    window.press(Key.Key_Tab, CTRL)
    await window.wait_for_text("Maria Lopez")
    await window.pause(0.2)
    assert window.sandbox.control("GET", "requests")["requests"] == before


async def test_a_result_opens_in_a_new_tab_by_mouse_and_menu(window: WindowDriver) -> None:
    await window.look_up(MARIA)
    await window.look_up(TOM)
    for way in ("ctrl", "middle", "menu"):
        window.press(Key.Key_K, CTRL)
        window.type("mari")
        popup = window.view.top_bar.search_field.popup()
        assert popup is not None
        where = popup.view.visualRect(popup.view.model().index(0, 0)).center()
        port = popup.view.viewport()
        if way == "ctrl":
            QTest.mouseClick(port, Qt.MouseButton.LeftButton, CTRL, where)
        elif way == "middle":
            QTest.mouseClick(port, MIDDLE, NONE, where)
        else:
            right = QContextMenuEvent(
                QContextMenuEvent.Reason.Mouse, where, port.mapToGlobal(where)
            )
            QApplication.sendEvent(port, right)
            # The rows stay under their menu.
            assert popup.isVisible()
            choose_in_menu("Open in a new tab")
        await window.is_lookup_finished()
        assert tab_texts(window) == ["Tom Reyes", "[Maria Lopez]"], way
        assert not popup.isVisible()
        window.press(Key.Key_W, CTRL)


async def test_new_tab_waits_in_the_search_field_and_is_not_made_twice(
    window: WindowDriver,
) -> None:
    await window.look_up(MARIA)
    window.press(Key.Key_T, CTRL)
    assert QApplication.focusWidget() is window.view.top_bar.search_field
    assert "Find a customer" in window.visible_texts()
    assert tab_texts(window) == ["Maria Lopez", "[New tab]"]
    # Going there to search for somebody loses nobody who can be gone back to.
    window.press(Key.Key_T, CTRL)
    assert len(tab_texts(window)) == 2
    window.view.top_bar.search_field.clear()
    window.type(TOM)
    window.press(Key.Key_Return)
    await window.is_lookup_finished()
    assert tab_texts(window) == ["Maria Lopez", "[Tom Reyes]"]


async def test_nobody_is_open_twice(window: WindowDriver) -> None:
    await open_in_tabs(window, MARIA, TOM)
    await look_up_apart(window, "id:7701")
    assert tab_texts(window) == ["[Maria Lopez]", "Tom Reyes"]
    await window.look_up(TOM)
    assert tab_texts(window) == ["Maria Lopez", "[Tom Reyes]"]


async def test_tabs_close_by_key_middle_click_and_button(window: WindowDriver) -> None:
    await open_in_tabs(window, MARIA, TOM, PRIYA, "dana@okafor.example")
    click_tab(window, 1, MIDDLE)
    assert "Tom Reyes" not in tab_texts(window)
    window.press(Key.Key_W, CTRL)
    await window.wait_for_text("Priya Nair")
    assert tab_texts(window) == ["Maria Lopez", "[Priya Nair]"]
    window.click("Close Priya Nair")
    # One is left, and with it no row.
    assert not window.find_all("Open customers")
    assert "Maria Lopez" in window.visible_texts()
    window.press(Key.Key_W, CTRL)
    assert window.sheet.sheet is None
    assert not window.view.window_actions["Close tab"].isEnabled()
    window.view.window_actions["Reopen closed tab"].trigger()
    await window.wait_for_text("Maria Lopez")


async def test_a_pinned_tab_is_first_and_never_replaced_or_closed(window: WindowDriver) -> None:
    await open_in_tabs(window, MARIA, TOM)
    window.view.window_actions["Pin tab"].trigger()
    assert tab_texts(window) == ["[Tom Reyes]", "Maria Lopez"]
    assert spoken_name(window, 0) == "Tom Reyes, pinned"
    window.press(Key.Key_W, CTRL)
    click_tab(window, 0, MIDDLE)
    assert tab_texts(window) == ["[Tom Reyes]", "Maria Lopez"]
    assert "pinned" in window.view.window_actions["Close tab"].statusTip()
    assert not window.find_all("Close Tom Reyes")
    await window.look_up(PRIYA)
    assert tab_texts(window) == ["Tom Reyes", "[Priya Nair]", "Maria Lopez"]
    # It stays before the others, wherever it is moved.
    window.press(Key.Key_1, ALT)
    window.press(Key.Key_PageDown, CTRL | SHIFT)
    assert tab_texts(window)[0] == "[Tom Reyes]"


async def test_tabs_are_moved_by_keys_mouse_and_menu(window: WindowDriver) -> None:
    await open_in_tabs(window, MARIA, TOM, PRIYA)
    window.press(Key.Key_PageUp, CTRL | SHIFT)
    assert tab_texts(window) == ["Maria Lopez", "[Priya Nair]", "Tom Reyes"]
    row, start = tab_bar(window), tab_center(window, 0)
    QTest.mousePress(row, Qt.MouseButton.LeftButton, NONE, start)
    for step in (20, 60, 120, 200, 300):
        QTest.mouseMove(row, start + QPoint(step, 0))
    QTest.mouseRelease(row, Qt.MouseButton.LeftButton, NONE, start + QPoint(300, 0))
    assert tab_texts(window)[-1] == "[Maria Lopez]"
    tabs = [window.window.tabs_model.views()[n].title for n in range(3)]
    assert tabs == ["Priya Nair", "Tom Reyes", "Maria Lopez"]
    where = tab_center(window, 1)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, where, row.mapToGlobal(where))
    QApplication.sendEvent(row, event)
    choose_in_menu("Move tab backward")
    assert tab_texts(window) == ["[Tom Reyes]", "Priya Nair", "Maria Lopez"]


async def test_half_typed_optout_stays_in_its_tab(window: WindowDriver) -> None:
    await window.look_up(MARIA)
    window.click("No marketing e-mail")
    window.type(" by phone")
    # Nobody replaces her: the next one gets a tab.
    await window.look_up(TOM)
    assert tab_texts(window) == ["Maria Lopez", "[Tom Reyes]"]
    assert spoken_name(window, 0) == "Maria Lopez, something typed is not saved yet"
    assert not window.find_all("Reason for the change")
    assert not window.sheet.has_unsaved_input
    window.press(Key.Key_PageUp, CTRL)
    await window.wait_until(lambda: window.find_all("Reason for the change"))
    form = window.find_one("Reason for the change", OptOutReasonForm)
    assert form.typed()[0].endswith(" by phone")
    assert window.sheet.has_unsaved_input
    window.press(Key.Key_PageDown, CTRL)
    await window.wait_for_text("Tom Reyes")
    # Closed by mistake, it is open again with one click, as it was left.
    window.press(Key.Key_1, ALT)
    window.press(Key.Key_W, CTRL)
    await window.wait_until(lambda: window.toast_texts)
    assert "Maria Lopez" in window.toast_texts[0]
    window.press(Key.Key_Z, CTRL)
    await window.wait_until(lambda: window.find_all("Reason for the change"))
    assert "[Maria Lopez]" in tab_texts(window)
    form = window.find_one("Reason for the change", OptOutReasonForm)
    assert form.typed()[0].endswith(" by phone")


async def test_half_typed_drawers_stay_in_their_tabs(window: WindowDriver) -> None:
    await open_in_tabs(window, "#48240", MARIA)
    window.press(Key.Key_M, CTRL | SHIFT)
    window.type("Call Maria back")
    window.press(Key.Key_Tab, CTRL)
    await window.wait_for_text("Tom Reyes")
    assert not window.view.findChildren(NoteDrawer)[0].isVisible()
    assert "not saved" in spoken_name(window, 1)
    window.press(Key.Key_E, CTRL | SHIFT)
    drawer = window.view.findChildren(EmailChangeDrawer)[0]
    await window.wait_until(drawer.isVisible)
    window.type("tom@third.example")
    window.press(Key.Key_Tab, CTRL)
    note = window.view.findChildren(NoteDrawer)[0]
    await window.wait_until(note.isVisible)
    assert "Call Maria back" in note.text_field.toPlainText()
    assert not drawer.isVisible()
    window.press(Key.Key_Tab, CTRL)
    await window.wait_until(drawer.isVisible)
    assert drawer.address_field.text() == "tom@third.example"
    assert not note.isVisible()
    # Esc forgets it, and the tab says nothing any more.
    window.press(Key.Key_Escape)
    assert "not saved" not in spoken_name(window, 0)


async def test_a_change_goes_to_the_tab_it_was_made_in(window: WindowDriver) -> None:
    await open_in_tabs(window, TOM, MARIA)
    # Old enough to be read again before it is edited; meanwhile another tab comes to the front.
    window.home.clock.offset_s += 400
    window.click("Happy")
    window.press(Key.Key_Tab, CTRL)
    await window.wait_for_text("Tom Reyes")
    await window.wait_until(lambda: window.toast_texts)
    assert window.toast_texts == ["Maria Lopez: health set to Happy"]
    assert window.newest_edits()[0].request.target.label == MARIA
    # The note would be about Tom's ticket: it is not offered.
    assert not [b for b in window.find_all("") if "Add note to" in b.objectName()]
    await window.wait_until(lambda: window.newest_edit_states() == ["done"])
    await window.wait_until(lambda: window.last_status_text.startswith(f"{MARIA}: "))


async def test_a_toast_adds_its_note_to_its_own_customer(window: WindowDriver) -> None:
    await open_in_tabs(window, TOM, "#48213")
    window.click("Happy")
    await window.wait_until(lambda: window.find_all("Add note to #48213"))
    window.press(Key.Key_Tab, CTRL)
    await window.wait_for_text("Tom Reyes")
    window.click("Add note to #48213")
    drawer = window.view.findChildren(NoteDrawer)[0]
    await window.wait_until(drawer.isVisible)
    assert drawer.subtitle_label.full_text() == "Maria Lopez"
    assert drawer.ticket_dropdown.value() == "48213"


async def test_a_tab_says_what_waits_in_it(window: WindowDriver) -> None:
    await open_in_tabs(window, MARIA, TOM)
    window.press(Key.Key_1, ALT)
    window.click("Winback", Switch)
    await window.wait_until(lambda: "1 change waits to be sent" in spoken_name(window, 0))
    window.press(Key.Key_2, ALT)
    await window.wait_until(lambda: "1 change waits to be sent" in spoken_name(window, 0))
    assert "1 change waits to be sent" in tab_bar(window).tabToolTip(0)
    window.advance_clock(11)
    await window.wait_until(lambda: "waits" not in spoken_name(window, 0))
    # Read again from the databases when it comes back to the front.
    window.press(Key.Key_1, ALT)
    await window.wait_until(lambda: not (window.sheet.sheet and window.sheet.sheet.pending_edits))


async def test_tabs_come_back_after_a_restart_as_ids_alone(window: WindowDriver) -> None:
    await open_in_tabs(window, MARIA, TOM, "wren@halloway.example")
    window.view.window_actions["Pin tab"].trigger()
    window.press(Key.Key_3, ALT)
    # A process that is killed has written it already.
    await window.wait_until(lambda: '"pinned": true' in saved_state(window))
    await window.wait_until(lambda: json.loads(saved_state(window))["tabs"][2]["current"])
    assert "@" not in saved_state(window)
    assert "Maria" not in saved_state(window)
    await window.reopen_window()
    assert tab_texts(window) == ["Wren Halloway", "Maria Lopez", "[Tom Reyes]"]
    assert spoken_name(window, 0) == "Wren Halloway, pinned"
    await window.wait_for_text("tom@old.example")
    # The others are looked up when they are shown.
    assert window.window.tabs_model.tabs[1].customer.sheet is None
    window.press(Key.Key_1, ALT)
    await window.wait_for_text("wren@halloway.example")


async def test_an_erased_customers_tab_closes_and_stays_closed(window: WindowDriver) -> None:
    await open_in_tabs(window, MARIA, TOM)
    window.press(Key.Key_1, ALT)
    window.click("No marketing e-mail")
    await window.pause(0.5)
    local = LocalDataService(window.house.workspace)
    signer = window.house.store.audit.signer
    assert window.sheet.sheet is not None
    ids = window.sheet.sheet.target_ids
    await local.erase_customer(ids, "Ada", window.home.clock.now(), signer)
    await window.wait_until(lambda: "Maria Lopez" not in window.visible_texts())
    assert "Tom Reyes" in window.visible_texts()
    assert "Its customer was erased from this computer." in window.visible_texts()
    assert not window.window.tabs_model.can_reopen
    await window.wait_until(lambda: "7701" not in saved_state(window))


async def test_erased_while_no_window_is_open_a_tab_is_not_restored(window: WindowDriver) -> None:
    await open_in_tabs(window, MARIA, TOM)
    await window.close_window()
    assert "7701" in saved_state(window)
    store = window.home.make_services()
    await LocalDataService(store.workspace).erase_customer(
        [MARIA, "7701"], "Ada", window.home.clock.now(), store.store.audit.signer
    )
    await store.close()
    assert "7701" not in saved_state(window)
    await window.open_window()
    await window.wait_for_text("Tom Reyes")
    assert not window.find_all("Open customers")


async def test_a_tab_of_somebody_not_kept_here_is_not_restored(window: WindowDriver) -> None:
    await open_in_tabs(window, MARIA, TOM)
    await window.close_window()
    file = WindowStateFile(window.house.workspace.state_path)
    state = file.read()
    # As a copy put back, or after the days that customers are kept.
    file.write(replace(state, tabs=(SavedTab("id:424242", is_current=True), *state.tabs)))
    await window.open_window()
    await window.wait_until(lambda: window.find_all("Open customers"))
    assert len(tab_texts(window)) == 2
    await window.wait_until(lambda: "424242" not in saved_state(window))


async def test_somebody_unknown_in_place_of_a_kept_customer_is_no_erasure(
    window: WindowDriver,
) -> None:
    await window.look_up(MARIA)
    await window.pause(0.2)
    await window.look_up("nobody@nowhere.example")
    await window.pause(0.4)
    assert window.sheet.sheet is not None
    assert "nobody@nowhere.example" in window.visible_texts()


async def test_signing_out_closes_every_tab(window: WindowDriver) -> None:
    await open_in_tabs(window, MARIA, TOM, PRIYA)
    window.view.window_actions["Pin tab"].trigger()
    window.press(Key.Key_W, CTRL)
    window.press(Key.Key_2, ALT)
    window.press(Key.Key_W, CTRL)
    await window.house.session.disconnect()
    await window.wait_until(lambda: window.sheet.sheet is None)
    assert not window.find_all("Open customers")
    assert [tab.customer.sheet for tab in window.window.tabs_model.tabs] == [None]
    assert not window.window.tabs_model.can_reopen
    assert not window.view.window_actions["Back"].isEnabled()


async def test_too_many_tabs_are_refused_with_a_sentence(
    window: WindowDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer_tabs_model, "MAX_TABS", 2)
    await open_in_tabs(window, MARIA, TOM, PRIYA)
    assert "2 customers are open already." in window.visible_texts()
    assert tab_texts(window) == ["Maria Lopez", "[Tom Reyes]"]


async def test_long_names_are_cut_with_the_whole_in_the_tooltip(window: WindowDriver) -> None:
    await open_in_tabs(window, MARIA, TOM)
    sheet = window.window.tabs_model.tabs[0].customer
    assert sheet.sheet is not None
    assert sheet.sheet.user.value is not None
    object.__setattr__(sheet.sheet.user.value, "name", "Maria <b>& " + "Long " * 30)
    window.sheet.tabs_affected.emit()
    row = tab_bar(window)
    assert row.tabRect(0).width() < 280
    assert "&lt;b&gt;&amp;" in row.tabToolTip(0)
    assert row.tabText(0).startswith("Maria <b>&& ")
    window.view.resize(392, 860)
    await window.pause(0.1)
    assert row.width() <= window.view.width()
    assert row.elideMode() is Qt.TextElideMode.ElideRight


async def test_screen_readers_hear_tabs_and_their_state(window: WindowDriver) -> None:
    await open_in_tabs(window, MARIA, TOM)
    window.click("No marketing e-mail")
    told = QAccessible.queryAccessibleInterface(tab_bar(window))
    assert told.role() is QAccessible.Role.PageTabList
    # Qt lets the bar speak of the tab in front; the row around it has the name.
    assert tab_bar(window).parentWidget().accessibleName() == "Open customers"
    tabs = [told.child(place) for place in range(told.childCount())]
    heard = [
        each.text(QAccessible.Text.Name)
        for each in tabs
        if each is not None and each.role() is QAccessible.Role.PageTab
    ]
    assert heard == ["Maria Lopez", "Tom Reyes, something typed is not saved yet"]
    buttons = window.find_all("Close Tom Reyes")
    assert min(buttons[0].width(), buttons[0].height()) >= 24


async def test_many_tabs_leave_a_narrow_window_its_width(window: WindowDriver) -> None:
    await open_in_tabs(window, MARIA, TOM, PRIYA, "dana@okafor.example", "wren@halloway.example")
    window.view.resize(392, 860)
    await window.pause(0.2)
    assert window.view.width() == 392
    row = tab_bar(window)
    new = window.find_one("New tab")
    assert new.mapTo(window.view, new.rect().topRight()).x() < 392
    # The one in front can be seen, the others are scrolled to.
    assert row.rect().intersects(row.tabRect(row.currentIndex()))
    for place in range(row.count()):
        window.press(Key.Key_Tab, CTRL)
        await window.pause(0.02)
        assert row.rect().contains(row.tabRect(row.currentIndex()).center()), place
    window.save_screenshot("tabs-many-narrow")


async def test_a_refused_link_in_a_new_tab_leaves_it_empty(window: WindowDriver) -> None:
    await window.look_up(MARIA)
    await look_up_apart(window, "https://other.zendesk.com/agent/tickets/48213")
    await window.wait_until(lambda: "Find a customer" in window.visible_texts())
    assert tab_texts(window) == ["Maria Lopez", "[New tab]"]
    window.press(Key.Key_Tab, CTRL)
    await window.wait_for_text("maria@lopez.example")


async def test_a_tab_open_behind_is_looked_up_to_its_end(window: WindowDriver) -> None:
    window.sandbox.control("POST", "speed", {"latency_ms": 300})
    await window.look_up(MARIA, finish=False)
    await window.pause(0.05)
    window.press(Key.Key_K, CTRL)
    window.type(TOM)
    window.press(Key.Key_Return, CTRL)
    await window.is_lookup_finished()
    window.sandbox.control("POST", "speed", {"latency_ms": 0})
    first = window.window.tabs_model.tabs[0].customer
    await window.wait_until(lambda: first.sheet is not None and first.sheet.is_complete)
    assert tab_texts(window) == ["Maria Lopez", "[Tom Reyes]"]
    assert "Tom Reyes" in window.visible_texts()
