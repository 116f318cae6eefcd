"""The page with a real store and a real sandbox: what it shows is what happened."""

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
from desktop.viewmodels.activity.activity_row import ActivityFilter
from desktop.viewmodels.activity.activity_table_model import CHANGE, CUSTOMER
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
    quiet_desk: ActivityPageDriver, qtbot: QtBot
) -> None:
    await shown(quiet_desk, 0)
    await wait_until(lambda: not quiet_desk.model.list_state().is_loading)
    assert quiet_desk.model.list_state().text.startswith("Nothing has been changed here yet.")
    await quiet_desk.submit_edit(edit_of_maria(EditKind.VAR, "city", "Porto", "Faro"))
    await wait_until(lambda: quiet_desk.model.table_model.rowCount() == 1)
    quiet_desk.page._search.setText("nobody")
    assert quiet_desk.model.list_state().text == "Nothing matches."
    assert quiet_desk.model.list_state().action_label == "Clear filters"
    quiet_desk.page._list.action_requested.emit()
    assert quiet_desk.model.table_model.rowCount() == 1
    assert quiet_desk.page._search.text() == ""


async def test_activity_without_selection_shows_no_state_chip(
    quiet_desk: ActivityPageDriver,
) -> None:
    page = quiet_desk.page
    await shown(quiet_desk, 0)
    chip = page.detail_card.findChild(Chip)
    page.detail_card.show_detail(None)
    assert not chip.isVisible()
    await quiet_desk.submit_edit(
        edit_of_maria(EditKind.VAR, "city", "Lisbon", "Faro", reason="moved")
    )
    await wait_until(lambda: quiet_desk.model.table_model.rowCount() == 1)
    page.table.select_row(quiet_desk.model.table_model.row_at(0).id)
    await wait_until(chip.isVisible)
    page.detail_card.show_detail(None)
    assert not chip.isVisible()


async def test_activity_shows_reason_with_change(quiet_desk: ActivityPageDriver) -> None:
    await quiet_desk.submit_edit(
        edit_of_maria(EditKind.VAR, "city", "Lisbon", "Faro", reason="moved house")
    )
    await shown(quiet_desk, 1)
    row = quiet_desk.model.table_model.row_at(0)
    assert cell_texts(CUSTOMER, row) == ("maria@lopez.example", "")
    assert cell_texts(CHANGE, row)[1].startswith("moved house")


async def test_activity_filters_by_customer_list_person_and_ticket(
    quiet_desk: ActivityPageDriver,
) -> None:
    await quiet_desk.submit_edit(
        edit_of_maria(EditKind.LIST, "VIP Offers", True, False, reason="asked", ticket=48213)
    )
    (city,) = await quiet_desk.submit_edit(edit_of_maria(EditKind.VAR, "city", "Porto", "Faro"))
    await shown(quiet_desk, 2)
    model = quiet_desk.model
    for text, count in (("vip", 1), ("MARIA", 2), ("you", 2), ("#48213", 1), ("vip maria", 1)):
        model.set_filter(ActivityFilter.ALL, text)
        assert model.table_model.rowCount() == count, text
    model.set_filter(ActivityFilter.WAITING, "")
    assert model.table_model.rowCount() == 2
    model.perform_action("discard", city)
    await wait_until(lambda: model.table_model.rowCount() == 1)
    model.set_filter(ActivityFilter.DONE, "")
    assert quiet_desk.edit_states() == ["Undone"]
    model.set_filter(ActivityFilter.NEEDS_PERSON, "")
    assert model.table_model.rowCount() == 0


async def test_activity_undo_of_confirmed_change_adds_edit(desk: ActivityPageDriver) -> None:
    (edit,) = await desk.submit_edit(
        edit_of_maria(EditKind.HEALTH, "zendesk_health", "neutral", "happy")
    )
    await desk.deliver_edits()
    await shown(desk, 1)
    assert desk.edit_states() == ["Confirmed"]
    desk.page.table.select_row(edit)
    undo = desk.page.detail_card.button("undo")
    await wait_until(lambda: undo.isVisible() and undo.isEnabled())
    undo.click()
    await wait_until(lambda: desk.model.table_model.rowCount() == 2)
    await desk.deliver_edits()
    await wait_until(lambda: desk.edit_states() == ["Confirmed", "Undone"])
    assert desk.model.open_count == 0


