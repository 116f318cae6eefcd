"""Reasons and notes that a lead prepares: offered filled in, edited in the settings, by right."""

from PySide6.QtWidgets import QApplication, QComboBox

from desktop.panels.customer.note_drawer import NoteDrawer
from desktop.panels.settings.note_templates_card import NoteTemplatesCard
from desktop.panels.settings_page import SettingsPage
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.window_driver import CTRL, Key, WindowDriver


def offered_reasons(window: WindowDriver) -> list[str]:
    box = window.find_one("Reason", QComboBox)
    return [box.itemText(place) for place in range(box.count())]


async def test_prepared_reasons_are_offered_filled(window: WindowDriver) -> None:
    window.house.session.change_settings(
        {"texts.reasons": ["{name} asked on #{ticket}", "Phone call", "{address} bounced"]}
    )
    await window.look_up("#48213")
    window.click("No marketing e-mail")
    assert offered_reasons(window) == [
        "Maria Lopez asked on #48213",
        "Phone call",
        "maria@lopez.example bounced",
    ]
    window.press(Key.Key_Return, CTRL)
    await window.wait_until(lambda: "Sailthru confirmed" in window.last_status_text)
    (edit,) = await window.house.store.outbox.list_recent(1)
    assert edit.request.reason == "Maria Lopez asked on #48213"


async def test_reason_with_unknown_placeholder_is_left_out(window: WindowDriver) -> None:
    await window.look_up("wren@halloway.example")
    window.click("No marketing e-mail")
    # Without a ticket nothing is offered about one.
    assert offered_reasons(window) == [
        "Customer asked", "Complaint", "Requested by phone", "Wrong person",
    ]  # fmt: skip


async def test_prepared_note_is_filled_and_typed_text_is_kept(window: WindowDriver) -> None:
    await window.look_up("#48213")
    window.click("Add note")
    drawer = window.view.findChildren(NoteDrawer)[0]
    window.type("Was angry.")
    await window.tab_to("Template")
    drawer.template_dropdown.chosen.emit("Hand-over")
    await window.wait_until(lambda: "Next step:" in drawer.text_field.toPlainText())
    text = drawer.text_field.toPlainText()
    assert text.startswith("Was angry.\n\nMaria Lopez (maria@lopez.example), ticket #48213.\n")
    assert "Nothing was changed in Fairlead." in text
    assert "Lists: Newsletter, Product news, VIP Offers." in text
    window.save_screenshot("note-template")
    # Another one replaces it only where nothing else was typed.
    drawer.text_field.setFocus()
    window.press(Key.Key_A, CTRL)
    window.press(Key.Key_Delete)
    drawer.template_dropdown.chosen.emit("What was changed")
    await window.wait_until(
        lambda: drawer.text_field.toPlainText() == "Nothing was changed in Fairlead."
    )
    drawer.template_dropdown.chosen.emit("Hand-over")
    await window.wait_until(lambda: "Next step:" in drawer.text_field.toPlainText())
    assert not drawer.text_field.toPlainText().startswith("Nothing was changed")
    window.press(Key.Key_Escape)


def templates_card(window: WindowDriver) -> NoteTemplatesCard:
    window.press(Key.Key_Comma, CTRL)
    page = window.view.findChild(SettingsPage)
    assert page is not None
    page.show_section("texts")
    return next(card for card in page.cards["texts"] if isinstance(card, NoteTemplatesCard))


async def test_lead_prepares_note_and_sees_it_filled(window: WindowDriver) -> None:
    card = templates_card(window)
    card.template_dropdown.chosen.emit("")
    window.click("Title of the note template")
    window.type("Call back")
    window.click("Text of the note template")
    window.type("Call {name} about #{ticket}, says {agent}.")
    assert "Call Maria Lopez about #48213, says Ada Admin." in window.visible_texts(card)
    window.save_screenshot("note-templates")
    window.click("Save the note template")
    await window.wait_for_text("Saved “Call back”")
    stored = window.house.session.values.stored["texts.notes"]
    assert [each["title"] for each in stored] == ["What was changed", "Hand-over", "Call back"]
    window.click("Text of the note template")
    window.type(" {nobody}")
    window.click("Save the note template")
    await window.wait_for_text("{nobody} is no placeholder.")
    assert "{nobody}" in card.text_field.toPlainText()
    assert "{nobody}" not in str(window.house.session.values.stored["texts.notes"])
    card.template_dropdown.chosen.emit("Hand-over")
    window.click("Delete the note template")
    await window.wait_for_text("Deleted “Hand-over”")
    assert controls_without_name(window.view) == []
    assert clipped_texts(card) == []


async def test_agent_edits_texts_only_with_the_right(agent_window: WindowDriver) -> None:
    window = agent_window
    window.press(Key.Key_Comma, CTRL)
    page = window.view.findChild(SettingsPage)
    assert page is not None
    rows = page.section_list
    titles = {rows.item(row).text(): rows.isRowHidden(row) for row in range(rows.count())}
    assert titles["Reasons and notes"] is True
    card = templates_card(window)
    assert not card.text_field.isEnabled()
    assert "may not edit reasons and note templates" in card.text_field.accessibleDescription()
    window.house.session.change_settings({"permissions.agent.texts": True})
    await window.wait_until(lambda: card.text_field.isEnabled())
    assert QApplication.focusWidget() is not None
