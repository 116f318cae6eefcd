"""The page with a real store and a real sandbox: what it shows is what happened."""

import asyncio
import csv
import json
import sqlite3
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from desktop.model.edit import EditKind, EditState
from desktop.panels.activity_table_view import cell_texts
from desktop.panels.widgets.chip import Chip
from desktop.panels.widgets.export_file_dialog import documents_folder
from desktop.viewmodels.activity.activity_columns import CHANGE, CUSTOMER
from desktop.viewmodels.activity.activity_detail_view import ActivityAction
from desktop.viewmodels.activity.activity_row import ActivityFilter
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.activity_page_driver import ActivityPageDriver, edit_of_maria
from tests.support.window_workspace import delete_qt_objects, wait_until


async def shown(desk: ActivityPageDriver, rows: int, width: int = 1060, height: int = 700) -> None:
    desk.page.resize(width, height)
    desk.page.show()
    await wait_until(
        lambda: desk.model.table_model.rowCount() == rows and desk.model.edit_loader.is_loaded
    )


async def test_activity_empty_and_no_match_states_then_clear(
    offline_page: ActivityPageDriver, qtbot: QtBot
) -> None:
    await shown(offline_page, 0)
    await wait_until(lambda: not offline_page.model.list_state().is_loading)
    assert offline_page.model.list_state().text.startswith("No changes yet.")
    # There is no change whose details could be shown; the next step is to look somebody up.
    await wait_until(lambda: not offline_page.page.detail_card.isVisible())
    with qtbot.waitSignal(offline_page.page.search_requested):
        offline_page.page.list_card.action_requested.emit()
    await offline_page.submit_edit(edit_of_maria(EditKind.VAR, "city", "Porto", "Faro"))
    await wait_until(lambda: offline_page.model.table_model.rowCount() == 1)
    await wait_until(offline_page.page.detail_card.isVisible)
    offline_page.page.search_field.setText("nobody")
    assert offline_page.model.list_state().text == "Nothing matches."
    assert offline_page.model.list_state().action_label == "Clear filters"
    offline_page.page.list_card.action_requested.emit()
    assert offline_page.model.table_model.rowCount() == 1
    assert offline_page.page.search_field.text() == ""


async def test_activity_without_selection_shows_no_state_chip(
    offline_page: ActivityPageDriver,
) -> None:
    page = offline_page.page
    await shown(offline_page, 0)
    chip = page.detail_card.findChild(Chip)
    page.detail_card.show_detail(None)
    assert not chip.isVisible()
    await offline_page.submit_edit(
        edit_of_maria(EditKind.VAR, "city", "Lisbon", "Faro", reason="moved")
    )
    await wait_until(lambda: offline_page.model.table_model.rowCount() == 1)
    page.select_row(offline_page.model.table_model.row_at(0).id)
    await wait_until(chip.isVisible)
    page.detail_card.show_detail(None)
    assert not chip.isVisible()


async def test_activity_shows_reason_with_change(offline_page: ActivityPageDriver) -> None:
    await offline_page.submit_edit(
        edit_of_maria(EditKind.VAR, "city", "Lisbon", "Faro", reason="moved house")
    )
    await shown(offline_page, 1)
    row = offline_page.model.table_model.row_at(0)
    assert cell_texts(CUSTOMER, row) == ("maria@lopez.example", "")
    assert cell_texts(CHANGE, row)[1].startswith("moved house")


async def test_activity_filters_by_customer_list_person_and_ticket(
    offline_page: ActivityPageDriver,
) -> None:
    await offline_page.submit_edit(
        edit_of_maria(EditKind.LIST, "VIP Offers", True, False, reason="asked", ticket=48213)
    )
    (city,) = await offline_page.submit_edit(edit_of_maria(EditKind.VAR, "city", "Porto", "Faro"))
    await shown(offline_page, 2)
    model = offline_page.model
    for text, count in (("vip", 1), ("MARIA", 2), ("you", 2), ("#48213", 1), ("vip maria", 1)):
        model.set_filter(ActivityFilter.ALL, text)
        assert model.table_model.rowCount() == count, text
    model.set_filter(ActivityFilter.WAITING, "")
    assert model.table_model.rowCount() == 2
    model.perform_action(ActivityAction.DISCARD, city)
    await wait_until(lambda: model.table_model.rowCount() == 1)
    model.set_filter(ActivityFilter.DONE, "")
    assert offline_page.edit_states() == ["Undone"]
    model.set_filter(ActivityFilter.NEEDS_PERSON, "")
    assert model.table_model.rowCount() == 0


