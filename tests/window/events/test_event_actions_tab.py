"""The Actions tab by keyboard and mouse: triggers edited in place, drafts, preview, save."""

from dataclasses import replace
from pathlib import Path

from desktop.events.action_store import DEFAULTS
from desktop.events.default_actions import DEFAULT_ACTIONS
from desktop.events.event_action import ActionKind
from desktop.viewmodels.events.event_consequences import LEAVE_DRAFTS
from desktop.viewmodels.events.event_row import EventFilter
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.event_cases import as_lines, identify, track
from tests.support.events_page_driver import EventsPageDriver
from tests.support.window_driver import CTRL, Key

USER, TRACK, TICKET = ActionKind.UPSERT_USER, ActionKind.TRACK_EVENT, ActionKind.CREATE_TICKET
MIXED = 'type = "track" and event = "A" or event = "B"'
EVENTS = [identify("n-1", "new@one.example"), track("A", "n-1"), track("B", "n-1")]


async def open_actions(window: EventsPageDriver, folder: Path) -> None:
    """Open the tab with a file of three events: an identify and two tracks, A and B."""
    path = folder / "app.jsonl"
    path.write_text(as_lines(*EVENTS), encoding="utf-8")
    await window.open_file(path)
    await window.choose_filter(EventFilter.ACTIONS)


async def saved_trigger(window: EventsPageDriver, kind: ActionKind) -> str:
    states = await window.events_model.actions._actions.get_states()
    return states[kind].action.trigger


