"""The Audience page by keyboard and mouse: read, conditions with counts, segments, one person."""

import csv
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QApplication, QPushButton

from desktop.audience.data_service import DataService
from desktop.kit.errors import StorageError
from desktop.model.audience_condition import AUDIENCE_FIELDS, AudienceOperator
from desktop.model.audience_person import AudienceColumn, UserFieldColumn
from desktop.model.sync import SourceKind, Sync, SyncSource
from desktop.panels.audience.audience_page import AudiencePage
from desktop.panels.audience.audience_tabs import ACTIVITY, AudienceTabs
from desktop.panels.audience.field_catalogue_dialog import FieldCatalogueDialog
from desktop.panels.audience.segment_list import AudienceSegmentButton
from desktop.panels.settings.local_data_card import LocalDataCard
from desktop.panels.settings_page import SettingsPage
from desktop.viewmodels.audience.audience_page_model import build_condition
from tests.support.accessibility_checks import (
    clipped_texts,
    controls_without_name,
    record_announcements,
)
from tests.support.audience_page_driver import AudiencePageDriver
from tests.support.batch_page_driver import PROCESS_S
from tests.support.window_driver import CTRL, Key
from tests.support.window_workspace import lasting_faults

_OP = AudienceOperator
EIGHT_CONDITIONS = [
    ("open_tickets", _OP.AT_LEAST, "0"), ("created", _OP.WITHIN, "9000"),
    ("health", _OP.IS_NOT, "happy"), ("tag", _OP.IS_NOT, "staff"), ("name", _OP.IS_NOT, "Nobody"),
    ("list", _OP.IS_NOT, "Winback"), ("last_ticket", _OP.WITHIN, "9000"),
    ("text", _OP.CONTAINS_NOT, "refund"),
]  # fmt: skip


async def test_nobody_is_read_until_an_admin_says_so_and_then_by_a_process(
    window: AudiencePageDriver,
) -> None:
    assert "Nothing was read on this computer yet." in window.visible_texts()
    assert not window.audience_page.condition_card.isVisible()
    tabs = window.view.findChild(AudienceTabs)
    assert tabs is not None
    tabs.show_tab(ACTIVITY)
    await window.wait_until(lambda: tabs.activity.model.is_unread)
    window.click(window.offered_step("Read everybody's data…", tabs.activity))
    assert window.audience_page.isVisible()
    await window.wait_until(window.is_still)
    window.click(window.offered_step("Keep everybody's data on this computer"))
    await window.wait_until(lambda: window.audience.is_reading)
    # A first reading may take hours: it can be stopped, and goes on from there.
    process = window.audience._process
    window.click(window.offered_step("Stop reading"))
    await window.wait_until(lambda: not window.audience.is_reading, PROCESS_S)
    assert process is not None
    assert process.exit_code != 0
    await window.wait_until(lambda: "Reading stopped." in window.visible_texts())
    await window.wait_until(window.is_still)
    window.audience.refresh_data()
    await window.wait_until(lambda: window.audience.is_reading)
    await window.wait_until(lambda: not window.audience.is_reading, PROCESS_S)
    await window.wait_until(lambda: window.is_still() and bool(window.audience.total))
    assert "Maria Lopez" in window.names()
    texts = window.visible_texts()
    assert "people, newest ticket first" in texts
    assert "Sailthru, no list read" in texts
    coverage = window.audience.coverage
    assert coverage is not None
    # Whom Sailthru alone knows is none of Zendesk's.
    window.audience.coverage = replace(coverage, people=coverage.people + 1)
    assert window.audience.zendesk_age().tip == f"All {coverage.people:,} people"
    audit = await window.window.services.store.audit.list_entries(limit=1)
    assert [entry.kind for entry in audit] == ["data_store"]