async def test_activity_undo_of_confirmed_change_adds_edit(
    activity_page: ActivityPageDriver,
) -> None:
    (edit,) = await activity_page.submit_edit(
        edit_of_maria(EditKind.HEALTH, "zendesk_health", "neutral", "happy")
    )
    await activity_page.deliver_edits()
    await shown(activity_page, 1)
    await wait_until(lambda: activity_page.edit_states() == ["Confirmed"])
    activity_page.page.select_row(edit)
    undo = activity_page.page.detail_card.button(ActivityAction.UNDO)
    await wait_until(lambda: undo.isVisible() and undo.isEnabled())
    undo.click()
    await wait_until(lambda: activity_page.model.table_model.rowCount() == 2)
    await activity_page.deliver_edits()
    await wait_until(lambda: activity_page.edit_states() == ["Confirmed", "Undone"])
    await wait_until(lambda: activity_page.model.open_count == 0)


async def test_activity_conflict_shows_both_sides_and_can_be_applied(
    activity_page: ActivityPageDriver,
) -> None:
    (edit,) = await activity_page.submit_edit(edit_of_maria(EditKind.VAR, "city", "Porto", "Faro"))
    await activity_page.deliver_edits()
    await shown(activity_page, 1)
    await wait_until(lambda: activity_page.edit_states() == ["Conflict"])
    assert activity_page.model.attention_count == 1
    activity_page.page.select_row(edit)
    apply = activity_page.page.detail_card.button(ActivityAction.APPLY)
    await wait_until(apply.isEnabled)
    view = activity_page.model.detail_view()
    assert view is not None
    assert view.conflict_sides == (
        ("New value", "Faro"), ("Value before", "Porto"), ("Sailthru now", "Lisbon"),
    )  # fmt: skip
    apply.click()
    await wait_until(lambda: activity_page.model.table_model.rowCount() == 2)
    assert activity_page.model.attention_count == 0
    await activity_page.deliver_edits()
    await wait_until(lambda: activity_page.edit_states()[0] == "Confirmed")
    profile = await activity_page.house.session.clients.sailthru.get_user(  # type: ignore[union-attr]
        "maria@lopez.example", key="email"
    )
    assert profile.vars["city"] == "Faro"


async def test_activity_dismissed_conflict_stays_dismissed_after_restart(
    activity_page: ActivityPageDriver,
) -> None:
    (edit,) = await activity_page.submit_edit(edit_of_maria(EditKind.VAR, "city", "Porto", "Faro"))
    await activity_page.deliver_edits()
    await shown(activity_page, 1)
    activity_page.page.select_row(edit)
    activity_page.page.detail_card.button(ActivityAction.LEAVE).click()
    await wait_until(lambda: activity_page.edit_states() == ["Resolved"])
    again = ActivityPageDriver(activity_page.house)
    again.page.show()
    await wait_until(lambda: again.edit_states() == ["Resolved"])
    assert again.model.attention_count == 0
    await again.close_page()


async def test_activity_undo_lists_unrestorable_parts_first(
    activity_page: ActivityPageDriver,
) -> None:
    (edit,) = await activity_page.submit_edit(
        edit_of_maria(EditKind.LIST, "Newsletter", True, False)
    )
    await activity_page.deliver_edits()
    await shown(activity_page, 1)
    activity_page.page.select_row(edit)
    await wait_until(lambda: "join date" in activity_page.page.detail_card._undo_note.text())
    assert activity_page.page.detail_card._undo_note.isVisible()


