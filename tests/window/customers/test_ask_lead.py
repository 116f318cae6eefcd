"""Ask a lead: asked without the right, seen by whoever has it, done under their own right."""

from PySide6.QtWidgets import QApplication, QWidget

from desktop.panels.activity_page import ActivityPage
from desktop.panels.customer.ask_lead_drawer import AskLeadDrawer
from desktop.panels.team_lead_request_list import TeamLeadRequestList
from desktop.panels.widgets.button import Button
from desktop.panels.widgets.switch import Switch
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.window_driver import CTRL, Key, WindowDriver
from tests.support.window_workspace import lasting_faults

NEWSLETTER = "Take off the list Newsletter"


def drawer_of(window: WindowDriver) -> AskLeadDrawer:
    return window.view.findChildren(AskLeadDrawer)[0]


def button(window: WindowDriver, name: str) -> Button:
    return window.find_one(name, Button)


async def become_admin(window: WindowDriver) -> None:
    """An admin signs in on the same computer, where the agent has worked."""
    await window.close_window()
    await window.home.set_up(window.sandbox.connection_document)
    await window.open_window()


async def ask_by_mouse(window: WindowDriver, why: str = "Moved to another brand") -> None:
    await window.look_up("#48213")
    window.click("Ask a lead about Lists")
    drawer = drawer_of(window)
    drawer.wanted_dropdown.chosen.emit(
        next(key for key, words in drawer._model.view().choices if words == NEWSLETTER)
    )
    window.click("Reason for the lead")
    window.type(why)
    window.click(drawer.ask_button)
    await window.wait_until(lambda: not drawer.isVisible())
    await window.wait_until(lambda: window.find_all(f"Withdraw: {NEWSLETTER}"))


async def test_agent_asks_and_a_lead_does_it_on_the_sheet(agent_window: WindowDriver) -> None:
    window = agent_window
    await ask_by_mouse(window)
    assert "Kim Park" in window.visible_texts()
    # Who asked can neither do it nor decline it, only take it back.
    do_it = button(window, f"Do it: {NEWSLETTER}")
    assert not do_it.isEnabled()
    assert "may not take customers off lists" in do_it.accessibleDescription()
    assert not window.find_all(f"Decline: {NEWSLETTER}")
    assert window.find_all(f"Withdraw: {NEWSLETTER}")
    assert not window.newest_edits(), "asking changes nothing"
    window.save_screenshot("ask-lead-asked")
    await become_admin(window)
    await window.look_up("maria@lopez.example")
    await window.wait_for_text("Moved to another brand")
    assert not window.find_all(f"Withdraw: {NEWSLETTER}")
    assert not window.find_all("Ask a lead about Lists")
    window.save_screenshot("ask-lead-on-sheet")
    window.click(f"Do it: {NEWSLETTER}")
    await window.wait_until(lambda: not window.find_all("Requests to a lead"))
    assert window.waiting_edit_count == "1 change waiting"
    (edit,) = window.newest_edits()
    assert edit.request.reason == "Moved to another brand (asked by Kim Park)"
    assert edit.actor == "Ada Admin"
    assert not window.find_one("Newsletter", Switch).isChecked()
    window.advance_clock(11)
    await window.wait_until(lambda: window.newest_edit_states() == ["done"])
    profile = await window.read_profile_officially(lists=1)
    assert "Newsletter" not in (profile["lists"] or {})
    await window.wait_for_text(f"Request done: {NEWSLETTER}, by Ada Admin")
    await window.wait_for_text(f"Asked a lead: {NEWSLETTER}, by Kim Park")


async def test_agent_asks_by_keyboard_alone(agent_window: WindowDriver) -> None:
    window = agent_window
    await window.look_up("tom@old.example")
    await window.tab_to("Ask a lead about Customer value")
    window.press(Key.Key_Return)
    drawer = drawer_of(window)
    assert QApplication.focusWidget() is drawer.reason_field
    assert drawer.wanted_dropdown.value().startswith("tag ")
    assert not controls_without_name(drawer)
    assert not drawer.ask_button.isEnabled()
    window.type("Has bought for 9,000 dollars")
    window.save_screenshot("ask-lead-drawer")
    assert not await lasting_faults(lambda: clipped_texts(drawer))
    window.press(Key.Key_Return, CTRL)
    await window.wait_until(lambda: not drawer.isVisible())
    await window.wait_for_text("Add the tag sailthru_highvalue")
    await window.tab_to("Withdraw: Add the tag sailthru_highvalue")
    window.press(Key.Key_Space)
    await window.wait_until(lambda: not window.find_all("Requests to a lead"))
    assert window.last_status_text == "Withdrawn."
    assert not window.newest_edits()


async def test_request_goes_onto_the_ticket_as_internal_note(agent_window: WindowDriver) -> None:
    window = agent_window
    await window.look_up("#48213")
    window.click("Ask a lead about Lists")
    drawer = drawer_of(window)
    assert drawer.ticket_dropdown.value() == "48213"
    window.type("Spam complaint")
    window.click(drawer.note_box)
    assert drawer.note_box.isChecked()
    window.press(Key.Key_Return, CTRL)
    await window.wait_until(lambda: not drawer.isVisible())
    (note,) = window.newest_edits()
    assert str(note.request.new).startswith("Kim Park asks a lead: ")
    # Without a ticket there is no note to add.
    window.click("Ask a lead about Lists")
    drawer.ticket_dropdown.chosen.emit("")
    assert not drawer.note_box.isEnabled()
    assert not drawer.note_box.isChecked()


