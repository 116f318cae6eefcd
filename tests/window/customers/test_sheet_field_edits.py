"""Health, marks, fields, a missing profile: each is sent at once, confirmed, and taken back."""

import asyncio

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QTableView
from sailthru.sailthru_client import SailthruClient

from desktop.panels.activity_page import ActivityPage
from desktop.panels.customer.profile_fields_dialog import ProfileFieldsDialog
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.segmented_control import SegmentButton
from desktop.panels.widgets.switch import Switch
from tests.support.window_driver import CTRL, NONE, SHIFT, Key, WindowDriver


async def vars_of(desk: WindowDriver) -> dict[str, object]:
    found: dict[str, object] = (await desk.read_profile_officially())["vars"]
    return found


async def test_older_change_is_not_offered_to_undo_over_a_newer_one(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    for name in ("Happy", "Frustrated"):
        window.click(name)
        done = f"Health {name.lower()}: Sailthru confirmed"
        await window.wait_until(lambda done=done: window.last_status_text == done)
    window.press(Key.Key_3, CTRL)
    page = window.view.findChild(ActivityPage)
    assert page is not None
    await window.wait_until(lambda: page.table.model().rowCount() == 2)
    page.select_row("1")
    await window.wait_until(lambda: not window.find_one("Undo").isEnabled())
    reason = window.find_one("Undo").toolTip()
    assert "A newer change stands over this one. It is by Ada Admin (" in reason
    page.select_row("2")
    await window.wait_until(lambda: window.find_one("Undo").isEnabled())


async def test_undo_all_takes_back_changes_of_one_value_in_their_order(
    window: WindowDriver,
) -> None:
    await window.look_up("maria@lopez.example")
    before = (await vars_of(window))["zendesk_health"]
    edits = []
    for name in ("Happy", "Frustrated"):
        window.click(name)
        done = f"Health {name.lower()}: Sailthru confirmed"
        await window.wait_until(lambda done=done: window.last_status_text == done)
        edits.append(window.newest_edits()[0].id)
    window.view.toast_manager.batch_triggered.emit(edits, "undo")
    await window.wait_until(lambda: window.newest_edit_states()[-2:] == ["undone", "undone"])
    assert (await vars_of(window))["zendesk_health"] == before
    assert not window.view.banner.isVisible()


async def write_vars(desk: WindowDriver, values: dict[str, object]) -> None:
    said = desk.sandbox.sailthru
    client = SailthruClient(said["api_key"], said["api_secret"], said["service_uri"])
    told = {"id": "maria@lopez.example", "vars": values}
    answer = await asyncio.to_thread(client.api_post, "user", told)
    assert answer.is_ok()


async def test_health_by_keyboard_is_sent_at_once_and_undone(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    await window.tab_to("Neutral")
    window.press(Key.Key_Right, times=2)
    assert not window.toast_texts, "moving does not choose"
    window.press(Key.Key_Return)
    await window.wait_until(
        lambda: window.last_status_text == "Health frustrated: Sailthru confirmed"
    )
    assert (await vars_of(window))["zendesk_health"] == "frustrated"
    assert window.find_one("Frustrated", SegmentButton).isChecked()
    await window.wait_until(lambda: "set by Ada Admin" in window.visible_texts())
    window.press(Key.Key_Z, CTRL)
    await window.wait_until(lambda: window.last_status_text == "Health neutral: Sailthru confirmed")
    assert (await vars_of(window))["zendesk_health"] == "neutral"


async def test_health_unset_is_not_neutral(window: WindowDriver) -> None:
    await window.look_up("alex.kim@studio.example")
    assert not any(
        window.find_one(name, SegmentButton).isChecked() for name in ("Neutral", "Happy")
    )
    assert "not set" in window.visible_texts()
    window.click("Happy")
    await window.wait_until(lambda: window.last_status_text == "Health happy: Sailthru confirmed")


async def test_sync_box_and_paused_mark_are_written_to_their_services(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.click("Sync to Sailthru", Switch)
    await window.wait_until(
        lambda: window.last_status_text == "Sync to Sailthru off: Zendesk confirmed"
    )
    window.click("Sync to Zendesk", Switch)
    await window.wait_until(
        lambda: window.last_status_text == "Sync to Zendesk off: Sailthru confirmed"
    )
    assert not (await vars_of(window)).get("zendesk_sync")
    paths = [write["path"] for write in window.sandbox.logged_writes()]
    assert paths == ["/api/v2/users/7701", "/user"]
    await window.wait_until(lambda: "zendesk-sync-smart" not in window.visible_texts(), within_s=8)


async def test_profile_field_is_edited_by_keyboard(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    await window.tab_to("Show all 17")
    window.press(Key.Key_Return)
    dialog = window.view.findChild(ProfileFieldsDialog)
    assert dialog is not None
    await window.wait_until(dialog.isActiveWindow)
    window.type("city")
    table = dialog.findChild(QTableView)
    assert table is not None
    assert table.model().rowCount() == 1
    window.press(Key.Key_Tab)
    window.press(Key.Key_Down)
    table.setCurrentIndex(table.model().index(0, 0))
    fields = {w.accessibleName(): w for w in dialog.findChildren(QLineEdit)}
    assert fields["Field name"].text() == "city"
    window.press(Key.Key_Tab, times=2)
    assert fields["Field value"].hasFocus()
    window.press(Key.Key_A, CTRL)
    window.type("Porto")
    window.press(Key.Key_Return)
    await window.wait_until(lambda: "confirmed" in window.last_status_text)
    assert (await vars_of(window))["city"] == "Porto"
    await window.wait_until(lambda: table.model().index(0, 1).data() == "Porto")
    window.press(Key.Key_Escape)
    await window.wait_until(lambda: not dialog.isVisible())
    window.view.activateWindow()
    await window.wait_until(window.view.isActiveWindow)
    window.press(Key.Key_Z, CTRL)
    await window.wait_until(lambda: "Lisbon" in window.last_status_text)
    assert (await vars_of(window))["city"] == "Lisbon"


async def test_profile_field_invalid_is_refused(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.click("Show all 17")
    dialog = window.view.findChild(ProfileFieldsDialog)
    assert dialog is not None
    fields = {w.accessibleName(): w for w in dialog.findChildren(QLineEdit)}
    for name, value in (("1 bad name", "x"), ("note", "{broken"), ("", "x")):
        dialog._type.set_value("object")
        fields["Field name"].setText(name)
        fields["Field value"].setText(value)
        QTest.keyClick(fields["Field value"], Key.Key_Return)
        assert dialog._message.text()
        assert dialog._message.isVisible()
    assert not window.sandbox.logged_writes()


async def open_fields(window: WindowDriver, name: str) -> ProfileFieldsDialog:
    """Open the dialog and choose a field by the filter and the table, with the keyboard."""
    await window.look_up("maria@lopez.example")
    if not window.find_all("All profile data"):
        window.click(
            next(b for b in window.view.findChildren(LinkButton) if b.text().startswith("Show all"))
        )
    dialog = window.view.findChild(ProfileFieldsDialog)
    assert dialog is not None
    await window.wait_until(dialog.isActiveWindow)
    choose_field(dialog, name)
    return dialog


def choose_field(dialog: ProfileFieldsDialog, name: str) -> None:
    dialog._filter.setText(name)
    table = dialog._table
    rows = [table.model().index(row, 0) for row in range(table.model().rowCount())]
    (index,) = [each for each in rows if each.data() == name]
    QTest.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, NONE, table.visualRect(index).center()
    )
    assert dialog._name.text() == name


def save_value(dialog: ProfileFieldsDialog, text: str) -> None:
    dialog._value.setFocus()
    QTest.keyClick(dialog._value, Key.Key_A, CTRL)
    QTest.keyClicks(dialog._value, text)
    QTest.keyClick(dialog._value, Key.Key_Return)


TYPED = {"plz": "01234", "visits": 7, "is_vip": True, "colors": ["red"], "size": {"shoe": 42}}


async def test_profile_field_keeps_its_type(window: WindowDriver) -> None:
    await write_vars(window, TYPED)
    dialog = await open_fields(window, "plz")
    for name, shown, typed, kept in (
        ("plz", "01234", "48213", "48213"),
        ("plz", "48213", "true", "true"),
        ("visits", "7", "eight", None),
        ("visits", "7", '"8"', None),
        ("visits", "7", "8", 8),
        ("is_vip", "true", "0", None),
        ("is_vip", "true", "no", False),
        ("colors", '["red"]', "red, blue", None),
        ("colors", '["red"]', '["red","blue"]', ["red", "blue"]),
        ("size", '{"shoe":42}', "[]", None),
    ):
        edits = len(window.newest_edits())
        # By another one: what was typed and refused before stands in its field.
        choose_field(dialog, "size" if name != "size" else "plz")
        choose_field(dialog, name)
        assert dialog._value.text() == shown
        assert not dialog._type.isEnabled()
        save_value(dialog, typed)
        if kept is None:
            assert "Nothing was saved. Type it like" in dialog._message.text(), typed
            assert len(window.newest_edits()) == edits
            continue
        sent = ["done"] * (edits + 1)
        await window.wait_until(lambda sent=sent: window.newest_edit_states() == sent)
        await window.wait_until(lambda: "confirmed" in dialog._message.text())
        stored = (await vars_of(window))[name]
        assert stored == kept
        assert type(stored) is type(kept)


async def test_profile_field_saved_unchanged_changes_nothing(window: WindowDriver) -> None:
    await write_vars(window, {**TYPED, "note": "two\nlines"})
    dialog = await open_fields(window, "plz")
    for name in (*TYPED, "note"):
        choose_field(dialog, name)
        dialog._value.setFocus()
        QTest.keyClick(dialog._value, Key.Key_Return)
        assert dialog._message.text() == f"{name} has this value already. Nothing was changed."
    await window.pause(0.1)
    assert not window.newest_edits()


async def test_profile_field_that_fairlead_reads_is_protected(window: WindowDriver) -> None:
    named = ("zendesk_health", "zendesk_sync", "customer_value", "rev_365")
    await write_vars(window, dict.fromkeys(named, 1))
    dialog = await open_fields(window, "zendesk_health")
    for name in named:
        choose_field(dialog, name)
        assert not dialog._value.isEnabled()
        assert not dialog._save.isEnabled()
        assert "Fairlead reads" in dialog._message.text() or "switch" in dialog._message.text()
    window.save_screenshot("profile-protected", dialog)
    # Nor by typing its name.
    choose_field(dialog, "city")
    assert dialog._save.isEnabled()
    assert not dialog._message.isVisible()
    QTest.keyClick(dialog._name, Key.Key_A, CTRL)
    QTest.keyClicks(dialog._name, "rev_365")
    assert not dialog._save.isEnabled()


async def test_profile_field_is_undone_inside_the_dialog(window: WindowDriver) -> None:
    dialog = await open_fields(window, "city")
    assert not dialog._undo.isVisible()
    save_value(dialog, "Porto")
    await window.wait_until(lambda: "confirmed" in dialog._message.text())
    assert (await vars_of(window))["city"] == "Porto"
    # The row and its place in the table stay while its value moves.
    assert dialog._table.currentIndex().siblingAtColumn(1).data() == "Porto"
    window.save_screenshot("profile-saved", dialog)
    window.click(dialog._undo)
    await window.wait_until(lambda: "= Lisbon" in dialog._message.text())
    assert (await vars_of(window))["city"] == "Lisbon"
    assert not dialog._undo.isVisible()
    assert dialog.isVisible()


async def test_new_profile_field_has_the_chosen_type(window: WindowDriver) -> None:
    dialog = await open_fields(window, "city")
    QTest.keyClick(dialog._name, Key.Key_A, CTRL)
    QTest.keyClicks(dialog._name, "shoe_size")
    assert dialog._type.isEnabled()
    dialog._type.setFocus()
    QTest.keyClick(dialog._type, Key.Key_N)
    save_value(dialog, "42")
    await window.wait_until(lambda: "confirmed" in dialog._message.text())
    assert (await vars_of(window))["shoe_size"] == 42


async def test_missing_profile_is_created_after_confirmation(window: WindowDriver) -> None:
    await window.look_up("noname@plain.example")
    assert "Sailthru has no profile for noname@plain.example." in window.visible_texts()
    assert "There is nothing to opt out of yet." in window.visible_texts()
    window.save_screenshot("no-profile")
    await window.tab_to("Create profile")
    window.press(Key.Key_Return)
    await window.wait_until(lambda: "Profile created" in window.last_status_text)
    await window.wait_until(lambda: window.sheet.sheet.profile.value is not None)  # type: ignore[union-attr]
    await window.wait_until(lambda: window.find_all("Gets everything"))
    assert not window.find_all("Create profile")


async def test_profile_create_as_agent_is_refused_with_reason(agent_window: WindowDriver) -> None:
    desk = agent_window
    await desk.look_up("noname@plain.example")
    create = desk.find_one("Create profile")
    assert not create.isEnabled()
    assert "may not create profiles" in create.accessibleDescription()


async def test_chosen_second_address_is_kept(window: WindowDriver) -> None:
    await window.look_up("j.doe@corp.example")
    assert "jdoe@home.example" in window.visible_texts()
    await window.tab_to("Use the profile of jdoe@home.example")
    window.press(Key.Key_Return)
    await window.wait_until(lambda: "jdoe@home.example, chosen here" in window.visible_texts())
    await window.wait_until(lambda: bool(window.find_all("Gets everything")))
    assert not window.sandbox.logged_writes(), "nothing is written to Sailthru"
    await window.reopen_window()
    await window.look_up("j.doe@corp.example")
    await window.wait_until(lambda: "jdoe@home.example, chosen here" in window.visible_texts())


async def test_chosen_address_is_reset_in_header(window: WindowDriver) -> None:
    await window.look_up("j.doe@corp.example")
    assert not window.find_all("Match by address again")
    await window.tab_to("Use the profile of jdoe@home.example")
    window.press(Key.Key_Return)
    await window.wait_until(lambda: "jdoe@home.example, chosen here" in window.visible_texts())
    await window.tab_to("Match by address again")
    window.press(Key.Key_Return)
    await window.wait_until(lambda: "chosen here" not in window.visible_texts())
    await window.is_lookup_finished()
    assert not window.find_all("Match by address again")
    assert window.find_all("Use the profile of jdoe@home.example")
    assert not window.sandbox.logged_writes(), "nothing is written to Sailthru"
    await window.reopen_window()
    await window.look_up("j.doe@corp.example")
    assert "chosen here" not in window.visible_texts()


async def test_change_elsewhere_is_not_overwritten(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.click("Newsletter", Switch)
    await window.wait_until(lambda: window.waiting_edit_count == "1 change waiting")
    services = window.house.session.clients
    assert services.sailthru is not None
    said = window.sandbox.sailthru
    client = SailthruClient(said["api_key"], said["api_secret"], said["service_uri"])
    client.api_post("user", {"id": "maria@lopez.example", "vars": {"zendesk_health": "happy"}})
    before = len(window.sandbox.logged_writes())
    window.click("Frustrated")
    await window.wait_until(lambda: "Nothing was sent" in window.last_status_text)
    assert "Changed elsewhere, person unknown: it is now happy" in window.last_status_text
    assert len(window.sandbox.logged_writes()) == before
    await window.wait_until(lambda: window.find_one("Happy", SegmentButton).isChecked())
    assert (await vars_of(window))["zendesk_health"] == "happy"


async def test_email_is_copied(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.press(Key.Key_C, CTRL | SHIFT)
    assert QApplication.clipboard().text() == "maria@lopez.example"
    QApplication.clipboard().clear()