async def test_conditions_are_chips_with_their_own_counts_and_a_segment_keeps_them(
    window: AudiencePageDriver,
) -> None:
    await window.read_everybody()
    everybody = window.audience.total or 0
    await window.add_condition("open_tickets", ">=", "3")
    assert window.chip_texts() == ["Open tickets at least 3"]
    assert window.names() == ["Maria Lopez"]
    await window.add_condition("health", "is", "neutral")
    card = window.audience_page.condition_card
    counts = [chip.view.count for chip in card.chips]
    assert counts[0] == "1"
    assert "Of " in card.chips[1].view.tip  # how many were not read
    assert "it was not read" in card.chips[1].view.tip
    assert "1 person matches" in window.visible_texts()
    # Any of them is enough; then all again.
    card.match_dropdown.chosen.emit("any")
    await window.wait_until(window.is_still)
    assert (window.audience.total or 0) > 1
    card.match_dropdown.chosen.emit("all")
    await window.wait_until(window.is_still)

    window.click(window.audience_page.save_as_button)
    window.audience_page.name_edit.setText("Three open")
    window.press(Key.Key_Return)
    await window.wait_until(
        lambda: window.audience.segment_name == "Three open" and window.is_still()
    )
    assert "Saved the segment “Three open”" in window.visible_texts()
    assert not window.audience.is_changed
    window.click(card.chips[1].remove_button)
    await window.wait_until(window.is_still)
    assert "Changed, not saved" in window.visible_texts()
    window.click(window.audience_page.reset_button)
    await window.wait_until(window.is_still)
    assert len(window.chip_texts()) == 2
    window.audience_page.segment_list.segment_chosen.emit("All people")
    await window.wait_until(window.is_still)
    assert window.audience.total == everybody
    source = SyncSource(SourceKind.ZENDESK_USERS, segment="Three open")
    store = window.window.services.store
    await store.syncs.save(Sync("of-three", "Of three", source), 0.0)
    window.audience.reload()
    button = window.audience_page.segment_list.findChild(AudienceSegmentButton, "Three open")
    assert button is not None
    await window.wait_until(lambda: button.toolTip() == "Used by 1 sync: Of three")
    assert button.accessibleDescription() == button.toolTip()
    store.syncs.remove.blocking("of-three")
    window.audience_page.segment_list.segment_chosen.emit("Three open")
    await window.wait_until(window.is_still)
    assert window.names() == ["Maria Lopez"]
    window.click(window.audience_page.remove_button)
    await window.wait_until(lambda: window.is_still() and not window.audience.segment_name)
    assert [one.name for one in window.audience.segments()] == ["All people"]


async def test_a_fault_of_the_disk_is_said_and_tried_again(
    window: AudiencePageDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_args: object) -> None:
        raise StorageError("The file data.db can't be read.", "The disk is full.")

    await window.read_everybody()
    await window.add_condition("open_tickets", ">=", "3")
    total = window.audience.total
    for step in ("read_coverage", "list_ids", "count_condition"):
        with monkeypatch.context() as patch:
            patch.setattr(window.window.services.audience, step, fail)
            window.audience.reload()
            await window.wait_until(window.is_still)
        texts = window.visible_texts()
        assert "The file data.db can't be read." in texts, step
        assert "counting…" not in texts, step
        assert window.audience.export_refusal() == "There is nobody to export."
        window.click("Try again", QPushButton)
        await window.wait_until(window.is_still)
        assert window.audience.total == total
        assert "The file data.db can't be read." not in window.visible_texts()
        assert window.names() == ["Maria Lopez"]


async def test_a_group_is_a_box_and_a_wrong_value_says_why(window: AudiencePageDriver) -> None:
    await window.read_everybody()
    await window.add_condition("open_tickets", ">=", "1")
    await window.add_condition("rating", "is", "good")
    card = window.audience_page.condition_card
    window.click(card.group_button)
    form = card.form
    form.field_dropdown.set_value("text")
    form._on_field()
    form.value_edit.setText("refund")
    window.click(form.apply_button)
    await window.wait_until(window.is_still)
    assert window.chip_texts() == [
        "Open tickets at least 1", "Rating is Good", "Ticket text contains refund",
    ]  # fmt: skip
    assert "match any" in window.visible_texts()
    window.click(card.add_button)
    form.field_dropdown.set_value("created")
    form._on_field()
    form.operator_dropdown.set_value("before")
    form.value_edit.setText("yesterday")
    window.click(form.apply_button)
    assert "“yesterday” is no day." in window.visible_texts()
    assert form.isVisible()
    window.press(Key.Key_Escape)
    assert not form.isVisible()
    await window.add_condition("tag", "is", "nobody-has-this")
    assert "Nobody matches these conditions." in window.visible_texts()
    assert card.chips[1].view.is_empty
    window.audience_page.list_card.action_requested.emit()
    await window.wait_until(window.is_still)
    assert window.chip_texts() == []


async def test_the_peek_says_why_somebody_is_listed_and_enter_opens_the_customer(
    window: AudiencePageDriver,
) -> None:
    await window.read_everybody()
    await window.add_condition("text", "contains", "too many emails")
    assert window.names()[0] == "Maria Lopez"
    await window.wait_until(lambda: bool(window.audience.evidence))
    texts = window.visible_texts()
    assert "Why in this list" in texts
    assert "Too many emails" in texts
    window.audience_page.table.setFocus()
    window.press(Key.Key_Return)
    await window.wait_until(lambda: window.view.current_page == "customers")
    await window.wait_until(lambda: window.window.sheet_model.sheet is not None)


