"""The drawer of an action's mapping by keyboard and mouse: rows, a sample event, JSON, options."""

from pathlib import Path

from desktop.events.event_action import ActionKind, EventAction
from desktop.panels.events.event_mapping_drawer import EventMappingDrawer
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.text_field import TextField
from desktop.viewmodels.events.event_row import EventFilter
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.event_cases import as_lines, identify, track
from tests.support.events_page_driver import EventsPageDriver
from tests.support.window_driver import Key

USER = ActionKind.UPSERT_USER
EVENTS = [
    identify("n-1", "new@one.example", phone=None, plan="pro"),
    identify("n-2", "other@one.example", name="Other"),
    track("A", "n-1"),
]


async def open_mapping(
    window: EventsPageDriver, folder: Path, kind: ActionKind = USER
) -> EventMappingDrawer:
    path = folder / "app.jsonl"
    path.write_text(as_lines(*EVENTS), encoding="utf-8")
    await window.open_file(path)
    await window.choose_filter(EventFilter.ACTIONS)
    window.click(window.action_row(kind).mapping_button)
    drawer = window.events_page.mapping_drawer
    assert drawer is not None
    window.settle()
    return drawer


async def draft(window: EventsPageDriver, kind: ActionKind = USER) -> EventAction | None:
    await window.wait_until(window.is_still)
    return (await window.events_model.actions._actions.get_states())[kind].draft


def select(drawer: EventMappingDrawer, target: str) -> None:
    names = [drawer.mapping_table.item(n, 2).text() for n in range(drawer.mapping_table.rowCount())]
    drawer.mapping_table.setCurrentCell(names.index(target), 0)


def result_of(drawer: EventMappingDrawer, target: str) -> str:
    names = [drawer.mapping_table.item(n, 2).text() for n in range(drawer.mapping_table.rowCount())]
    return drawer.mapping_table.item(names.index(target), 3).text()


def retype(window: EventsPageDriver, drawer: EventMappingDrawer, path: str, text: str) -> None:
    field = drawer.row_form.control(path, TextField)
    field.setFocus()
    field.selectAll()
    window.type(text)


async def test_each_row_says_at_once_what_it_makes_of_the_sample_event(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    drawer = await open_mapping(window, tmp_path)
    assert result_of(drawer, "email") == "new@one.example"
    assert result_of(drawer, "name") == "Homer Simpson"
    assert result_of(drawer, "time_zone") == "left out"
    # Null would empty the field: that is said in red, and mended by a tick.
    assert result_of(drawer, "phone") == "null: empties the field in Zendesk"
    select(drawer, "phone")
    assert drawer.null_label.isVisible()
    window.click("Leave the field as it is where the event says null")
    assert result_of(drawer, "phone") == "left out"
    assert not drawer.null_label.isVisible()
    kept = await draft(window)
    assert kept is not None
    assert kept.mapping["phone"] == {"@excludeWhenNull": {"@path": "$.traits.phone"}}
    drawer.sample_dropdown.setCurrentIndex(1)
    drawer.sample_dropdown.activated.emit(1)
    assert result_of(drawer, "email") == "other@one.example"


async def test_a_row_is_edited_added_and_deleted_and_the_draft_follows(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    drawer = await open_mapping(window, tmp_path)
    window.click(drawer.add_button)
    window.type("notes")
    drawer.row_form.control("kind", DropdownField).setCurrentText("Text with values")
    drawer.row_form.control("kind", DropdownField).chosen.emit("template")
    retype(window, drawer, "value", "On plan {{traits.plan}}")
    assert result_of(drawer, "notes") == "On plan pro"
    operator = drawer.row_form.control("operator", DropdownField)
    assert operator.isEnabled()
    operator.chosen.emit("set_if_empty")
    kept = await draft(window)
    assert kept is not None
    assert kept.mapping["notes"] == {"@template": "On plan {{traits.plan}}"}
    assert kept.operators["notes"].value == "set_if_empty"
    assert "Kept as a draft" in window.visible_texts(drawer)
    drawer.mapping_table.setFocus()
    window.press(Key.Key_Delete)
    # As it was saved: there is no draft any more.
    assert await draft(window) is None


async def test_what_cannot_be_used_is_said_at_the_row_and_the_draft_stays(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    drawer = await open_mapping(window, tmp_path)
    select(drawer, "email")
    retype(window, drawer, "value", "$.traits..email")
    assert "is not a path" in window.visible_texts(drawer)
    assert "the draft keeps what could be used last" in window.visible_texts(drawer)
    kept = await draft(window)
    assert kept is not None
    kept.compile()
    assert kept.mapping["email"] == {"@path": "$.traits"}
    # Left and opened again, it is there as it was typed.
    window.press(Key.Key_Escape)
    assert not drawer.isVisible()
    window.click(window.action_row(ActionKind.TRACK_EVENT).mapping_button)
    window.click(drawer.done_button)
    window.click(window.action_row(USER).mapping_button)
    select(drawer, "email")
    assert drawer.row_form.control("value", TextField).text() == "$.traits..email"
    window.click(drawer.reset_button)
    assert "is not a path" not in window.visible_texts(drawer)


async def test_the_json_marks_the_place_of_an_error_and_makes_rows(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    drawer = await open_mapping(window, tmp_path)
    window.click(drawer.view_control.segment("json"))
    editor = drawer.json_editor
    editor.setPlainText('{"email": {"@path": "$.traits.email"},, }')
    assert "Line 1:" in window.visible_texts(drawer)
    assert editor.marked_text() == ","
    # The form would lose it.
    window.click(drawer.view_control.segment("form"))
    assert drawer.json_editor.isVisible()
    editor.setPlainText('{"shoe": {"@path": "$.traits.email"}}')
    assert "has no field “shoe”" in window.visible_texts(drawer)
    assert editor.marked_text() == '"shoe"'
    editor.setPlainText('{"email": {"@bogus": 1}}')
    assert editor.marked_text() == '"email"'
    editor.setPlainText('{"email": {"@path": "$.userId"}}')
    assert editor.marked_text() == ""
    window.click(drawer.view_control.segment("form"))
    assert result_of(drawer, "email") == "n-1"
    kept = await draft(window)
    assert kept is not None
    assert kept.mapping == {"email": {"@path": "$.userId"}}


async def test_options_of_new_users_are_part_of_the_draft(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await open_mapping(window, tmp_path)
    window.click("Create as verified")
    window.click("Skip verify e-mail")
    kept = await draft(window)
    assert kept is not None
    assert (kept.options.verified, kept.options.skip_verify_email) == (True, True)


async def test_every_control_of_the_mapping_has_a_name_room_and_a_tab_stop(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    drawer = await open_mapping(window, tmp_path)
    select(drawer, "name")
    for size in ((1280, 820), (1000, 700), (392, 860)):
        window.resize(size)
        assert controls_without_name(drawer) == []
        assert clipped_texts(drawer) == []
    drawer.mapping_table.setFocus()
    for name in ("Add a row", "Target field", "Kind of value", "If there is", "Then use"):
        await window.tab_to(name, most=8)
    for name in ("Create as verified", "Reset the mapping", "Close"):
        await window.tab_to(name, most=16)