async def test_activity_undo_with_changes_off_is_refused_with_reason(
    activity_page: ActivityPageDriver,
) -> None:
    (edit,) = await activity_page.submit_edit(
        edit_of_maria(EditKind.HEALTH, "zendesk_health", "neutral", "happy")
    )
    await activity_page.deliver_edits()
    await shown(activity_page, 1)
    activity_page.page.select_row(edit)
    activity_page.house.session.change_settings({"changes": False})
    undo = activity_page.page.detail_card.button(ActivityAction.UNDO)
    await wait_until(lambda: not undo.isEnabled())
    assert "switched off" in undo.toolTip()


async def test_activity_failed_change_is_retried(activity_page: ActivityPageDriver) -> None:
    (edit,) = await activity_page.submit_edit(edit_of_maria(EditKind.VAR, "city", "Lisbon", "Faro"))
    outbox = activity_page.house.store.outbox
    claimed = outbox.claims.claim.blocking(activity_page.house.context.clock.now(), only=[edit])
    assert claimed is not None
    outbox.claims.close(
        claimed, activity_page.house.context.clock.now(), EditState.FAILED, "Sailthru refused it."
    )
    await shown(activity_page, 1)
    await wait_until(lambda: activity_page.edit_states() == ["Failed"])
    activity_page.model.perform_action(ActivityAction.RETRY, edit)
    await wait_until(lambda: activity_page.edit_states() == ["Waiting", "Resolved"])
    await activity_page.deliver_edits()
    await wait_until(lambda: activity_page.edit_states() == ["Confirmed", "Resolved"])
    activity_page.model.select(edit)
    # The failed edit has its own end in the record, the new one another.
    assert len({row.edit for row in activity_page.house.store.audit.list_entries.blocking()}) == 2


