"""Change e-mail: the drawer, its check and choice, the steps, and what is left of a stop."""

import json
from typing import Any

from PySide6.QtWidgets import QApplication, QLineEdit
from shiboken6 import delete

from desktop.model.address_difference import PrimaryAddressChange
from desktop.model.permission import Permission, Role
from desktop.panels.activity_page import ActivityPage
from desktop.panels.customer.email_change_drawer import EmailChangeDrawer
from desktop.settings.settings_table import PERMISSION_SETTINGS
from tests.support.accessibility_checks import clipped_texts
from tests.support.customer_tabs_driver import look_up_apart
from tests.support.window_driver import CTRL, SHIFT, Key, WindowDriver
from tests.support.window_workspace import lasting_faults

_TOM = "5f1c7d02a9be4c3300240012"


def drawer_of(window: WindowDriver) -> EmailChangeDrawer:
    return window.view.findChildren(EmailChangeDrawer)[0]


async def open_drawer(window: WindowDriver, who: str, address: str) -> EmailChangeDrawer:
    """Look somebody up, open the drawer by its shortcut, and type an address."""
    await window.look_up(who)
    window.press(Key.Key_E, CTRL | SHIFT)
    drawer = drawer_of(window)
    assert drawer.isVisible()
    assert QApplication.focusWidget() is drawer.address_field
    window.type(address)
    return drawer


async def read_tom(window: WindowDriver) -> dict[str, Any]:
    from tests.support.window_sandbox import read_profile_officially

    fields = {"keys": 1, "lists": 1, "vars": 1, "optout_email": 1}
    return read_profile_officially(window.sandbox, _TOM, fields)


async def is_finished(window: WindowDriver) -> None:
    model = window.window.make_drawer_models().email_change
    await window.wait_until(lambda: model.view().is_finished, within_s=20)


async def test_change_email_plain_case_is_typed_and_sent_by_ctrl_enter(
    window: WindowDriver,
) -> None:
    drawer = await open_drawer(window, "tom@old.example", "tom@third.example")
    window.press(Key.Key_Return, CTRL)
    await is_finished(window)
    assert drawer.change_button.plain_text() == "Close"
    texts = window.visible_texts(drawer)
    assert "You can take it back for 24 hours." in texts
    assert "Keep tom@old.example as second address" in texts
    found = await read_tom(window)
    assert found["keys"]["email"] == "tom@third.example"
    assert set(found["lists"]) == {"Newsletter", "VIP Offers"}
    window.save_screenshot("change-email-done")
    window.press(Key.Key_Escape)
    await window.is_lookup_finished()
    assert window.sheet.sheet is not None
    assert window.sheet.sheet.address == "tom@third.example"


async def test_change_email_asks_before_two_profiles_become_one(window: WindowDriver) -> None:
    drawer = await open_drawer(window, "tom@old.example", "tom@new.example")
    await window.wait_until(lambda: "Another profile" in window.visible_texts(drawer))
    assert not drawer.change_button.isEnabled()
    assert drawer.policy_control.value() is None, "merging is never preselected"
    window.press(Key.Key_Return, CTRL)
    assert window.window.make_drawer_models().email_change.progress is None
    window.click(drawer.policy_control.segment("merge"))
    assert drawer.change_button.plain_text() == "Change e-mail and merge"
    assert "can’t be undone" in window.visible_texts(drawer)
    window.save_screenshot("change-email-merge")
    window.press(Key.Key_Return, CTRL)
    await is_finished(window)
    found = await read_tom(window)
    assert found["keys"]["email"] == "tom@new.example"
    assert set(found["lists"]) == {"Newsletter", "VIP Offers", "Winback"}
    assert not drawer.take_back_button.isVisible()


async def test_change_email_that_stops_is_told_after_a_restart_and_resumed(
    window: WindowDriver,
) -> None:
    drawer = await open_drawer(window, "tom@old.example", "tom@third.example")
    window.sandbox.add_fault("sailthru:POST /user:400", times=None)
    window.press(Key.Key_Return, CTRL)
    await window.wait_until(
        lambda: drawer.change_button.plain_text() == "Resume at step 4", within_s=20
    )
    assert "Zendesk has the new address, Sailthru the old one." in window.visible_texts(drawer)
    window.save_screenshot("change-email-halfway")
    window.sandbox.clear_faults()
    await window.reopen_window()
    await window.look_up("tom@old.example")
    await window.wait_until(lambda: "has stopped" in window.visible_texts())
    window.save_screenshot("change-email-banner")
    window.click("Finish it…")
    drawer = drawer_of(window)
    assert drawer.change_button.plain_text() == "Resume at step 4"
    window.press(Key.Key_Return, CTRL)
    await is_finished(window)
    assert (await read_tom(window))["keys"]["email"] == "tom@third.example"