async def test_activity_conflict_shows_both_sides_and_can_be_applied(
    desk: ActivityPageDriver,
) -> None:
    (edit,) = await desk.submit_edit(edit_of_maria(EditKind.VAR, "city", "Porto", "Faro"))
    await desk.deliver_edits()
    await shown(desk, 1)
    assert desk.edit_states() == ["Conflict"]
    assert desk.model.attention_count == 1
    desk.page.table.select_row(edit)
    apply = desk.page.detail_card.button("apply")
    await wait_until(apply.isEnabled)
    view = desk.model.detail_view()
    assert view is not None
    assert view.conflict_sides == (
        ("Wanted here", "Faro"), ("It was then", "Porto"), ("Sailthru says now", "Lisbon"),
    )  # fmt: skip
    apply.click()
    await wait_until(lambda: desk.model.table_model.rowCount() == 2)
    assert desk.model.attention_count == 0
    await desk.deliver_edits()
    await wait_until(lambda: desk.edit_states()[0] == "Confirmed")
    profile = await desk.house.session.services.sailthru.get_user(  # type: ignore[union-attr]
        "maria@lopez.example", key="email"
    )
    assert profile.vars["city"] == "Faro"


async def test_activity_dismissed_conflict_stays_dismissed_after_restart(
    desk: ActivityPageDriver,
) -> None:
    (edit,) = await desk.submit_edit(edit_of_maria(EditKind.VAR, "city", "Porto", "Faro"))
    await desk.deliver_edits()
    await shown(desk, 1)
    desk.page.table.select_row(edit)
    desk.page.detail_card.button("leave").click()
    await wait_until(lambda: desk.edit_states() == ["Dealt with"])
    again = ActivityPageDriver(desk.house)
    again.page.show()
    await wait_until(lambda: again.edit_states() == ["Dealt with"])
    assert again.model.attention_count == 0
    await again.close_page()


async def test_activity_undo_lists_unrestorable_parts_first(desk: ActivityPageDriver) -> None:
    (edit,) = await desk.submit_edit(edit_of_maria(EditKind.LIST, "Newsletter", True, False))
    await desk.deliver_edits()
    await shown(desk, 1)
    desk.page.table.select_row(edit)
    await wait_until(lambda: "join date" in desk.page.detail_card._undo_note.text())
    assert desk.page.detail_card._undo_note.isVisible()


async def test_activity_undo_with_changes_off_is_refused_with_reason(
    desk: ActivityPageDriver,
) -> None:
    (edit,) = await desk.submit_edit(
        edit_of_maria(EditKind.HEALTH, "zendesk_health", "neutral", "happy")
    )
    await desk.deliver_edits()
    await shown(desk, 1)
    desk.page.table.select_row(edit)
    desk.house.session.change_settings({"changes": False})
    undo = desk.page.detail_card.button("undo")
    await wait_until(lambda: not undo.isEnabled())
    assert "switched off" in undo.toolTip()


async def test_activity_failed_change_is_retried(desk: ActivityPageDriver) -> None:
    (edit,) = await desk.submit_edit(edit_of_maria(EditKind.VAR, "city", "Lisbon", "Faro"))
    outbox = desk.house.store.outbox
    claimed = outbox.claim(desk.house.context.clock.now(), only=[edit])
    assert claimed is not None
    outbox.close(claimed, desk.house.context.clock.now(), EditState.FAILED, "Sailthru refused it.")
    await shown(desk, 1)
    assert desk.edit_states() == ["Failed"]
    desk.model.perform_action("retry", edit)
    await wait_until(lambda: desk.edit_states() == ["Waiting", "Dealt with"])
    await desk.deliver_edits()
    await wait_until(lambda: desk.edit_states() == ["Confirmed", "Dealt with"])
    desk.model.select(edit)
    # The failed edit has its own end in the record, the new one another.
    assert len({row.edit for row in desk.house.store.audit.list_entries()}) == 2


