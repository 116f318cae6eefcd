"""Schedule and mapping: tried before they are saved, and nothing lost that was typed."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QCheckBox, QLineEdit

from desktop.app import team_runs
from desktop.model.consent_check import ConsentPurpose
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.field_mapping import MappingOperator
from desktop.model.lifecycle_stage import LifecycleStage
from desktop.model.sync import MatchIdentifier, Sync
from desktop.panels.syncs.condition_editor import format_value, parse_value
from desktop.panels.syncs.field_picker import FieldPickerDialog
from desktop.panels.syncs.list_picker import ListPickerDialog
from desktop.panels.syncs.schedule_tab import ScheduleTab
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.number_field import NumberField, TimeField
from desktop.panels.widgets.switch import Switch
from desktop.settings import sync_settings
from tests.support.accessibility_checks import controls_without_name
from tests.support.sync_page_driver import TO_SAILTHRU, SyncPageDriver
from tests.support.window_driver import CTRL, Key


async def test_schedule_tab_shows_times_and_saves(
    window: SyncPageDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def describe(_services: object, sync: Sync) -> str:
        return f"{sync.name} runs at Server, a worker."

    monkeypatch.setattr(team_runs, "describe_sync_runner", describe)
    await window.add_preset()
    window.page.show_tab("Schedule")
    tab = window.view.findChild(ScheduleTab)
    assert tab is not None
    # In a team: where a person would look for it, beside the switch of this computer.
    await window.wait_for_text(f"{window.read_sync().name} runs at Server, a worker. Runs", tab)
    window.find_one("When it runs", DropdownField).setFocus()
    window.press(Key.Key_End)
    window.press(Key.Key_Up)
    window.click("Thursday")
    field = window.find_one("Time", TimeField)
    field.setFocus()
    field.selectAll()
    window.type("0730")
    window.press(Key.Key_Return)
    # Nothing is promised where this computer runs nothing; the switch stands beside it.
    assert window.models.schedule.view().next_times == ()
    assert not words_of_status(window)
    assert not window.models.history.list_model.rowCount()
    assert "Scheduled syncs don't run on this computer." in window.visible_texts(tab)
    window.click("Run scheduled syncs on this computer", Switch)
    await window.wait_until(lambda: len(window.models.schedule.view().next_times) == 5)
    days = {day.split()[0] for day, _, _ in window.models.schedule.view().next_times}
    assert days == {"Monday", "Thursday"}
    assert {at for _, at, _ in window.models.schedule.view().next_times} == {"07:30"}
    assert window.read_sync().schedule == "hourly"
    window.click("Save the schedule")
    await window.wait_until(lambda: window.read_sync().schedule == "mon,thu 07:30")
    await window.wait_until(
        lambda: window.house.session.values.get(sync_settings.RUN_DUE_SYNCS_HERE)
    )
    await window.wait_until(lambda: ":30" in words_of_status(window))
    assert words_of_status(window).startswith("Runs syncs here, next ")
    # The history names the same times, the nearest one lowest.
    history = window.models.history.list_model
    await window.wait_until(lambda: history.rowCount() == 2)
    planned = [history.row_at(place) for place in range(2)]
    assert all(row is not None and row.is_planned and ":30" in row.time_text for row in planned)
    window.press(Key.Key_1, CTRL)
    window.click(window.view.status_bar.item("syncs"))
    assert window.page.isVisible()
    assert controls_without_name(window.page) == []


def words_of_status(desk: SyncPageDriver) -> str:
    item = desk.view.status_bar._items.get("syncs")
    return item.accessibleName() if item is not None and item.isVisible() else ""


async def test_schedule_tab_invalid_days_are_explained(window: SyncPageDriver) -> None:
    await window.add_preset(on=False)
    window.page.show_tab("Schedule")
    window.models.schedule.change_field("form", "monthly")
    window.models.schedule.change_field("month_days", "40")
    tab = window.view.findChild(ScheduleTab)
    assert tab is not None
    assert "look like 1, 15 or last" in tab.error_label.text()
    assert not tab.save_button.isEnabled()
    window.models.schedule.change_field("month_days", "1, last")
    assert tab.save_button.isEnabled()


async def test_mapping_tab_preview_on_customer_and_change_unchecks_sync(
    window: SyncPageDriver,
) -> None:
    await window.add_preset()
    window.show_mapping()
    window.find_one("Customer to test on", QLineEdit).setFocus()
    window.type("maria@lopez.example")
    window.press(Key.Key_Return)
    await window.wait_until(
        lambda: "maria@lopez.example: update" in window.visible_texts(window.page)
    )
    before = len(window.read_sync().mapping)
    window.click("Add a row")
    form = window.page.mapping_tab.row_form
    await window.wait_until(lambda: len(window.models.mapping.view().rows) == before + 1)
    assert form.error_label.text() == "", "a row that nobody has begun is not complained about"
    assert "new row" in window.page.mapping_tab.save_button.accessibleDescription()
    form.source_picker.field.setFocus()
    window.type("locale")
    await window.wait_until(lambda: form.error_label.text())
    form.target_picker.field.setFocus()
    form.target_picker.field.selectAll()
    window.type("vars.lan")
    # Words can be typed: a blank at the end is not taken away at once.
    form.source_picker.field.setFocus()
    window.type(" of them")
    assert form.source_picker.field.text() == "locale of them"
    window.press(Key.Key_Backspace, times=len(" of them"))
    form.target_picker.field.setFocus()
    window.press(Key.Key_End)
    window.type("guage")
    await window.wait_until(lambda: not window.models.mapping.view().problems)
    line = window.models.mapping.view().rows[-1]
    assert (line.source, line.target) == ("Locale", "Language")
    assert not line.problem
    window.click("Move the row up")
    assert window.models.mapping.selected_row().source == "locale"
    assert window.models.mapping.view().selected_index == before - 1
    assert not window.sandbox.logged_writes()
    window.click("Save the mapping")
    await window.wait_until(lambda: len(window.read_sync().mapping) == before + 1)
    assert window.read_sync().checked_at == 0
    await window.wait_until(lambda: "Check the sync again" in window.visible_texts(window.page))
    window.click("Check now")
    await window.wait_until(lambda: window.read_sync().checked_at > 0)


async def test_mapping_tab_draft_survives_tab_change(window: SyncPageDriver) -> None:
    await window.add_preset(on=False)
    window.show_mapping()
    window.models.mapping.select_row(0)
    window.page.mapping_tab.mapping_table.setFocus()
    window.press(Key.Key_Space)
    assert not window.models.mapping.view().rows[0].is_on
    window.models.page.edit_details(favourite=True)
    await window.wait_until(lambda: window.read_sync().favourite)
    await window.wait_until(lambda: window.models.page.selected_sync().sync.favourite)
    assert not window.models.mapping.view().rows[0].is_on
    assert window.models.mapping.has_unsaved_changes
    await window.add_preset("high-value-tagging", on=False)
    assert window.models.mapping.view().sync.name == "high-value-tagging"
    window.models.page.select_sync(TO_SAILTHRU)
    assert window.models.mapping.has_unsaved_changes
    # A new sync opened on its plan.
    window.show_mapping()
    assert window.page.tabs.tabText(1).endswith("•")
    window.click("Save the mapping")
    await window.wait_until(lambda: not window.read_sync().mapping[0].on)
    assert window.read_sync().favourite
    assert window.read_sync().mapping[0].operator is MappingOperator.SET_IF_EMPTY


async def test_mapping_tab_edit_keeps_what_it_does_not_touch(window: SyncPageDriver) -> None:
    await window.add_preset(on=False)
    full = replace(
        window.read_sync(),
        identity=(
            MatchIdentifier.PHONE,
            MatchIdentifier.SID,
            MatchIdentifier.EXTERNAL_ID,
            MatchIdentifier.EMAIL,
        ),
        # “5” is a text here, which looks like a number.
        purposes=(
            ConsentPurpose("news", FieldCondition("user_fields.tier", ConditionOperator.IS, "5")),
        ),
        stages=(
            LifecycleStage("s", (FieldCondition("user_fields.x", ConditionOperator.IS, ["a", 1]),)),
        ),
    )
    window.house.syncs.save_sync(full)
    window.models.page.refresh()
    await window.wait_until(lambda: window.models.page.selected_sync().sync.purposes)
    window.show_mapping()
    window.view.activateWindow()
    assert window.find_one("Consent 1: name", QLineEdit).text() == "news"
    window.find_one("Limit in people", NumberField).setFocus()
    window.press(Key.Key_Up)
    await window.wait_until(lambda: window.models.mapping.has_unsaved_changes)
    window.click("Save the mapping")
    await window.wait_until(lambda: window.read_sync().limits != full.limits)
    saved = window.read_sync()
    assert replace(saved, limits=full.limits, version=0) == replace(full, version=0)
    # An edit of one condition leaves the others.
    window.find_one("Consent 1: name", QLineEdit).setFocus()
    window.press(Key.Key_End)
    window.type(" mail")
    await window.wait_until(window.page.mapping_tab.save_button.isEnabled)
    window.click("Save the mapping")
    await window.wait_until(lambda: window.read_sync().purposes[0].name == "news mail")
    assert window.read_sync().purposes[0].evidence == full.purposes[0].evidence
    assert window.read_sync().stages == full.stages


async def test_mapping_tab_new_people_are_opted_in_once_consent_is_attested(
    window: SyncPageDriver,
) -> None:
    await window.add_preset(on=False)
    window.show_mapping()
    before = window.home.clock.now()
    box = window.find_one("New people agreed to marketing e-mail", QCheckBox)
    assert not box.isEnabled()
    window.click("I confirm that the people this sync creates have given their consent", QCheckBox)
    await window.wait_until(box.isEnabled)
    window.click(box)
    window.click("Save the mapping")
    await window.wait_until(lambda: window.read_sync().opt_in.email)
    opt_in = window.read_sync().opt_in
    assert opt_in.attested_by == window.house.session.actor.name
    assert before <= opt_in.attested_at <= window.home.clock.now()
    assert not opt_in.sms


async def test_mapping_tab_lists_are_picked_from_a_searchable_list(
    window: SyncPageDriver,
) -> None:
    await window.add_preset(on=False)
    kept = replace(window.read_sync().effects, add_to_lists=("Gone, but kept",))
    window.house.syncs.save_sync(replace(window.read_sync(), effects=kept))
    window.models.page.refresh()
    await window.wait_until(
        lambda: window.models.page.selected_sync().sync.effects.add_to_lists == kept.add_to_lists
    )
    window.show_mapping()
    window.click("Choose lists to add them to")
    dialog = window.front_dialog()
    assert isinstance(dialog, ListPickerDialog)
    dialog.activateWindow()
    await window.wait_until(dialog.isActiveWindow)
    await window.wait_until(lambda: dialog.table.topLevelItemCount() > 2)
    rows = {item.text(0): item for item in dialog.rows()}
    assert rows["Gone, but kept"].text(1) == "not found"
    assert rows["zendesk-sync-smart"].text(1) == "smart, computed by Sailthru"
    # Nobody is put on a smart list by hand.
    assert rows["zendesk-sync-smart"].isDisabled()
    assert rows["Newsletter"].text(1) == "natural"
    assert rows["Newsletter"].text(2).replace(",", "").isdigit()
    window.save_screenshot("choose-lists", dialog)
    window.type("newsl")
    assert [item.text(0) for item in dialog.rows() if not item.isHidden()] == ["Newsletter"]
    window.press(Key.Key_Return)
    window.press(Key.Key_Down)
    window.press(Key.Key_Space)
    assert "2 chosen" in dialog.state_label.text()
    window.click(dialog.use_button)
    wanted = ("Gone, but kept", "Newsletter")
    assert window.models.mapping.view().sync.effects.add_to_lists == wanted


async def test_mapping_tab_field_is_chosen_by_its_title(window: SyncPageDriver) -> None:
    await window.add_preset(on=False)
    window.show_mapping()
    window.view.activateWindow()
    window.click("Add a row")
    form = window.page.mapping_tab.row_form
    assert form.source_picker.field.hasFocus()
    window.click("Choose source field")
    dialog = window.front_dialog()
    assert isinstance(dialog, FieldPickerDialog)
    dialog.activateWindow()
    await window.wait_until(dialog.isActiveWindow)
    # The account's own fields come a moment later, under their titles.
    await window.wait_until(lambda: any("user_fields." in r.toolTip(0) for r in dialog.rows()))
    window.save_screenshot("choose-field", dialog)
    window.type("last chan")
    window.press(Key.Key_Return)
    assert window.models.mapping.selected_row().source == "updated_at"
    # A field that no customer has yet is named in the same place.
    window.click("Choose target field")
    naming = window.front_dialog()
    assert isinstance(naming, FieldPickerDialog)
    naming.activateWindow()
    await window.wait_until(naming.isActiveWindow)
    window.type("seen by support")
    assert [row.text(0) for row in naming.rows() if not row.isHidden()] == [
        "New field “Seen by support”"
    ]
    window.press(Key.Key_Return)
    assert window.models.mapping.selected_row().target == "vars.seen_by_support"
    # A title stands in the line, its path only while somebody types.
    window.view.activateWindow()
    await window.wait_until(window.view.isActiveWindow)
    form.source_picker.field.setFocus()
    assert form.source_picker.field.text() == "updated_at"
    assert form.target_picker.field.text() == "Seen by support"
    window.press(Key.Key_Home)
    form.source_picker.field.selectAll()
    window.type("Time zone")
    form.target_picker.field.setFocus()
    assert window.models.mapping.selected_row().source == "time_zone"
    assert form.source_picker.field.text() == "Time zone"
    # Who wins is said by the services' names.
    for name, expected in (
        ("If both sides changed", "Zendesk wins"),
        ("The target field", "Overwrite Sailthru"),
    ):
        assert window.find_one(name, DropdownField).currentText() == expected


async def test_sync_name_labels_description_are_saved_and_sync_removed(
    window: SyncPageDriver,
) -> None:
    await window.add_preset(on=False)
    window.models.page.edit_details(
        title="Für alle <b>", labels=("crm", "daily"), description="Why"
    )
    await window.wait_until(lambda: window.page.header.title_label.full_text() == "Für alle <b>")
    assert window.read_sync().labels == ("crm", "daily")
    # Labels filter the list; the sync shown is one of those that are left.
    window.models.page.add_new("", "zendesk_users", "Other")
    await window.wait_until(lambda: window.page.sync_list.card("other") is not None)
    labels = window.find_one("Label of the syncs", DropdownField)
    labels.setFocus()
    window.press(Key.Key_Down)
    await window.wait_until(lambda: window.page.sync_list.card("other") is None)
    assert window.models.page.selected_name == TO_SAILTHRU
    assert window.models.page.label_filter == "crm"
    window.models.page.remove_sync()
    # With its last sync the label is gone, and the others are shown again.
    await window.wait_until(lambda: window.page.sync_list.card("other") is not None)
    assert not labels.isVisible()
    window.models.page.remove_sync()
    await window.wait_until(lambda: window.models.page.selected_sync() is None)
    await window.wait_until(lambda: "No sync yet" in window.visible_texts(window.page))
    assert TO_SAILTHRU not in {goal.name for goal in window.house.store.syncs.list_all.blocking()}


def test_condition_values_are_parsed_as_shown() -> None:
    for value in (True, False, 4, 2.5, "gold", "4711a", None):
        assert parse_value(format_value(value)) == (value if value is not None else "")