async def test_half_typed_reason_is_kept(agent_window: WindowDriver) -> None:
    window = agent_window
    await window.look_up("#48213")
    window.click("Ask a lead about Lists")
    window.type("She said that")
    window.press(Key.Key_Escape)
    assert not drawer_of(window).isVisible()
    window.click("Ask a lead about Lists")
    assert drawer_of(window).reason_field.toPlainText() == "She said that"
    window.press(Key.Key_Escape)
    await window.reopen_window()
    await window.look_up("#48213")
    window.click("Ask a lead about Lists")
    await window.wait_until(lambda: drawer_of(window).reason_field.toPlainText() == "She said that")


async def test_same_request_twice_says_who_has_asked(agent_window: WindowDriver) -> None:
    window = agent_window
    await ask_by_mouse(window)
    window.click("Ask a lead about Lists")
    drawer = drawer_of(window)
    drawer.wanted_dropdown.chosen.emit(
        next(key for key, words in drawer._model.view().choices if words == NEWSLETTER)
    )
    window.type("Again")
    window.press(Key.Key_Return, CTRL)
    await window.wait_for_text("Kim Park has asked for this already.", drawer)
    assert drawer.isVisible()
    assert drawer.reason_field.toPlainText() == "Again"


async def test_lead_declines_in_activity(agent_window: WindowDriver) -> None:
    window = agent_window
    await ask_by_mouse(window)
    await become_admin(window)
    rail = window.view.navigation_rail
    await window.wait_until(lambda: rail._pages["activity"]._badge == "1")
    assert "1 request waits for a lead" in rail._pages["activity"].toolTip()
    window.view.show_page("activity")
    card = window.find_one("Requests to a lead")
    await window.wait_for_text(NEWSLETTER, card)
    assert not controls_without_name(card)
    window.save_screenshot("ask-lead-activity")
    window.click(f"Decline: {NEWSLETTER}")
    assert QApplication.focusWidget().accessibleName() == "Why it is declined"
    window.press(Key.Key_Return)
    decline = button(window, "Decline it")
    assert not decline.isEnabled()
    assert "Say why" in decline.accessibleDescription()
    window.type("She only wants fewer")
    window.save_screenshot("ask-lead-decline")
    window.press(Key.Key_Return)
    await window.wait_until(lambda: not window.find_all("Requests to a lead"))
    assert rail._pages["activity"]._badge == ""
    (ended,) = await window.house.store.team_lead_requests.list_recent()
    assert (ended.state.value, ended.answer) == ("declined", "She only wants fewer")
    assert not window.newest_edits()


async def test_request_in_activity_opens_its_customer(agent_window: WindowDriver) -> None:
    window = agent_window
    await ask_by_mouse(window)
    await window.look_up("tom@old.example")
    assert not window.find_all("Requests to a lead"), "of the customer shown alone"
    window.view.show_page("activity")
    window.click("maria@lopez.example", Button)
    await window.is_lookup_finished()
    await window.wait_for_text(NEWSLETTER)
    assert window.view.current_page == "customers"


async def test_nothing_is_asked_where_everything_is_allowed(window: WindowDriver) -> None:
    await window.look_up("#48213")
    assert not [w for w in window.view.findChildren(Button) if _asks(w)]
    window.view.window_actions["Ask a lead"].trigger()
    await window.wait_for_text("You may do all of it yourself.")


def _asks(widget: QWidget) -> bool:
    return widget.isVisible() and widget.accessibleName().startswith("Ask a lead")


async def test_long_list_of_requests_leaves_room_for_the_changes(window: WindowDriver) -> None:
    await window.look_up("#48213")
    await window.close_window()
    # As a file would be after a week: two hundred requests.
    from desktop.model.edit import EditKind, EditRequest, EditTarget
    from desktop.model.service import Service

    house = window.home.make_services()
    target = EditTarget(Service.SAILTHRU, "5e9f3c1b2a4d6e8f00713401", "maria@lopez.example")
    for number in range(200):
        request = EditRequest(EditKind.LIST, target, f"List {number}", False, True, "A reason " * 9)
        await house.store.team_lead_requests.add(request, "Kim Park", "zendesk:5", float(number))
    await house.close()
    await window.open_window()
    window.view.show_page("activity")
    await window.wait_for_text("200 open, the oldest 30 first")
    (page,) = window.view.findChildren(ActivityPage)
    card = window.find_one("Requests to a lead")
    assert card.height() < page.height() / 2
    (rows,) = card.findChildren(TeamLeadRequestList)
    assert rows.height() > card.height()
    window.save_screenshot("ask-lead-many")
    window.view.resize(380, 700)
    assert not await lasting_faults(lambda: clipped_texts(card))
    window.save_screenshot("ask-lead-narrow")
