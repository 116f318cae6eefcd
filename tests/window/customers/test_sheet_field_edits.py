"""Health, marks, fields, a missing profile: each is sent at once, confirmed, and taken back."""

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QTableView

from desktop.panels.customer.profile_fields_dialog import ProfileFieldsDialog
from desktop.panels.widgets.segmented_control import SegmentButton
from desktop.panels.widgets.switch import Switch
from tests.support.window_driver import CTRL, SHIFT, Key, WindowDriver


async def vars_of(desk: WindowDriver) -> dict[str, object]:
    found: dict[str, object] = (await desk.read_profile_officially())["vars"]
    return found


async def test_health_by_keyboard_is_sent_at_once_and_undone(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    await desk.tab_to("Neutral")
    desk.press(Key.Key_Right, times=2)
    assert not desk.toast_texts, "moving does not choose"
    desk.press(Key.Key_Return)
    await desk.wait_until(lambda: desk.last_status_text == "Health frustrated: Sailthru confirmed")
    assert (await vars_of(desk))["zendesk_health"] == "frustrated"
    assert desk.find_one("Frustrated", SegmentButton).isChecked()
    await desk.wait_until(lambda: "set by Ada Admin" in desk.visible_texts())
    desk.press(Key.Key_Z, CTRL)
    await desk.wait_until(lambda: desk.last_status_text == "Health neutral: Sailthru confirmed")
    assert (await vars_of(desk))["zendesk_health"] == "neutral"


async def test_health_unset_is_not_neutral(desk: WindowDriver) -> None:
    await desk.look_up("alex.kim@studio.example")
    assert not any(desk.find_one(name, SegmentButton).isChecked() for name in ("Neutral", "Happy"))
    assert "not set" in desk.visible_texts()
    desk.click("Happy")
    await desk.wait_until(lambda: desk.last_status_text == "Health happy: Sailthru confirmed")


async def test_sync_box_and_paused_mark_are_written_to_their_services(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    desk.click("Sync to Sailthru", Switch)
    await desk.wait_until(
        lambda: desk.last_status_text == "Sync to Sailthru off: Zendesk confirmed"
    )
    desk.click("Sync to Zendesk", Switch)
    await desk.wait_until(
        lambda: desk.last_status_text == "Sync to Zendesk off: Sailthru confirmed"
    )
    assert not (await vars_of(desk)).get("zendesk_sync")
    paths = [write["path"] for write in desk.sandbox.logged_writes()]
    assert paths == ["/api/v2/users/7701", "/user"]
    await desk.wait_until(lambda: "zendesk-sync-smart" not in desk.visible_texts(), within_s=8)


async def test_profile_field_is_edited_by_keyboard(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    await desk.tab_to("Show all 17")
    desk.press(Key.Key_Return)
    dialog = desk.view.findChild(ProfileFieldsDialog)
    assert dialog is not None
    await desk.wait_until(dialog.isActiveWindow)
    desk.type("city")
    table = dialog.findChild(QTableView)
    assert table is not None
    assert table.model().rowCount() == 1
    desk.press(Key.Key_Tab)
    desk.press(Key.Key_Down)
    table.setCurrentIndex(table.model().index(0, 0))
    fields = {w.accessibleName(): w for w in dialog.findChildren(QLineEdit)}
    assert fields["Field name"].text() == "city"
    desk.press(Key.Key_Tab, times=2)
    assert fields["Field value"].hasFocus()
    desk.press(Key.Key_A, CTRL)
    desk.type("Porto")
    desk.press(Key.Key_Return)
    await desk.wait_until(lambda: "confirmed" in desk.last_status_text)
    assert (await vars_of(desk))["city"] == "Porto"
    await desk.wait_until(lambda: table.model().index(0, 1).data() == "Porto")
    desk.press(Key.Key_Escape)
    await desk.wait_until(lambda: not dialog.isVisible())
    desk.view.activateWindow()
    await desk.wait_until(desk.view.isActiveWindow)
    desk.press(Key.Key_Z, CTRL)
    await desk.wait_until(lambda: "Lisbon" in desk.last_status_text)
    assert (await vars_of(desk))["city"] == "Lisbon"


async def test_profile_field_invalid_is_refused(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    desk.click("Show all 17")
    dialog = desk.view.findChild(ProfileFieldsDialog)
    assert dialog is not None
    fields = {w.accessibleName(): w for w in dialog.findChildren(QLineEdit)}
    for name, value in (("1 bad name", "x"), ("note", "{broken"), ("", "x")):
        fields["Field name"].setText(name)
        fields["Field value"].setText(value)
        QTest.keyClick(fields["Field value"], Key.Key_Return)
        assert dialog._message.text()
        assert dialog._message.isVisible()
    assert not desk.sandbox.logged_writes()


async def test_missing_profile_is_created_after_confirmation(desk: WindowDriver) -> None:
    await desk.look_up("noname@plain.example")
    assert "Sailthru has no profile for noname@plain.example." in desk.visible_texts()
    assert "There is nothing to opt out of yet." in desk.visible_texts()
    desk.save_screenshot("no-profile")
    await desk.tab_to("Create profile")
    desk.press(Key.Key_Return)
    await desk.wait_until(lambda: "Profile created" in desk.last_status_text)
    await desk.wait_until(lambda: desk.sheet.sheet.profile.value is not None)  # type: ignore[union-attr]
    await desk.wait_until(lambda: desk.find_all("Gets everything"))
    assert not desk.find_all("Create profile")


async def test_profile_create_as_agent_is_refused_with_reason(agent_desk: WindowDriver) -> None:
    desk = agent_desk
    await desk.look_up("noname@plain.example")
    create = desk.find_one("Create profile")
    assert not create.isEnabled()
    assert "may not create profiles" in create.accessibleDescription()


async def test_chosen_second_address_is_kept(desk: WindowDriver) -> None:
    await desk.look_up("j.doe@corp.example")
    assert "jdoe@home.example" in desk.visible_texts()
    await desk.tab_to("Use the profile of jdoe@home.example")
    desk.press(Key.Key_Return)
    await desk.wait_until(lambda: "jdoe@home.example, chosen here" in desk.visible_texts())
    await desk.wait_until(lambda: bool(desk.find_all("Gets everything")))
    assert not desk.sandbox.logged_writes(), "nothing is written to Sailthru"
    await desk.reopen_window()
    await desk.look_up("j.doe@corp.example")
    await desk.wait_until(lambda: "jdoe@home.example, chosen here" in desk.visible_texts())


async def test_chosen_address_is_reset_in_header(desk: WindowDriver) -> None:
    await desk.look_up("j.doe@corp.example")
    assert not desk.find_all("Match by address again")
    await desk.tab_to("Use the profile of jdoe@home.example")
    desk.press(Key.Key_Return)
    await desk.wait_until(lambda: "jdoe@home.example, chosen here" in desk.visible_texts())
    await desk.tab_to("Match by address again")
    desk.press(Key.Key_Return)
    await desk.wait_until(lambda: "chosen here" not in desk.visible_texts())
    await desk.is_lookup_finished()
    assert not desk.find_all("Match by address again")
    assert desk.find_all("Use the profile of jdoe@home.example")
    assert not desk.sandbox.logged_writes(), "nothing is written to Sailthru"
    await desk.reopen_window()
    await desk.look_up("j.doe@corp.example")
    assert "chosen here" not in desk.visible_texts()


async def test_change_elsewhere_is_not_overwritten(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    desk.click("Newsletter", Switch)
    await desk.wait_until(lambda: desk.waiting_edit_count == "1 change waiting")
    services = desk.house.session.services
    assert services.sailthru is not None
    from sailthru.sailthru_client import SailthruClient

    said = desk.sandbox.sailthru
    client = SailthruClient(said["api_key"], said["api_secret"], said["service_uri"])
    client.api_post("user", {"id": "maria@lopez.example", "vars": {"zendesk_health": "happy"}})
    before = len(desk.sandbox.logged_writes())
    desk.click("Frustrated")
    await desk.wait_until(lambda: "Nothing was sent" in desk.last_status_text)
    assert "Changed elsewhere, person unknown: it is now happy" in desk.last_status_text
    assert len(desk.sandbox.logged_writes()) == before
    await desk.wait_until(lambda: desk.find_one("Happy", SegmentButton).isChecked())
    assert (await vars_of(desk))["zendesk_health"] == "happy"


async def test_email_is_copied(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    desk.press(Key.Key_C, CTRL | SHIFT)
    assert QApplication.clipboard().text() == "maria@lopez.example"
    QApplication.clipboard().clear()