async def test_change_email_is_taken_back_from_the_drawer(window: WindowDriver) -> None:
    drawer = await open_drawer(window, "tom@old.example", "tom@third.example")
    window.press(Key.Key_Return, CTRL)
    await is_finished(window)
    model = window.window.make_drawer_models().email_change
    first = model.progress
    assert first is not None
    window.click(drawer.take_back_button)
    await window.wait_until(
        lambda: (
            model.progress is not None
            and model.progress.change.undoes == first.change.id
            and model.progress.change.ended_at is not None
        ),
        within_s=20,
    )
    assert (await read_tom(window))["keys"]["email"] == "tom@old.example"
    assert not drawer.take_back_button.isVisible()


async def test_failed_step_of_a_change_that_was_taken_back_waits_for_nobody(
    window: WindowDriver,
) -> None:
    drawer = await open_drawer(window, "tom@old.example", "tom@third.example")
    window.sandbox.add_fault("sailthru:POST /user:400", times=None)
    window.press(Key.Key_Return, CTRL)
    await window.wait_until(
        lambda: drawer.change_button.plain_text() == "Resume at step 4", within_s=20
    )
    window.sandbox.clear_faults()
    factory = window.window.page_factory
    assert factory is not None
    activity = factory._activity_model
    await window.wait_until(lambda: activity.attention_count == 1)
    window.click(drawer.take_back_button)
    await window.wait_until(lambda: activity.attention_count == 0, within_s=20)
    assert (await read_tom(window))["keys"]["email"] == "tom@old.example"


async def test_change_email_drawer_keeps_the_keyboard_and_says_what_is_wrong(
    window: WindowDriver,
) -> None:
    drawer = await open_drawer(window, "tom@old.example", "maria@lopez.example")
    await window.wait_until(lambda: "Taken by Maria Lopez" in window.visible_texts(drawer))
    assert not drawer.change_button.isEnabled()
    window.save_screenshot("change-email-taken")
    for _ in range(12):
        window.press(Key.Key_Tab)
        focus = QApplication.focusWidget()
        assert focus is not None
        assert drawer.isAncestorOf(focus)
    window.press(Key.Key_K, CTRL)
    assert drawer.isVisible()
    drawer.address_field.setFocus()
    drawer.address_field.selectAll()
    window.type("a@@b")
    await window.wait_until(lambda: "is not an e-mail address" in window.visible_texts(drawer))
    window.press(Key.Key_Escape)
    assert not drawer.isVisible()
    assert not window.sheet.has_unsaved_input


def change_tom_in_zendesk(
    window: WindowDriver, address: str = "tom@third.example", *, removes_old: bool = False
) -> None:
    path, headers = "/api/v2/users/7702/identities", window.sandbox.basic_auth_headers()

    def ask(method: str, more: str = "", body: str | None = None) -> Any:
        return window.sandbox.http("zendesk", method, f"{path}{more}", body, headers).body

    identity = {"type": "email", "value": address, "verified": True}
    made = ask("POST", body=json.dumps({"identity": identity}))["identity"]
    ask("PUT", f"/{made['id']}/make_primary", "{}")
    if removes_old:
        listed = ask("GET")["identities"]
        (old,) = [one["id"] for one in listed if one["value"] == "tom@old.example"]
        ask("DELETE", f"/{old}")


async def look_up_tom_changed_in_zendesk(window: WindowDriver) -> None:
    change_tom_in_zendesk(window)
    await window.look_up("id:7702")
    await window.wait_for_text("Zendesk has the new address, Sailthru the old one.")


async def test_address_changed_in_zendesk_is_told_and_taken_over(window: WindowDriver) -> None:
    """Somebody made another address the primary one there; Sailthru still has the former."""
    await look_up_tom_changed_in_zendesk(window)
    window.click("Change it in Sailthru…")
    drawer = drawer_of(window)
    assert drawer.address_field.text() == "tom@third.example"
    await window.wait_until(lambda: drawer.change_button.isEnabled())
    window.press(Key.Key_Return, CTRL)
    await is_finished(window)
    assert (await read_tom(window))["keys"]["email"] == "tom@third.example"