async def test_each_action_has_its_trigger_and_counts_its_matches(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await open_actions(window, tmp_path)
    rows = window.events_page.actions_tab.rows
    shown = {kind: row.trigger_field.text() for kind, row in rows.items()}
    assert shown == {action.kind: action.trigger for action in DEFAULT_ACTIONS}
    matches = {kind: row.matches_label.text() for kind, row in rows.items()}
    assert (matches[USER], matches[TRACK], matches[TICKET]) == ("1", "2", "0")
    assert rows[USER].fired_label.text() == "never"
    assert "tried on 3 events of app.jsonl" in window.visible_texts()


async def test_a_bad_trigger_keeps_its_text_marks_the_place_and_is_mended(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await open_actions(window, tmp_path)
    row = window.action_row(TRACK)
    window.type_trigger(TRACK, MIXED)
    assert row.trigger_field.text() == MIXED
    span = row.trigger_field.marked_span()
    assert span is not None
    assert MIXED[span[0] : span[0] + span[1]] == "or"
    assert "“and” and “or” mixed" in window.visible_texts(row)
    assert "mixed" in row.trigger_field.accessibleDescription()
    assert row.matches_label.text() == "–"
    await window.wait_until(window.is_still)
    assert await saved_trigger(window, TRACK) != MIXED
    # The text outlives the window.
    await window.reopen_window()
    window.view.show_page("events")
    await window.choose_filter(EventFilter.ACTIONS)
    row = window.action_row(TRACK)
    await window.wait_until(lambda: row.trigger_field.text() == MIXED)
    window.click(row.repair_button)
    assert row.trigger_field.text() == 'type = "track" and (event = "A" or event = "B")'
    assert row.trigger_field.marked_span() is None
    assert not row.repair_button.isVisible()


async def test_an_edit_is_a_draft_until_it_was_previewed_and_saved(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await open_actions(window, tmp_path)
    tab, row = window.events_page.actions_tab, window.action_row(TRACK)
    before = row.trigger_field.text()
    window.type_trigger(TRACK, 'type = "track" and event = "A"')
    assert row.matches_label.text() == "1"
    assert "Draft, not previewed yet" in window.visible_texts(row)
    await window.wait_until(window.is_still)
    assert await saved_trigger(window, TRACK) == before
    assert not tab.save_button.isEnabled()
    assert "Preview the drafts first" in tab.save_button.accessibleDescription()
    window.click(tab.preview_button)
    await window.wait_until(lambda: window.is_still() and tab._model.save_refusal() == "")
    # The preview is the simulator's, and cannot be delivered.
    assert window.events_model.event_filter is EventFilter.SIMULATION
    assert [row.text for row in window.rows() if row.action == TRACK.value] == [
        "external id n-1: A"
    ]
    assert "A preview with drafts" in window.visible_texts()
    assert not window.events_page.deliver_button.isEnabled()
    await window.choose_filter(EventFilter.ACTIONS)
    assert "Draft, previewed" in window.visible_texts(row)
    window.click(tab.save_button)
    await window.wait_until(lambda: window.is_still() and not tab._model.draft_count)
    assert await saved_trigger(window, TRACK) == 'type = "track" and event = "A"'
    # What is shown is simulated again by the saved actions, and can be delivered.
    assert window.events_model.event_filter is EventFilter.SIMULATION
    await window.wait_until(lambda: window.events_page.deliver_button.isEnabled())


async def test_another_edit_after_the_preview_has_to_be_previewed_again(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await open_actions(window, tmp_path)
    tab = window.events_page.actions_tab
    window.type_trigger(TRACK, 'type = "track" and event = "A"')
    window.click(tab.preview_button)
    await window.wait_until(lambda: window.is_still() and tab._model.save_refusal() == "")
    await window.choose_filter(EventFilter.ACTIONS)
    window.type_trigger(TRACK, 'type = "track" and event = "B"')
    assert not tab.save_button.isEnabled()
    await window.wait_until(window.is_still)
    window.click(tab.save_button)
    assert 'event = "B"' not in await saved_trigger(window, TRACK)
    await window.choose_filter(EventFilter.SIMULATION)
    window.click(window.consequence("drafts", LEAVE_DRAFTS))
    await window.wait_until(window.is_still)
    assert "A preview with drafts" not in window.visible_texts()


async def test_off_keeps_the_trigger_and_discard_can_be_undone(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await open_actions(window, tmp_path)
    row = window.action_row(TRACK)
    before = row.trigger_field.text()
    row.switch.setFocus()
    window.press(Key.Key_Space)
    assert "Off; the trigger stays" in window.visible_texts(row)
    assert row.trigger_field.text() == before
    window.type_trigger(TRACK, 'type = "page"')
    window.click(row.discard_button)
    assert (row.trigger_field.text(), row.switch.isChecked()) == (before, True)
    window.click("Undo")
    assert (row.trigger_field.text(), row.switch.isChecked()) == ('type = "page"', False)
    await window.wait_until(window.is_still)
    # It is the draft in the store too.
    state = (await window.events_model.actions._actions.get_states())[TRACK]
    assert state.draft is not None
    assert (state.draft.trigger, state.draft.is_on) == ('type = "page"', False)


async def test_reset_makes_the_default_a_draft(window: EventsPageDriver, tmp_path: Path) -> None:
    await open_actions(window, tmp_path)
    tab, row = window.events_page.actions_tab, window.action_row(USER)
    assert not row.reset_button.isVisible()
    window.type_trigger(USER, 'type = "identify" and userId != null')
    window.click(tab.preview_button)
    await window.wait_until(lambda: window.is_still() and tab._model.save_refusal() == "")
    tab._model.save()
    await window.wait_until(lambda: window.is_still() and not tab._model.draft_count)
    await window.choose_filter(EventFilter.ACTIONS)
    window.click(row.reset_button)
    assert row.trigger_field.text() == 'type = "identify"'
    assert "Draft, not previewed yet" in window.visible_texts(row)


async def test_every_control_of_the_tab_has_a_name_and_room(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await open_actions(window, tmp_path)
    window.type_trigger(TRACK, MIXED)
    window.type_trigger(USER, 'type = "Identify"')
    for size in ((1280, 820), (1000, 700), (392, 860)):
        window.resize(size)
        assert controls_without_name(window.events_page) == []
        assert clipped_texts(window.events_page) == []


async def test_every_control_of_a_row_is_reached_by_tab(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await open_actions(window, tmp_path)
    window.type_trigger(TRACK, MIXED)
    window.action_row(TRACK).switch.setFocus()
    for name in ("trigger", "mapping…", "mend the trigger", "discard the draft", "reset"):
        await window.tab_to(f"Track event: {name}", most=2)


async def test_the_trigger_field_takes_paste_and_undo(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await open_actions(window, tmp_path)
    row = window.action_row(TRACK)
    before = row.trigger_field.text()
    window.type_trigger(TRACK, "x")
    window.press(Key.Key_Z, CTRL, times=2)
    assert row.trigger_field.text() == before


async def test_an_edit_while_the_actions_are_read_is_kept(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await open_actions(window, tmp_path)
    model = window.events_model.actions
    model.refresh()
    # The store is being asked by then.
    await window.pause(0)
    await window.pause(0)
    model.set_on(TRACK, on=False)
    await window.wait_until(window.is_still)
    assert not window.action_row(TRACK).switch.isChecked()
    state = (await model._actions.get_states())[TRACK]
    assert state.draft is not None
    assert not state.draft.is_on


async def test_what_was_simulated_by_other_actions_is_not_delivered(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await open_actions(window, tmp_path)
    # As another window, or the command line, does it.
    store = window.events_model.actions._actions
    await store.put_draft(replace(DEFAULTS[TRACK], trigger='type = "page"'))
    await store.mark_previewed()
    await store.save_drafts(window.house.session.actor)
    await window.choose_filter(EventFilter.SIMULATION)
    assert window.events_page.deliver_button.plain_text() == "Deliver 3"
    window.click(window.events_page.deliver_button)
    await window.wait_until(window.is_still)
    assert "The actions were changed since: simulated again." in window.visible_texts()
    assert window.events_page.deliver_button.plain_text() == "Deliver 1"
    assert not await window.house.store.events.list_newest(10)