async def test_activity_keyboard_selects_opens_and_discards(
    quiet_desk: ActivityPageDriver, qtbot: QtBot
) -> None:
    for place in range(30):
        await quiet_desk.submit_edit(edit_of_maria(EditKind.VAR, f"field_{place}", None, place))
    await shown(quiet_desk, 30)
    rows, table = quiet_desk.page.table, quiet_desk.model.table_model
    rows.setFocus()
    qtbot.keyClick(rows, Qt.Key.Key_End)
    assert rows.current_id() == table.row_at(29).id  # type: ignore[union-attr]
    qtbot.keyClick(rows, Qt.Key.Key_PageUp)
    assert 0 < rows.currentIndex().row() < 29
    qtbot.keyClick(rows, Qt.Key.Key_Home)
    qtbot.keyClick(rows, Qt.Key.Key_Down)
    second = table.row_at(1)
    assert second is not None
    assert rows.current_id() == second.id
    asked: list[str] = []
    quiet_desk.page.customer_requested.connect(asked.append)
    qtbot.keyClick(rows, Qt.Key.Key_Return)
    assert asked == ["sid:5e9f3c1b2a4d6e8f00713401"]
    qtbot.keyClick(rows, Qt.Key.Key_Delete)
    await wait_until(lambda: quiet_desk.edit_states()[1] == "Undone")
    assert rows.current_id() == second.id
    qtbot.keyClick(rows, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert "field_28: not set → 28" in QApplication.clipboard().text()


async def test_activity_menu_key_offers_same_actions(
    quiet_desk: ActivityPageDriver, qtbot: QtBot
) -> None:
    (edit,) = await quiet_desk.submit_edit(edit_of_maria(EditKind.VAR, "city", "Porto", "Faro"))
    await shown(quiet_desk, 1)
    quiet_desk.page.table.select_row(edit)
    reason = QContextMenuEvent.Reason.Keyboard
    event = QContextMenuEvent(reason, QPoint(1, 1), QPoint(1, 1))
    quiet_desk.page.table.contextMenuEvent(event)
    menu = quiet_desk.page._menu
    assert menu is not None
    assert [a.text() for a in menu.actions()] == [
        "Retry", "Discard", "Open customer", "Copy details",
    ]  # fmt: skip
    menu.actions()[1].trigger()
    await wait_until(lambda: quiet_desk.edit_states() == ["Undone"])
    menu.close()


async def test_activity_new_rows_keep_scroll_position(quiet_desk: ActivityPageDriver) -> None:
    for place in range(40):
        await quiet_desk.submit_edit(edit_of_maria(EditKind.VAR, f"field_{place}", None, place))
    await shown(quiet_desk, 40)
    rows = quiet_desk.page.table
    read = quiet_desk.model.table_model.row_at(20)
    assert read is not None
    rows.select_row(read.id)
    bar = rows.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    before = rows.visualRect(rows.currentIndex()).top()
    await quiet_desk.submit_edit(edit_of_maria(EditKind.VAR, "newest", None, 1))
    await wait_until(lambda: quiet_desk.model.table_model.rowCount() == 41)
    assert rows.current_id() == read.id
    assert rows.visualRect(rows.currentIndex()).top() == before


async def test_activity_older_pages_load_near_end(quiet_desk: ActivityPageDriver) -> None:
    intents = [edit_of_maria(EditKind.VAR, f"field_{n}", None, n) for n in range(450)]
    await quiet_desk.submit_edit(*intents)
    await shown(quiet_desk, 200)
    assert not quiet_desk.model.edit_loader.is_complete
    quiet_desk.page.table.scrollToBottom()
    await wait_until(lambda: quiet_desk.model.table_model.rowCount() > 200)
    # A search reads on by itself until enough fits, or everything is read.
    quiet_desk.model.set_filter(ActivityFilter.ALL, "field_3 ")
    quiet_desk.model.set_filter(ActivityFilter.ALL, "field_0")
    await wait_until(lambda: quiet_desk.model.edit_loader.is_complete)
    await wait_until(lambda: quiet_desk.model.table_model.rowCount() == 1)


async def test_activity_refresh_is_batched_at_100_ms(
    quiet_desk: ActivityPageDriver,
) -> None:
    await shown(quiet_desk, 0)
    read: list[int] = []
    quiet_desk.model.table_model.rowsInserted.connect(lambda *_a: read.append(1))
    turn = quiet_desk.model._throttle_timer
    assert turn.interval() == 100
    # It passes when told.
    turn.setInterval(3_600_000)
    for place in range(50):
        await quiet_desk.submit_edit(edit_of_maria(EditKind.VAR, f"field_{place}", None, place))
    await wait_until(turn.isActive)
    assert not read
    turn.stop()
    turn.timeout.emit()
    await wait_until(lambda: quiet_desk.model.table_model.rowCount() == 50)
    assert len(read) == 1


async def test_activity_audit_verification_names_forged_row(quiet_desk: ActivityPageDriver) -> None:
    edits = await quiet_desk.submit_edit(
        edit_of_maria(EditKind.VAR, "a", None, 1), edit_of_maria(EditKind.VAR, "b", None, 2)
    )
    await shown(quiet_desk, 2)
    for edit in edits:
        quiet_desk.model.perform_action("discard", edit)
    await wait_until(lambda: quiet_desk.edit_states() == ["Undone", "Undone"])
    quiet_desk.page._verify.click()
    banner = quiet_desk.page._banner
    await wait_until(lambda: "whole: 2 entries" in banner.title_label.text())
    with sqlite3.connect(quiet_desk.house.store.fairlead_db.path) as forger:
        forger.execute("DROP TRIGGER audit_is_append_only_update")
        forger.execute("UPDATE audit SET actor = 'Somebody else' WHERE seq = 2")
    forger.close()
    quiet_desk.page._verify.click()
    await wait_until(lambda: "entry 2 does not fit" in banner.title_label.text())
    assert banner.property("tone") == "bad"


async def test_activity_export_dialog_writes_spreadsheet_safe_csv(
    quiet_desk: ActivityPageDriver, tmp_path: Path
) -> None:
    await quiet_desk.submit_edit(
        edit_of_maria(EditKind.VAR, "note", None, '=HYPERLINK("http://x")', reason="+49 30 1234")
    )
    await shown(quiet_desk, 1)
    quiet_desk.page._export.click()
    dialog = quiet_desk.page.findChild(QFileDialog)
    assert dialog is not None
    assert dialog.isVisible()
    target = tmp_path / "out.csv"
    dialog.fileSelected.emit(str(target))
    dialog.close()
    await wait_until(target.exists)
    text = target.read_text("utf-8-sig")
    assert text.startswith('"edit","at"')
    (row,) = csv.DictReader(text.splitlines())
    assert row["new"] == '\'=HYPERLINK("http://x")'
    assert row["reason"] == "'+49 30 1234"
    assert target.stat().st_mode & 0o077 == 0
    quiet_desk.model.export(str(tmp_path / "out.json"), "json")
    await wait_until((tmp_path / "out.json").exists)
    (first,) = json.loads((tmp_path / "out.json").read_text("utf-8"))["rows"]
    assert first["new"] == '=HYPERLINK("http://x")'


async def test_activity_export_to_missing_folder_is_reported(
    quiet_desk: ActivityPageDriver, tmp_path: Path
) -> None:
    await quiet_desk.submit_edit(edit_of_maria(EditKind.VAR, "note", None, "x"))
    await shown(quiet_desk, 1)
    quiet_desk.model.export(str(tmp_path / "gone" / "out.csv"), "csv")
    banner = quiet_desk.page._banner
    await wait_until(lambda: banner.title_label.text() == "The file could not be written.")
    assert "No such file" in banner.message_label.text()


@pytest.mark.parametrize("width", [368, 1060])
async def test_activity_narrow_shows_one_pane_and_esc_goes_back(
    quiet_desk: ActivityPageDriver, qtbot: QtBot, width: int
) -> None:
    (edit,) = await quiet_desk.submit_edit(edit_of_maria(EditKind.VAR, "city", "Porto", "Faro"))
    holder = QWidget()
    quiet_desk.page.setParent(holder)
    holder.resize(width, 700)
    quiet_desk.page.resize(width, 700)
    holder.show()
    await wait_until(lambda: quiet_desk.model.table_model.rowCount() == 1)
    page = quiet_desk.page
    assert page.width() == width
    page.table.select_row(edit)
    assert page._list.isVisible()
    assert page.detail_card.isVisible() is (width > 760)
    if width < 760:
        qtbot.keyClick(page.table, Qt.Key.Key_Return)
        assert page.detail_card.isVisible()
        assert not page._list.isVisible()
        qtbot.keyClick(page, Qt.Key.Key_Escape)
        assert page._list.isVisible()
        assert not page.detail_card.isVisible()
    page.setParent(None)
    await delete_qt_objects(holder)


async def test_activity_customer_markup_is_plain_text(quiet_desk: ActivityPageDriver) -> None:
    (edit,) = await quiet_desk.submit_edit(
        edit_of_maria(EditKind.VAR, "note", None, "<b>x</b> & <img src=y>")
    )
    await shown(quiet_desk, 1)
    quiet_desk.page.table.select_row(edit)
    view = quiet_desk.model.detail_view()
    assert view is not None
    assert ("Wanted", "<b>x</b> & <img src=y>", "") in view.facts
    labels = {
        name.text(): value.text() for name, value, _ in quiet_desk.page.detail_card._facts._rows
    }
    assert labels["Wanted"] == "<b>x</b> & <img src=y>"


async def test_activity_controls_have_names_and_texts_fit(desk: ActivityPageDriver) -> None:
    (edit,) = await desk.submit_edit(
        edit_of_maria(
            EditKind.VAR, "city", "Porto", "Faro", reason="She wrote that she moved. " * 12
        )
    )
    await desk.deliver_edits()
    await shown(desk, 1)
    desk.page.table.select_row(edit)
    await wait_until(lambda: desk.page.detail_card.button("apply").isEnabled())
    assert controls_without_name(desk.page) == []
    assert clipped_texts(desk.page.detail_card) == []