async def test_address_changed_in_zendesk_is_let_be_where_so_chosen(window: WindowDriver) -> None:
    await look_up_tom_changed_in_zendesk(window)
    window.save_screenshot("address-differs")
    window.click("Leave it")
    await window.wait_until(lambda: "has the new address" not in window.visible_texts())
    await window.reopen_window()
    await window.look_up("id:7702")
    await window.pause(0.2)
    assert "has the new address" not in window.visible_texts()
    assert (await read_tom(window))["keys"]["email"] == "tom@old.example"


async def test_address_changed_to_one_with_a_profile_is_decided_in_the_drawer(
    window: WindowDriver,
) -> None:
    """Sailthru has a profile at each: the sheet shows the one at the primary address."""
    await window.look_up("id:7702")
    change_tom_in_zendesk(window, "tom@new.example")
    window.house.store.address_differences.note_found.blocking(
        [PrimaryAddressChange(7702, "Tom Reyes", "tom@old.example", "tom@new.example")], 0.0
    )
    await window.house.address_watch.check_all()
    await window.look_up("id:7702")
    await window.wait_for_text(
        "The profile at tom@old.example is not shown here: it may be theirs too."
    )
    window.save_screenshot("address-differs-hidden")
    window.click("Show that one")
    await window.wait_for_text("mail from Sailthru still goes to tom@old.example")
    # Its button comes once the customer is read whole.
    await window.wait_until(lambda: window.find_all("Change it in Sailthru…"))
    window.click("Change it in Sailthru…")
    drawer = drawer_of(window)
    await window.wait_for_text("Another profile", drawer)
    window.click(drawer.policy_control.segment("keep"))
    assert drawer.change_button.plain_text() == "Keep both"
    window.save_screenshot("address-differs-drawer")
    window.press(Key.Key_Return, CTRL)
    await window.wait_until(lambda: not drawer.isVisible())
    assert "has the new address" not in window.visible_texts()
    assert (await read_tom(window))["keys"]["email"] == "tom@old.example"


async def test_address_found_by_a_feed_is_listed_in_activity_and_taken_over_from_there(
    window: WindowDriver,
) -> None:
    await window.look_up("maria@lopez.example")
    change_tom_in_zendesk(window)
    window.house.store.address_differences.note_found.blocking(
        [PrimaryAddressChange(7702, "Tom Reyes", "tom@old.example", "tom@third.example")], 0.0
    )
    await window.house.address_watch.check_all()
    window.window.main_window.show_page("activity")
    await window.wait_until(lambda: window.find_all("Needs a person"))
    window.click("Needs a person")
    (page,) = window.view.findChildren(ActivityPage)
    await window.wait_until(lambda: page.table.model().rowCount() == 1)
    page.select_row("address:7702")
    await window.wait_for_text("Zendesk has the new address, Sailthru the old one.", page)
    assert "tom@third.example" in window.visible_texts(page)
    window.save_screenshot("activity-address-differs")
    window.click("Open customer")
    await window.is_lookup_finished()
    await window.wait_for_text("Zendesk has the new address, Sailthru the old one.")


async def test_agent_may_change_email_and_not_merge(agent_window: WindowDriver) -> None:
    drawer = await open_drawer(agent_window, "tom@old.example", "tom@new.example")
    await agent_window.wait_until(lambda: "Another profile" in agent_window.visible_texts(drawer))
    merge = drawer.policy_control.segment("merge")
    assert not merge.isEnabled()
    assert "merge two Sailthru profiles" in merge.toolTip()
    agent_window.click(drawer.policy_control.segment("keep"))
    assert drawer.change_button.isEnabled()
    # An admin's process takes the right away; this window has not heard of it.
    path = agent_window.home.workspace.settings_path
    document = json.loads(path.read_text())
    document["settings"][PERMISSION_SETTINGS[Role.AGENT, Permission.CHANGE_EMAIL].key] = False
    path.write_text(json.dumps(document))
    agent_window.click(drawer.change_button)
    await agent_window.wait_until(
        lambda: "may not change e-mail addresses" in agent_window.visible_texts(drawer)
    )
    assert "Not sent: not allowed now" in agent_window.visible_texts(drawer)
    assert agent_window.sandbox.logged_writes() == []
    assert {edit.state.value for edit in agent_window.newest_edits()} == {"queued"}


async def test_change_email_fits_a_narrow_window_in_both_themes(window: WindowDriver) -> None:
    drawer = await open_drawer(window, "tom@old.example", "tom@new.example")
    await window.wait_until(lambda: "Another profile" in window.visible_texts(drawer))
    window.click(drawer.policy_control.segment("merge"))
    window.click(drawer.steps_fold)
    for theme in ("LIGHT", "DARK"):
        window.window.theme.choose(type(window.window.theme.choice)[theme])
        for width in (1280, 392):
            window.view.resize(width, 820)
            assert not await lasting_faults(lambda: clipped_texts(drawer))
            assert drawer.width() <= width
            # Wide enough for an address, also where it does not fit beside the old one.
            assert drawer.address_field.width() >= 200
            window.save_screenshot(f"change-email-{theme.lower()}-{width}")