async def test_activity_keyboard_selects_opens_and_discards(
    offline_page: ActivityPageDriver, qtbot: QtBot
) -> None:
    for place in range(30):
        await offline_page.submit_edit(edit_of_maria(EditKind.VAR, f"field_{place}", None, place))
    await shown(offline_page, 30)
    rows, table = offline_page.page.table, offline_page.model.table_model
    rows.setFocus()
    qtbot.keyClick(rows, Qt.Key.Key_End)
    assert offline_page.page.current_id() == table.row_at(29).id  # type: ignore[union-attr]
    qtbot.keyClick(rows, Qt.Key.Key_PageUp)
    assert 0 < rows.currentIndex().row() < 29
    qtbot.keyClick(rows, Qt.Key.Key_Home)
    qtbot.keyClick(rows, Qt.Key.Key_Down)
    second = table.row_at(1)
    assert second is not None
    assert offline_page.page.current_id() == second.id
    asked: list[str] = []
    offline_page.page.customer_requested.connect(asked.append)
    qtbot.keyClick(rows, Qt.Key.Key_Return)
    assert asked == ["sid:5e9f3c1b2a4d6e8f00713401"]
    qtbot.keyClick(rows, Qt.Key.Key_Delete)
    await wait_until(lambda: offline_page.edit_states()[1] == "Undone")
    assert offline_page.page.current_id() == second.id
    qtbot.keyClick(rows, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert "field_28: not set → 28" in QApplication.clipboard().text()


async def test_activity_menu_key_offers_same_actions(
    offline_page: ActivityPageDriver, qtbot: QtBot
) -> None:
    (edit,) = await offline_page.submit_edit(edit_of_maria(EditKind.VAR, "city", "Porto", "Faro"))
    await shown(offline_page, 1)
    offline_page.page.select_row(edit)
    reason = QContextMenuEvent.Reason.Keyboard
    event = QContextMenuEvent(reason, QPoint(1, 1), QPoint(1, 1))
    offline_page.page.table.contextMenuEvent(event)
    menu = offline_page.page._menu
    assert menu is not None
    assert [a.text() for a in menu.actions()] == [
        "Retry", "Discard", "Open customer", "Copy details",
    ]  # fmt: skip
    menu.actions()[1].trigger()
    await wait_until(lambda: offline_page.edit_states() == ["Undone"])
    menu.close()


async def test_activity_new_rows_keep_scroll_position(offline_page: ActivityPageDriver) -> None:
    for place in range(40):
        await offline_page.submit_edit(edit_of_maria(EditKind.VAR, f"field_{place}", None, place))
    await shown(offline_page, 40)
    rows = offline_page.page.table
    read = offline_page.model.table_model.row_at(20)
    assert read is not None
    offline_page.page.select_row(read.id)
    bar = rows.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    before = rows.visualRect(rows.currentIndex()).top()
    await offline_page.submit_edit(edit_of_maria(EditKind.VAR, "newest", None, 1))
    await wait_until(lambda: offline_page.model.table_model.rowCount() == 41)
    assert offline_page.page.current_id() == read.id
    assert rows.visualRect(rows.currentIndex()).top() == before


async def test_activity_older_pages_load_near_end(offline_page: ActivityPageDriver) -> None:
    intents = [edit_of_maria(EditKind.VAR, f"field_{n}", None, n) for n in range(450)]
    await offline_page.submit_edit(*intents)
    await shown(offline_page, 200)
    assert not offline_page.model.edit_loader.is_complete
    offline_page.page.table.scrollToBottom()
    await wait_until(lambda: offline_page.model.table_model.rowCount() > 200)
    # A search reads on by itself until enough fits, or everything is read.
    offline_page.model.set_filter(ActivityFilter.ALL, "field_3 ")
    offline_page.model.set_filter(ActivityFilter.ALL, "field_0")
    await wait_until(lambda: offline_page.model.edit_loader.is_complete)
    await wait_until(lambda: offline_page.model.table_model.rowCount() == 1)


async def test_activity_refresh_is_batched_at_100_ms(
    offline_page: ActivityPageDriver,
) -> None:
    await shown(offline_page, 0)
    read: list[int] = []
    offline_page.model.table_model.rowsInserted.connect(lambda *_a: read.append(1))
    turn = offline_page.model._throttle_timer
    assert turn.interval() == 100
    # It passes when told.
    turn.setInterval(3_600_000)
    for place in range(50):
        await offline_page.submit_edit(edit_of_maria(EditKind.VAR, f"field_{place}", None, place))
    await wait_until(turn.isActive)
    assert not read
    turn.stop()
    turn.timeout.emit()
    await wait_until(lambda: offline_page.model.table_model.rowCount() == 50)
    assert len(read) == 1


async def test_activity_audit_verification_names_forged_row(
    offline_page: ActivityPageDriver,
) -> None:
    edits = await offline_page.submit_edit(
        edit_of_maria(EditKind.VAR, "a", None, 1), edit_of_maria(EditKind.VAR, "b", None, 2)
    )
    await shown(offline_page, 2)
    for edit in edits:
        offline_page.model.perform_action(ActivityAction.DISCARD, edit)
    await wait_until(lambda: offline_page.edit_states() == ["Undone", "Undone"])
    offline_page.page.verify_button.click()
    banner = offline_page.page.banner
    await wait_until(lambda: "whole: 2 entries" in banner.title_label.text())
    with sqlite3.connect(offline_page.house.store.fairlead_db.path) as forger:
        forger.execute("DROP TRIGGER audit_value_is_kept_or_erased")
        forger.execute("UPDATE audit_value SET actor = 'Somebody else' WHERE seq = 2")
    forger.close()
    offline_page.page.verify_button.click()
    await wait_until(lambda: "entry 2 does not fit" in banner.title_label.text())
    assert banner.property("tone") == "bad"


async def test_activity_export_dialog_writes_spreadsheet_safe_csv(
    offline_page: ActivityPageDriver, tmp_path: Path
) -> None:
    await offline_page.submit_edit(
        edit_of_maria(EditKind.VAR, "note", None, '=HYPERLINK("http://x")', reason="+49 30 1234")
    )
    await shown(offline_page, 1)
    offline_page.page.export_button.click()
    dialog = offline_page.page.findChild(QFileDialog)
    assert dialog is not None
    assert dialog.isVisible()
    assert dialog.directory().absolutePath() == documents_folder()
    target = tmp_path / "out.csv"
    dialog.fileSelected.emit(str(target))
    dialog.close()
    await wait_until(target.exists)
    text = target.read_text("utf-8-sig")
    assert text.startswith('"Change","Changed"')
    (row,) = csv.DictReader(text.splitlines())
    assert row["New value"] == '\'=HYPERLINK("http://x")'
    assert row["Reason"] == "'+49 30 1234"
    assert target.stat().st_mode & 0o077 == 0
    offline_page.model.export(str(tmp_path / "out.json"), "json")
    await wait_until((tmp_path / "out.json").exists)
    (first,) = json.loads((tmp_path / "out.json").read_text("utf-8"))["rows"]
    assert first["new"] == '=HYPERLINK("http://x")'


async def test_activity_export_to_missing_folder_is_reported(
    offline_page: ActivityPageDriver, tmp_path: Path
) -> None:
    await offline_page.submit_edit(edit_of_maria(EditKind.VAR, "note", None, "x"))
    await shown(offline_page, 1)
    offline_page.model.export(str(tmp_path / "gone" / "out.csv"), "csv")
    banner = offline_page.page.banner
    await wait_until(lambda: banner.title_label.text() == "The file could not be written.")
    assert "No such file" in banner.message_label.text()


@pytest.mark.parametrize("width", [368, 1060])
async def test_activity_narrow_shows_one_pane_and_esc_goes_back(
    offline_page: ActivityPageDriver, qtbot: QtBot, width: int
) -> None:
    (edit,) = await offline_page.submit_edit(edit_of_maria(EditKind.VAR, "city", "Porto", "Faro"))
    holder = QWidget()
    offline_page.page.setParent(holder)
    holder.resize(width, 700)
    offline_page.page.resize(width, 700)
    holder.show()
    await wait_until(lambda: offline_page.model.table_model.rowCount() == 1)
    page = offline_page.page
    assert page.width() == width
    page.select_row(edit)
    assert page.list_card.isVisible()
    assert page.detail_card.isVisible() is (width > 760)
    if width < 760:
        qtbot.keyClick(page.table, Qt.Key.Key_Return)
        assert page.detail_card.isVisible()
        assert not page.list_card.isVisible()
        qtbot.keyClick(page, Qt.Key.Key_Escape)
        assert page.list_card.isVisible()
        assert not page.detail_card.isVisible()
    page.setParent(None)
    await delete_qt_objects(holder)


async def test_activity_customer_markup_is_plain_text(offline_page: ActivityPageDriver) -> None:
    (edit,) = await offline_page.submit_edit(
        edit_of_maria(EditKind.VAR, "note", None, "<b>x</b> & <img src=y>")
    )
    await shown(offline_page, 1)
    offline_page.page.select_row(edit)
    view = offline_page.model.detail_view()
    assert view is not None
    assert ("New value", "<b>x</b> & <img src=y>", "") in view.facts
    labels = {
        name.text(): value.text() for name, value, _ in offline_page.page.detail_card._facts._rows
    }
    assert labels["New value"] == "<b>x</b> & <img src=y>"


async def test_activity_controls_have_names_and_texts_fit(
    activity_page: ActivityPageDriver,
) -> None:
    (edit,) = await activity_page.submit_edit(
        edit_of_maria(
            EditKind.VAR, "city", "Porto", "Faro", reason="She wrote that she moved. " * 12
        )
    )
    await activity_page.deliver_edits()
    await shown(activity_page, 1)
    activity_page.page.select_row(edit)
    await wait_until(
        lambda: activity_page.page.detail_card.button(ActivityAction.APPLY).isEnabled()
    )
    assert controls_without_name(activity_page.page) == []
    assert clipped_texts(activity_page.page.detail_card) == []


async def test_activity_shows_what_comes_in_while_it_reads_details(
    offline_page: ActivityPageDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change during the last waits of a read is read as well, and not at the next change."""
    await offline_page.submit_edit(edit_of_maria(EditKind.VAR, "first", None, 1))
    await shown(offline_page, 1)
    model = offline_page.model
    read_detail, came_in = model._read_detail, asyncio.Event()

    async def read_detail_slowly() -> None:
        await read_detail()
        if not came_in.is_set():
            came_in.set()
            await offline_page.submit_edit(edit_of_maria(EditKind.VAR, "second", None, 1))
            # The throttle's turn comes while this read is still under way.
            await asyncio.sleep(0.3)

    monkeypatch.setattr(model, "_read_detail", read_detail_slowly)
    model.refresh()
    await wait_until(lambda: model.table_model.rowCount() == 2)