async def test_sorting_by_a_heading_and_by_the_list_of_orders(window: AudiencePageDriver) -> None:
    await window.read_everybody()
    window.audience_page.table.header.sectionClicked.emit(0)
    await window.wait_until(window.is_still)
    window.audience_page.table.viewport().repaint()
    await window.wait_until(lambda: window.is_still() and len(window.names()) > 5)
    names = [name for name in window.names() if name]
    assert names == sorted(names, key=str.casefold)
    assert "by person, A to Z" in window.visible_texts()
    window.audience_page.table.header.sectionClicked.emit(0)
    await window.wait_until(window.is_still)
    await window.wait_until(lambda: len(window.names()) > 5)
    assert "by person, Z to A" in window.visible_texts()


async def test_export_is_a_file_without_formulas_and_stands_in_the_audit(
    window: AudiencePageDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await window.read_everybody()
    await window.add_condition("open_tickets", ">=", "3")
    file = tmp_path / "people.csv"
    spoken = record_announcements(monkeypatch)
    window.audience.export(str(file), "csv")
    await window.wait_until(lambda: file.exists() and window.is_still())
    assert len([words for words in spoken if "people.csv" in words]) == 1, spoken
    rows = list(csv.reader(file.read_text("utf-8-sig").splitlines()))
    assert [row[0] for row in rows] == ["Person", "Maria Lopez"]
    (entry,) = await window.window.services.store.audit.list_entries(limit=1)
    assert (entry.kind, entry.new["people"]) == ("export", 1)  # type: ignore[index,call-overload]


async def test_columns_are_chosen_ordered_exported_and_stay(
    window: AudiencePageDriver, tmp_path: Path
) -> None:
    await window.read_everybody()
    window.audience_page.table.select_row(2)
    chosen = window.audience.person
    dialog = window.audience_page.open_columns()
    assert controls_without_name(dialog) == []
    assert clipped_texts(dialog) == []
    for column in (AudienceColumn.HEALTH, AudienceColumn.LISTS, AudienceColumn.OPTOUT):
        dialog.row(column).box.setChecked(False)
    dialog.row(AudienceColumn.TAGS).box.setChecked(True)
    # The account's own fields are columns too.
    field = UserFieldColumn("field.sync_to_sailthru")
    dialog.row(field).box.setChecked(True)
    for _ in range(30):
        window.click(dialog.row(AudienceColumn.RATING).up_button)
        if not dialog.row(AudienceColumn.RATING).up_button.isEnabled():
            break
    assert dialog.focusWidget() is dialog.row(AudienceColumn.RATING).down_button
    window.click(dialog.show_button)
    names = ["name", "rating", "organization", "last_ticket", "open_tickets", "value", "tags"]
    names.append("field.sync_to_sailthru")
    assert [one.value for one in window.audience.table_model.shown_columns] == names
    table = window.audience_page.table
    assert [n for n in range(7) if table.isColumnHidden(n)] == []
    assert window.audience.table_model.columns[-1].title == "Sync to sailthru"
    assert (table.current_row(), window.audience.person) == (2, chosen)
    table.viewport().repaint()
    # The file has what is shown, and says who it is.
    file = tmp_path / "people.xlsx"
    window.audience.export(str(file), "xlsx")
    await window.wait_until(lambda: file.exists() and window.is_still())
    entry = (await window.window.services.store.audit.list_entries(limit=1))[0]
    assert entry.new["columns"] == ["name", "email", "id", *names[1:]]  # type: ignore[index,call-overload]
    await window.reopen_window()
    await window.wait_until(window.is_still)
    assert [one.value for one in window.audience.table_model.shown_columns] == names
    window.audience_page.open_columns().usual_button.click()


async def test_every_control_has_a_name_and_room(window: AudiencePageDriver) -> None:
    await window.read_everybody()
    await window.add_condition("open_tickets", ">=", "1")
    await window.add_condition("rating", "is not", "bad")
    window.click(window.audience_page.condition_card.add_button)
    for size in ((1280, 820), (1000, 700), (470, 860)):
        window.view.resize(*size)
        await window.wait_until(window.is_still)
        assert controls_without_name(window.audience_page) == []
        assert clipped_texts(window.audience_page) == []


async def test_form_of_a_condition_covers_nothing_in_a_narrow_window(
    window: AudiencePageDriver,
) -> None:
    await window.read_everybody()
    page, card = window.audience_page, window.audience_page.condition_card
    for count, (name, operator, value) in enumerate(EIGHT_CONDITIONS, 1):
        field = AUDIENCE_FIELDS[name]
        window.audience.put_condition(None, (), build_condition(field, operator, value))
        await window.wait_until(lambda count=count: len(card.chips) == count and window.is_still())
        card.form.open_new(())
        for width in (392, 620, 1000):
            window.view.resize(width, 700)
            found = await lasting_faults(lambda: parts_on_each_other(page))
            window.save_screenshot(f"conditions-{count}-{width}")
            assert not found, "\n".join([f"{count} conditions, {width} px", *found])
            assert card.chips[0].height() <= card.area.height()
        card.close_form()


def parts_on_each_other(page: AudiencePage) -> list[str]:
    """Parts of the conditions' card, and the card and the list, that share a place."""
    card = page.condition_card
    parts = [card.area, card.form, card.add_button, card.total_label, page.list_card]
    rects = [(part, QRect(part.mapTo(page, QPoint()), part.size())) for part in parts]
    return [
        f"{one} {place} on {other} {other_place}"
        for (one, place), (other, other_place) in combinations(rects, 2)
        if place.intersects(other_place)
    ]


async def test_agents_have_no_audience_page(agent_window: AudiencePageDriver) -> None:
    await agent_window.wait_until(lambda: "audience" not in agent_window.view.rail_pages)
    agent_window.view.show_page("customers")
    agent_window.press(Key.Key_5, CTRL)
    assert agent_window.view.current_page == "customers"
    assert "may not search everybody" in agent_window.view.window_actions["Audience"].statusTip()


async def test_erasing_what_this_computer_keeps_erases_everybody(
    window: AudiencePageDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await window.read_everybody()
    assert window.names()
    window.view.show_page("settings")
    await window.wait_until(lambda: window.view.findChild(SettingsPage) is not None)
    page = window.view.findChild(SettingsPage)
    assert page is not None
    page.show_section("data")
    card = window.view.findChild(LocalDataCard)
    assert card is not None
    data = card._model
    data.count_kept()
    await window.wait_until(lambda: "people of the audience" in data.view().erase_question)
    assert "everybody is read again" in data.view().erase_question
    told: list[str] = []
    data.message_posted.connect(told.append)
    services = window.window.services
    # For somebody who is no admin everybody's data stays.
    monkeypatch.setattr(DataService, "may_decide", False)
    data.erase_kept()
    await window.wait_until(lambda: bool(told))
    assert "stays: only an admin may erase it" in told.pop()
    assert (await services.data.status()).people
    monkeypatch.undo()
    data.erase_kept()
    await window.wait_until(lambda: bool(told))
    assert "people of the audience" in told[0]
    assert (await services.store.audit.list_entries())[0].kind == "data_store"
    window.view.show_page("audience")
    await window.wait_until(lambda: window.is_still() and not window.names())
    assert (await services.data.status()).people == 0


async def test_fields_are_found_and_their_merge_tags_copied(window: AudiencePageDriver) -> None:
    await window.read_everybody()
    window.click(window.audience_page.fields_button)
    dialog = window.audience_page.findChild(FieldCatalogueDialog)
    assert dialog is not None
    await window.wait_until(lambda: bool(window.audience.field_facts))
    everything = len(dialog.rows())
    assert dialog.apply_search() == everything > 20
    dialog.search_field.setText("sync_to_sailthru")
    assert dialog.apply_search() == 1
    assert "set in" in dialog.state_label.text()
    # A user field of Zendesk is nothing that Sailthru's e-mails can read.
    assert dialog.use_button.isEnabled()
    assert not dialog.sailthru_button.isEnabled()
    window.click(dialog.use_button)
    assert QApplication.clipboard().text() == "{{ user_fields.sync_to_sailthru }}"
    dialog.search_field.setText("no such field")
    assert dialog.apply_search() == 0
    assert "No field holds these words." in dialog.state_label.text()
    assert not dialog.use_button.isEnabled()
    assert controls_without_name(dialog) == []
    dialog.close()


async def test_people_who_match_are_changed_on_the_page_many_at_once(
    window: AudiencePageDriver,
) -> None:
    assert not window.audience_page.change_button.isEnabled()
    await window.read_everybody()
    await window.add_condition("open_tickets", ">=", "3")
    window.click(window.audience_page.change_button)
    await window.wait_until(lambda: window.view.current_page == "bulk")
    await window.wait_until(lambda: window.model.batch is not None)
    await window.wait_until(lambda: window.model.is_looked_up, PROCESS_S)
    assert window.counts()["found"] == 1