async def test_change_email_says_from_which_address_the_ticket_came(window: WindowDriver) -> None:
    drawer = await open_drawer(window, "#48240", "tom@third.example")
    await window.wait_until(lambda: "#48240 was written from" in window.visible_texts(drawer))
    assert "From the customer" in window.visible_texts(drawer)


async def test_change_email_left_while_it_was_checked_is_not_sent_by_opening_it_again(
    window: WindowDriver,
) -> None:
    await look_up_tom_changed_in_zendesk(window)
    window.click("Change it in Sailthru…")
    window.press(Key.Key_Return, CTRL)
    window.press(Key.Key_Escape)
    window.click("Change it in Sailthru…")
    drawer = drawer_of(window)
    await window.wait_until(drawer.change_button.isEnabled)
    await window.pause(0.3)
    assert window.window.make_drawer_models().email_change.progress is None
    assert (await read_tom(window))["keys"]["email"] == "tom@old.example"


async def test_change_email_closes_with_its_customer(window: WindowDriver) -> None:
    drawer = await open_drawer(window, "tom@old.example", "tom@third.example")
    # Whatever replaces the sheet: a ticket that is followed, signing out.
    window.sheet.open_text("maria@lopez.example")
    await window.wait_until(lambda: not drawer.isVisible())
    assert not window.sheet.has_unsaved_input
    await window.is_lookup_finished()
    window.press(Key.Key_E, CTRL | SHIFT)
    assert drawer.isVisible()
    assert drawer.address_field.text() == ""
    window.sheet.close_sheet()
    assert not drawer.isVisible()


async def test_change_email_closes_where_the_control_it_was_opened_from_is_gone(
    window: WindowDriver,
) -> None:
    field = QLineEdit(window.view)
    field.show()
    await window.look_up("tom@old.example")
    field.setFocus()
    window.press(Key.Key_E, CTRL | SHIFT)
    drawer = drawer_of(window)
    delete(field)
    window.press(Key.Key_Escape)
    assert not drawer.isVisible()
    assert not window.window.make_drawer_models().email_change.progress


async def test_customer_without_a_profile_is_not_given_a_strangers_unseen(
    window: WindowDriver,
) -> None:
    drawer = await open_drawer(window, "noname@plain.example", "wren@halloway.example")
    window.press(Key.Key_Return, CTRL)
    await window.wait_for_text("This customer has none", drawer)
    await window.pause(0.1)
    # The click came before the warning could be read: nothing was sent.
    assert window.window.make_drawer_models().email_change.view().can_type
    assert drawer.change_button.isEnabled()
    window.save_screenshot("change-email-gains-profile")
    window.press(Key.Key_Return, CTRL)
    await is_finished(window)


async def test_change_email_resumed_behind_another_tab_is_of_its_own_customer(
    window: WindowDriver,
) -> None:
    await window.look_up("maria@lopez.example")
    await look_up_apart(window, "tom@old.example")
    window.press(Key.Key_E, CTRL | SHIFT)
    drawer = drawer_of(window)
    window.type("tom@third.example")
    window.sandbox.add_fault("sailthru:POST /user:400", times=None)
    window.press(Key.Key_Return, CTRL)
    await window.wait_until(
        lambda: drawer.change_button.plain_text() == "Resume at step 4", within_s=20
    )
    window.sandbox.clear_faults()
    # Read again before it goes on, which takes a while: another tab comes to the front.
    window.sandbox.control("POST", "speed", {"latency_ms": 250})
    window.press(Key.Key_Return, CTRL)
    await window.pause(0.1)
    window.press(Key.Key_Tab, CTRL)
    await window.wait_for_text("maria@lopez.example")
    window.sandbox.control("POST", "speed", {"latency_ms": 0})

    async def toms_address() -> str:
        return str((await read_tom(window))["keys"]["email"])

    for _ in range(100):
        if await toms_address() == "tom@third.example":
            break
        await window.pause(0.1)
    assert await toms_address() == "tom@third.example"
    # The drawer of the customer in front knows nothing of it.
    model = window.window.make_drawer_models().email_change
    assert model.progress is None
    assert window.sheet.sheet is not None
    assert window.sheet.sheet.address == "maria@lopez.example"
