"""The Sources tab: named sources, the switch “delivers by itself” with its limit, folders."""

from pathlib import Path

from PySide6.QtWidgets import QDialog

from desktop.model.event_source import EventSourceKind
from desktop.panels.events.event_source_dialogs import (
    AddEventSourceDialog,
    RenameEventSourceDialog,
    WriteKeyDialog,
)
from desktop.panels.widgets.confirmation_dialog import ConfirmationDialog
from desktop.viewmodels.events.event_consequences import SWITCH_ON
from desktop.viewmodels.events.event_row import EventFilter
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.events_page_driver import EventsPageDriver
from tests.support.window_driver import Key


async def open_sources(window: EventsPageDriver) -> None:
    await window.choose_filter(EventFilter.SOURCES)
    await window.wait_until(lambda: window.events_model.sources.views is not None)


def shown(window: EventsPageDriver, kind: type[QDialog]) -> QDialog:
    return next(one for one in window.view.findChildren(kind) if one.isVisible())


async def add(window: EventsPageDriver, name: str, kind: EventSourceKind, folder: str = "") -> None:
    window.click("Add a source…")
    dialog = shown(window, AddEventSourceDialog)
    assert isinstance(dialog, AddEventSourceDialog)
    dialog.name_field.setText(name)
    dialog.kind_dropdown.set_value(kind.value)
    dialog.kind_dropdown.chosen.emit(kind.value)
    dialog.folder_field.setText(folder)
    window.click(dialog.add_button)
    await window.wait_until(lambda: not window.events_model.sources.tasks.is_running("add"))
    await window.wait_until(window._activate)


async def test_a_folder_is_added_refused_and_its_trouble_told(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await open_sources(window)
    assert "No named sources yet" in window.visible_texts()
    await add(window, "Website", EventSourceKind.FOLDER, str(tmp_path / "none"))
    dialog = shown(window, AddEventSourceDialog)
    assert isinstance(dialog, AddEventSourceDialog)
    assert "There is no folder" in dialog.error_label.text()
    dialog.folder_field.setText(str(tmp_path))
    window.click(dialog.add_button)
    await window.wait_until(lambda: "Website" in window.events_page.sources_tab.cards)
    card = window.events_page.sources_tab.cards["Website"]
    assert "By hand" in window.visible_texts(card)
    assert "Watched folder" in window.visible_texts(card)
    (source,) = await window.house.event_sources.list_sources()
    await window.house.store.event_sources.put_trouble(source.id, "The folder is missing.")
    window.events_model.sources.refresh()
    await window.wait_for_text("The folder is missing.", card)
    assert "Can't be read" in window.visible_texts(card)


async def test_an_admin_has_a_source_delivered_by_itself_within_a_limit(
    window: EventsPageDriver,
) -> None:
    await open_sources(window)
    await add(window, "Shop", EventSourceKind.PIPE)
    await window.wait_until(lambda: "Shop" in window.events_page.sources_tab.cards)
    card = window.events_page.sources_tab.cards["Shop"]
    card.limit_field.setFocus()
    card.limit_field.selectAll()
    window.type("40")
    window.press(Key.Key_Tab)
    # Chosen before it is on: nothing is delivered yet.
    (source,) = await window.house.event_sources.list_sources()
    assert source.switch is None
    card.switch.setFocus()
    window.press(Key.Key_Space)
    await window.wait_for_text("0 of 40 used this hour", card)
    (source,) = await window.house.event_sources.list_sources()
    assert source.switch is not None
    assert (source.switch.hourly_limit, source.is_unattended) == (40, True)
    window.press(Key.Key_Space)
    await window.wait_for_text("By hand", card)
    (source,) = await window.house.event_sources.list_sources()
    assert source.switch is None


async def test_the_destination_is_switched_off_for_all_sources_and_on_again(
    window: EventsPageDriver,
) -> None:
    await open_sources(window)
    tab = window.events_page.sources_tab
    assert "nothing waits" in window.visible_texts(tab.destination_card)
    tab.destination_switch.setFocus()
    window.press(Key.Key_Space)
    await window.wait_for_text("0 events wait.", tab.destination_card)
    assert "switched off" in window.events_model.delivery.refusal()
    assert "switched off" in window.house.current_settings.find_event_refusal()
    window.press(Key.Key_Space)
    await window.wait_for_text("nothing waits", tab.destination_card)
    assert window.house.current_settings.find_event_refusal() == ""
    # The switch also stands where events wait because of it.
    window.press(Key.Key_Space)
    await window.wait_for_text("0 events wait.", tab.destination_card)
    await window.choose_filter(EventFilter.SIMULATION)
    card = window.events_page.consequences_card
    await window.wait_for_text("Delivery to Zendesk is switched off: events wait.", card)
    window.click(window.consequence("destination", SWITCH_ON))
    await window.wait_until(lambda: not card.isVisible())
    assert window.house.current_settings.find_event_refusal() == ""


async def test_a_port_that_is_taken_is_told_with_what_to_do(window: EventsPageDriver) -> None:
    await open_sources(window)
    await add(window, "Website", EventSourceKind.HTTP)
    await window.wait_until(lambda: "Website" in window.events_page.sources_tab.cards)
    (source,) = await window.house.event_sources.list_sources()
    told = "Port 8711 is taken by nginx (process 12). Serve at another."
    await window.house.store.event_sources.put_trouble(source.id, told)
    window.events_model.sources.refresh()
    card = window.events_page.sources_tab.cards["Website"]
    await window.wait_for_text(told, card)
    assert "Not served" in window.visible_texts(card)


async def test_a_source_is_renamed_gets_a_key_and_is_removed(window: EventsPageDriver) -> None:
    await open_sources(window)
    await add(window, "Shop", EventSourceKind.HTTP)
    tab = window.events_page.sources_tab
    await window.wait_until(lambda: "Shop" in tab.cards)
    window.click(tab.cards["Shop"].key_button)
    await window.wait_until(lambda: window.view.findChildren(WriteKeyDialog))
    dialog = shown(window, WriteKeyDialog)
    assert isinstance(dialog, WriteKeyDialog)
    assert len(dialog.key_field.text()) > 20
    window.click(dialog.done_button)
    window.click(tab.cards["Shop"].rename_button)
    renaming = shown(window, RenameEventSourceDialog)
    assert isinstance(renaming, RenameEventSourceDialog)
    renaming.name_field.setText("Store")
    window.click(renaming.rename_button)
    await window.wait_until(lambda: set(tab.cards) == {"Store"})
    window.click(tab.cards["Store"].events_button)
    await window.wait_until(window.is_still)
    assert window.events_page.search_field.text() == "Store"
    await window.choose_filter(EventFilter.SOURCES)
    window.click(tab.cards["Store"].remove_button)
    asked = shown(window, ConfirmationDialog)
    assert isinstance(asked, ConfirmationDialog)
    window.click(asked.confirm_button)
    await window.wait_until(lambda: not tab.cards)


async def test_every_control_of_the_sources_has_a_name_and_room(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await open_sources(window)
    await add(window, "Website of the shop", EventSourceKind.FOLDER, str(tmp_path))
    await add(window, "Intake", EventSourceKind.HTTP)
    tab = window.events_page.sources_tab
    await window.wait_until(lambda: len(tab.cards) == 2)
    for size in ((1280, 820), (1000, 700), (392, 860)):
        window.resize(size)
        assert controls_without_name(window.events_page) == []
        assert clipped_texts(window.events_page) == []
    tab.cards["Intake"].switch.setFocus()
    for name in ("hourly limit", "traits that may be left out", "show its events"):
        await window.tab_to(f"Intake: {name}", most=3)
