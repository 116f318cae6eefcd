"""Health, marks, fields, a missing profile: each is sent at once, confirmed, and taken back."""

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QTableView

from desktop.panels.customer.profile_dialog import ProfileDialog
from desktop.panels.parts.segmented import Segment
from desktop.panels.parts.switch import Switch
from tests.window.desk import CTRL, SHIFT, Desk, Key


async def vars_of(desk: Desk) -> dict[str, object]:
    found: dict[str, object] = (await desk.said_by_sailthru())["vars"]
    return found


async def test_health_by_keyboard_is_sent_at_once_and_undone(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    await desk.tab_to("Neutral")
    desk.press(Key.Key_Right, times=2)
    assert not desk.toasts, "moving does not choose"
    desk.press(Key.Key_Return)
    await desk.until(lambda: desk.note == "Health frustrated: Sailthru confirmed")
    assert (await vars_of(desk))["zendesk_health"] == "frustrated"
    assert desk.one("Frustrated", Segment).isChecked()
    await desk.until(lambda: "set by Ada Admin" in desk.texts())
    desk.press(Key.Key_Z, CTRL)
    await desk.until(lambda: desk.note == "Health neutral: Sailthru confirmed")
    assert (await vars_of(desk))["zendesk_health"] == "neutral"


async def test_a_health_nobody_set_is_not_neutral(desk: Desk) -> None:
    await desk.look_up("alex.kim@studio.example")
    assert not any(desk.one(name, Segment).isChecked() for name in ("Neutral", "Happy"))
    assert "not set" in desk.texts()
    desk.click("Happy")
    await desk.until(lambda: desk.note == "Health happy: Sailthru confirmed")


async def test_box_and_mark_go_to_their_services(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    desk.click("Sync to Sailthru", Switch)
    await desk.until(lambda: desk.note == "Sync to Sailthru off: Zendesk confirmed")
    desk.click("Sync to Zendesk", Switch)
    await desk.until(lambda: desk.note == "Sync to Zendesk off: Sailthru confirmed")
    assert not (await vars_of(desk)).get("zendesk_sync")
    paths = [write["path"] for write in desk.sandbox.writes()]
    assert paths == ["/api/v2/users/7701", "/user"]
    await desk.until(lambda: "zendesk-sync-smart" not in desk.texts(), within_s=8)


async def test_a_field_is_changed_in_the_dialog_without_the_mouse(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    await desk.tab_to("Show all 17")
    desk.press(Key.Key_Return)
    dialog = desk.view.findChild(ProfileDialog)
    assert dialog is not None
    await desk.until(dialog.isActiveWindow)
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
    await desk.until(lambda: "confirmed" in desk.note)
    assert (await vars_of(desk))["city"] == "Porto"
    await desk.until(lambda: table.model().index(0, 1).data() == "Porto")
    desk.press(Key.Key_Escape)
    await desk.until(lambda: not dialog.isVisible())
    desk.view.activateWindow()
    await desk.until(desk.view.isActiveWindow)
    desk.press(Key.Key_Z, CTRL)
    await desk.until(lambda: "Lisbon" in desk.note)
    assert (await vars_of(desk))["city"] == "Lisbon"


async def test_a_field_that_cannot_be_is_refused_in_words(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    desk.click("Show all 17")
    dialog = desk.view.findChild(ProfileDialog)
    assert dialog is not None
    fields = {w.accessibleName(): w for w in dialog.findChildren(QLineEdit)}
    for name, value in (("1 bad name", "x"), ("note", "{broken"), ("", "x")):
        fields["Field name"].setText(name)
        fields["Field value"].setText(value)
        QTest.keyClick(fields["Field value"], Key.Key_Return)
        assert dialog._trouble.text()
        assert dialog._trouble.isVisible()
    assert not desk.sandbox.writes()


async def test_a_missing_profile_is_created_after_being_said_so(desk: Desk) -> None:
    await desk.look_up("noname@plain.example")
    assert "Sailthru has no profile for noname@plain.example." in desk.texts()
    assert "There is nothing to opt out of yet." in desk.texts()
    desk.shot("no-profile")
    await desk.tab_to("Create profile")
    desk.press(Key.Key_Return)
    await desk.until(lambda: "Profile created" in desk.note)
    await desk.until(lambda: desk.sheet.sheet.profile.value is not None)  # type: ignore[union-attr]
    await desk.until(lambda: desk.all("Gets everything"))
    assert not desk.all("Create profile")


async def test_agents_may_not_create_and_are_told(agent_desk: Desk) -> None:
    desk = agent_desk
    await desk.look_up("noname@plain.example")
    create = desk.one("Create profile")
    assert not create.isEnabled()
    assert "may not create profiles" in create.accessibleDescription()


async def test_another_address_is_chosen_and_stays_chosen(desk: Desk) -> None:
    await desk.look_up("j.doe@corp.example")
    assert "jdoe@home.example" in desk.texts()
    await desk.tab_to("Use the profile of jdoe@home.example")
    desk.press(Key.Key_Return)
    await desk.until(lambda: "jdoe@home.example, chosen here" in desk.texts())
    await desk.until(lambda: bool(desk.all("Gets everything")))
    assert not desk.sandbox.writes(), "nothing is written to Sailthru"
    await desk.again()
    await desk.look_up("j.doe@corp.example")
    await desk.until(lambda: "jdoe@home.example, chosen here" in desk.texts())


async def test_a_chosen_address_is_given_up_again_in_the_header(desk: Desk) -> None:
    await desk.look_up("j.doe@corp.example")
    assert not desk.all("Match by address again")
    await desk.tab_to("Use the profile of jdoe@home.example")
    desk.press(Key.Key_Return)
    await desk.until(lambda: "jdoe@home.example, chosen here" in desk.texts())
    await desk.tab_to("Match by address again")
    desk.press(Key.Key_Return)
    await desk.until(lambda: "chosen here" not in desk.texts())
    await desk.settled()
    assert not desk.all("Match by address again")
    assert desk.all("Use the profile of jdoe@home.example")
    assert not desk.sandbox.writes(), "nothing is written to Sailthru"
    await desk.again()
    await desk.look_up("j.doe@corp.example")
    assert "chosen here" not in desk.texts()


async def test_what_was_changed_elsewhere_is_not_overwritten(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    desk.click("Newsletter", Switch)
    await desk.until(lambda: desk.waiting == "1 change waiting")
    services = desk.house.live.services
    assert services.sailthru is not None
    from sailthru.sailthru_client import SailthruClient

    said = desk.sandbox.sailthru
    client = SailthruClient(said["api_key"], said["api_secret"], said["service_uri"])
    client.api_post("user", {"id": "maria@lopez.example", "vars": {"zendesk_health": "happy"}})
    before = len(desk.sandbox.writes())
    desk.click("Frustrated")
    await desk.until(lambda: "Nothing was sent" in desk.note)
    assert "Changed elsewhere, person unknown: it is now happy" in desk.note
    assert len(desk.sandbox.writes()) == before
    await desk.until(lambda: desk.one("Happy", Segment).isChecked())
    assert (await vars_of(desk))["zendesk_health"] == "happy"


async def test_copying_the_address(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    desk.press(Key.Key_C, CTRL | SHIFT)
    assert QApplication.clipboard().text() == "maria@lopez.example"
    QApplication.clipboard().clear()
