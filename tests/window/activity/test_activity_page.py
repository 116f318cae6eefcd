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
from desktop.panels.activity_rows import lines
from desktop.panels.parts.chip import Chip
from desktop.viewmodels.activity_row import Sift
from desktop.viewmodels.activity_table import CHANGE, CUSTOMER
from tests.window.activity.at_desk import AtDesk, on_maria
from tests.window.at_work import bury, until
from tests.window.careful import cut_off, unnamed


async def shown(desk: AtDesk, rows: int, width: int = 1060, height: int = 700) -> None:
    desk.page.resize(width, height)
    desk.page.show()
    await until(lambda: desk.model.table.rowCount() == rows and desk.model.log.loaded)


async def test_nothing_yet_then_nothing_matches_then_clear(
    quiet_desk: AtDesk, qtbot: QtBot
) -> None:
    await shown(quiet_desk, 0)
    await until(lambda: not quiet_desk.model.list_state().loading)
    assert quiet_desk.model.list_state().text.startswith("Nothing has been changed here yet.")
    await quiet_desk.want(on_maria(EditKind.VAR, "city", "Porto", "Faro"))
    await until(lambda: quiet_desk.model.table.rowCount() == 1)
    quiet_desk.page._search.setText("nobody")
    assert quiet_desk.model.list_state().text == "Nothing matches."
    assert quiet_desk.model.list_state().action == "Clear filters"
    quiet_desk.page._list.action_requested.emit()
    assert quiet_desk.model.table.rowCount() == 1
    assert quiet_desk.page._search.text() == ""


async def test_without_a_change_the_details_show_no_chip(quiet_desk: AtDesk) -> None:
    page = quiet_desk.page
    await shown(quiet_desk, 0)
    chip = page.detail.findChild(Chip)
    page.detail.show_detail(None)
    assert not chip.isVisible()
    await quiet_desk.want(on_maria(EditKind.VAR, "city", "Lisbon", "Faro", reason="moved"))
    await until(lambda: quiet_desk.model.table.rowCount() == 1)
    page.rows.select(quiet_desk.model.table.row(0).id)
    await until(chip.isVisible)
    page.detail.show_detail(None)
    assert not chip.isVisible()


async def test_the_reason_stands_with_the_change(quiet_desk: AtDesk) -> None:
    await quiet_desk.want(on_maria(EditKind.VAR, "city", "Lisbon", "Faro", reason="moved house"))
    await shown(quiet_desk, 1)
    row = quiet_desk.model.table.row(0)
    assert lines(CUSTOMER, row) == ("maria@lopez.example", "")
    assert lines(CHANGE, row)[1].startswith("moved house")


async def test_filters_and_search_find_by_customer_list_person_and_ticket(
    quiet_desk: AtDesk,
) -> None:
    await quiet_desk.want(
        on_maria(EditKind.LIST, "VIP Offers", True, False, reason="asked", ticket=48213)
    )
    (city,) = await quiet_desk.want(on_maria(EditKind.VAR, "city", "Porto", "Faro"))
    await shown(quiet_desk, 2)
    model = quiet_desk.model
    for text, count in (("vip", 1), ("MARIA", 2), ("you", 2), ("#48213", 1), ("vip maria", 1)):
        model.set_filter(Sift.ALL, text)
        assert model.table.rowCount() == count, text
    model.set_filter(Sift.WAITING, "")
    assert model.table.rowCount() == 2
    model.do("discard", city)
    await until(lambda: model.table.rowCount() == 1)
    model.set_filter(Sift.DONE, "")
    assert quiet_desk.states() == ["Undone"]
    model.set_filter(Sift.PERSON, "")
    assert model.table.rowCount() == 0


async def test_confirmed_change_is_undone_by_another_edit(desk: AtDesk) -> None:
    (edit,) = await desk.want(on_maria(EditKind.HEALTH, "zendesk_health", "neutral", "happy"))
    await desk.send()
    await shown(desk, 1)
    assert desk.states() == ["Confirmed"]
    desk.page.rows.select(edit)
    undo = desk.page.detail.button("undo")
    await until(lambda: undo.isVisible() and undo.isEnabled())
    undo.click()
    await until(lambda: desk.model.table.rowCount() == 2)
    await desk.send()
    await until(lambda: desk.states() == ["Confirmed", "Undone"])
    assert desk.model.open_count == 0


async def test_conflict_shows_both_sides_and_is_applied_anyway(desk: AtDesk) -> None:
    (edit,) = await desk.want(on_maria(EditKind.VAR, "city", "Porto", "Faro"))
    await desk.send()
    await shown(desk, 1)
    assert desk.states() == ["Conflict"]
    assert desk.model.attention_count == 1
    desk.page.rows.select(edit)
    apply = desk.page.detail.button("apply")
    await until(apply.isEnabled)
    view = desk.model.detail()
    assert view is not None
    assert view.sides == (
        ("Wanted here", "Faro"), ("It was then", "Porto"), ("Sailthru says now", "Lisbon"),
    )  # fmt: skip
    apply.click()
    await until(lambda: desk.model.table.rowCount() == 2)
    assert desk.model.attention_count == 0
    await desk.send()
    await until(lambda: desk.states()[0] == "Confirmed")
    profile = await desk.house.live.services.sailthru.get_user(  # type: ignore[union-attr]
        "maria@lopez.example", key="email"
    )
    assert profile.vars["city"] == "Faro"


async def test_a_conflict_left_as_it_is_stays_left_after_a_restart(desk: AtDesk) -> None:
    (edit,) = await desk.want(on_maria(EditKind.VAR, "city", "Porto", "Faro"))
    await desk.send()
    await shown(desk, 1)
    desk.page.rows.select(edit)
    desk.page.detail.button("leave").click()
    await until(lambda: desk.states() == ["Dealt with"])
    again = AtDesk(desk.house)
    again.page.show()
    await until(lambda: again.states() == ["Dealt with"])
    assert again.model.attention_count == 0
    await again.leave()


async def test_undo_says_in_advance_what_it_cannot_restore(desk: AtDesk) -> None:
    (edit,) = await desk.want(on_maria(EditKind.LIST, "Newsletter", True, False))
    await desk.send()
    await shown(desk, 1)
    desk.page.rows.select(edit)
    await until(lambda: "join date" in desk.page.detail._undo_note.text())
    assert desk.page.detail._undo_note.isVisible()


async def test_undo_is_refused_with_the_reason_where_changes_are_off(desk: AtDesk) -> None:
    (edit,) = await desk.want(on_maria(EditKind.HEALTH, "zendesk_health", "neutral", "happy"))
    await desk.send()
    await shown(desk, 1)
    desk.page.rows.select(edit)
    desk.house.live.change({"changes": False})
    undo = desk.page.detail.button("undo")
    await until(lambda: not undo.isEnabled())
    assert "switched off" in undo.toolTip()


async def test_failed_is_retried_and_goes_out(desk: AtDesk) -> None:
    (edit,) = await desk.want(on_maria(EditKind.VAR, "city", "Lisbon", "Faro"))
    outbox = desk.house.store.outbox
    claimed = outbox.claim(desk.house.ground.clock.now(), only=[edit])
    assert claimed is not None
    outbox.close(claimed, desk.house.ground.clock.now(), EditState.FAILED, "Sailthru refused it.")
    await shown(desk, 1)
    assert desk.states() == ["Failed"]
    desk.model.do("retry", edit)
    await until(lambda: desk.states() == ["Waiting", "Dealt with"])
    await desk.send()
    await until(lambda: desk.states() == ["Confirmed", "Dealt with"])
    desk.model.choose(edit)
    # The failed edit has its own end in the record, the new one another.
    assert len({row.edit for row in desk.house.store.audit.rows()}) == 2


async def test_keyboard_goes_through_the_list_opens_and_discards(
    quiet_desk: AtDesk, qtbot: QtBot
) -> None:
    for place in range(30):
        await quiet_desk.want(on_maria(EditKind.VAR, f"field_{place}", None, place))
    await shown(quiet_desk, 30)
    rows, table = quiet_desk.page.rows, quiet_desk.model.table
    rows.setFocus()
    qtbot.keyClick(rows, Qt.Key.Key_End)
    assert rows.current_id() == table.row(29).id  # type: ignore[union-attr]
    qtbot.keyClick(rows, Qt.Key.Key_PageUp)
    assert 0 < rows.currentIndex().row() < 29
    qtbot.keyClick(rows, Qt.Key.Key_Home)
    qtbot.keyClick(rows, Qt.Key.Key_Down)
    second = table.row(1)
    assert second is not None
    assert rows.current_id() == second.id
    asked: list[str] = []
    quiet_desk.page.customer_chosen.connect(asked.append)
    qtbot.keyClick(rows, Qt.Key.Key_Return)
    assert asked == ["sid:5e9f3c1b2a4d6e8f00713401"]
    qtbot.keyClick(rows, Qt.Key.Key_Delete)
    await until(lambda: quiet_desk.states()[1] == "Undone")
    assert rows.current_id() == second.id
    qtbot.keyClick(rows, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert "field_28: not set → 28" in QApplication.clipboard().text()


async def test_menu_key_offers_the_same_acts(quiet_desk: AtDesk, qtbot: QtBot) -> None:
    (edit,) = await quiet_desk.want(on_maria(EditKind.VAR, "city", "Porto", "Faro"))
    await shown(quiet_desk, 1)
    quiet_desk.page.rows.select(edit)
    reason = QContextMenuEvent.Reason.Keyboard
    event = QContextMenuEvent(reason, QPoint(1, 1), QPoint(1, 1))
    quiet_desk.page.rows.contextMenuEvent(event)
    menu = quiet_desk.page._menu
    assert menu is not None
    assert [a.text() for a in menu.actions()] == [
        "Retry", "Discard", "Open customer", "Copy details",
    ]  # fmt: skip
    menu.actions()[1].trigger()
    await until(lambda: quiet_desk.states() == ["Undone"])
    menu.close()


async def test_new_rows_leave_what_is_read_where_it_is(quiet_desk: AtDesk) -> None:
    for place in range(40):
        await quiet_desk.want(on_maria(EditKind.VAR, f"field_{place}", None, place))
    await shown(quiet_desk, 40)
    rows = quiet_desk.page.rows
    read = quiet_desk.model.table.row(20)
    assert read is not None
    rows.select(read.id)
    bar = rows.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    before = rows.visualRect(rows.currentIndex()).top()
    await quiet_desk.want(on_maria(EditKind.VAR, "newest", None, 1))
    await until(lambda: quiet_desk.model.table.rowCount() == 41)
    assert rows.current_id() == read.id
    assert rows.visualRect(rows.currentIndex()).top() == before


async def test_older_pages_come_when_the_end_is_in_sight(quiet_desk: AtDesk) -> None:
    intents = [on_maria(EditKind.VAR, f"field_{n}", None, n) for n in range(450)]
    await quiet_desk.want(*intents)
    await shown(quiet_desk, 200)
    assert not quiet_desk.model.log.complete
    quiet_desk.page.rows.scrollToBottom()
    await until(lambda: quiet_desk.model.table.rowCount() > 200)
    # A search reads on by itself until enough fits, or everything is read.
    quiet_desk.model.set_filter(Sift.ALL, "field_3 ")
    quiet_desk.model.set_filter(Sift.ALL, "field_0")
    await until(lambda: quiet_desk.model.log.complete)
    await until(lambda: quiet_desk.model.table.rowCount() == 1)


async def test_however_busy_the_outbox_one_refresh_takes_in_all_of_a_tenth(
    quiet_desk: AtDesk,
) -> None:
    await shown(quiet_desk, 0)
    read: list[int] = []
    quiet_desk.model.table.rowsInserted.connect(lambda *_a: read.append(1))
    turn = quiet_desk.model._throttle
    assert turn.interval() == 100
    # It passes when told.
    turn.setInterval(3_600_000)
    for place in range(50):
        await quiet_desk.want(on_maria(EditKind.VAR, f"field_{place}", None, place))
    await until(turn.isActive)
    assert not read
    turn.stop()
    turn.timeout.emit()
    await until(lambda: quiet_desk.model.table.rowCount() == 50)
    assert len(read) == 1


async def test_the_record_is_verified_and_a_forged_row_is_named(quiet_desk: AtDesk) -> None:
    edits = await quiet_desk.want(
        on_maria(EditKind.VAR, "a", None, 1), on_maria(EditKind.VAR, "b", None, 2)
    )
    await shown(quiet_desk, 2)
    for edit in edits:
        quiet_desk.model.do("discard", edit)
    await until(lambda: quiet_desk.states() == ["Undone", "Undone"])
    quiet_desk.page._verify.click()
    banner = quiet_desk.page._banner
    await until(lambda: "whole: 2 entries" in banner.title_label.text())
    with sqlite3.connect(quiet_desk.house.store.fairlead.path) as forger:
        forger.execute("DROP TRIGGER audit_is_append_only_update")
        forger.execute("UPDATE audit SET actor = 'Somebody else' WHERE seq = 2")
    forger.close()
    quiet_desk.page._verify.click()
    await until(lambda: "entry 2 does not fit" in banner.title_label.text())
    assert banner.property("tone") == "bad"


async def test_export_through_the_dialog_is_safe_for_spreadsheets(
    quiet_desk: AtDesk, tmp_path: Path
) -> None:
    await quiet_desk.want(
        on_maria(EditKind.VAR, "note", None, '=HYPERLINK("http://x")', reason="+49 30 1234")
    )
    await shown(quiet_desk, 1)
    quiet_desk.page._export.click()
    dialog = quiet_desk.page.findChild(QFileDialog)
    assert dialog is not None
    assert dialog.isVisible()
    target = tmp_path / "out.csv"
    dialog.fileSelected.emit(str(target))
    dialog.close()
    await until(target.exists)
    text = target.read_text("utf-8-sig")
    assert text.startswith('"edit","at"')
    (row,) = csv.DictReader(text.splitlines())
    assert row["new"] == '\'=HYPERLINK("http://x")'
    assert row["reason"] == "'+49 30 1234"
    assert target.stat().st_mode & 0o077 == 0
    quiet_desk.model.export(str(tmp_path / "out.json"), "json")
    await until((tmp_path / "out.json").exists)
    (first,) = json.loads((tmp_path / "out.json").read_text("utf-8"))["rows"]
    assert first["new"] == '=HYPERLINK("http://x")'


async def test_export_into_a_missing_folder_says_so_beside_the_list(
    quiet_desk: AtDesk, tmp_path: Path
) -> None:
    await quiet_desk.want(on_maria(EditKind.VAR, "note", None, "x"))
    await shown(quiet_desk, 1)
    quiet_desk.model.export(str(tmp_path / "gone" / "out.csv"), "csv")
    banner = quiet_desk.page._banner
    await until(lambda: banner.title_label.text() == "The file could not be written.")
    assert "No such file" in banner.message_label.text()


@pytest.mark.parametrize("width", [368, 1060])
async def test_narrow_shows_one_at_a_time_and_esc_goes_back(
    quiet_desk: AtDesk, qtbot: QtBot, width: int
) -> None:
    (edit,) = await quiet_desk.want(on_maria(EditKind.VAR, "city", "Porto", "Faro"))
    holder = QWidget()
    quiet_desk.page.setParent(holder)
    holder.resize(width, 700)
    quiet_desk.page.resize(width, 700)
    holder.show()
    await until(lambda: quiet_desk.model.table.rowCount() == 1)
    page = quiet_desk.page
    assert page.width() == width
    page.rows.select(edit)
    assert page._list.isVisible()
    assert page.detail.isVisible() is (width > 760)
    if width < 760:
        qtbot.keyClick(page.rows, Qt.Key.Key_Return)
        assert page.detail.isVisible()
        assert not page._list.isVisible()
        qtbot.keyClick(page, Qt.Key.Key_Escape)
        assert page._list.isVisible()
        assert not page.detail.isVisible()
    page.setParent(None)
    await bury(holder)


async def test_a_customers_markup_is_shown_as_typed(quiet_desk: AtDesk) -> None:
    (edit,) = await quiet_desk.want(on_maria(EditKind.VAR, "note", None, "<b>x</b> & <img src=y>"))
    await shown(quiet_desk, 1)
    quiet_desk.page.rows.select(edit)
    view = quiet_desk.model.detail()
    assert view is not None
    assert ("Wanted", "<b>x</b> & <img src=y>", "") in view.facts
    labels = {name.text(): value.text() for name, value, _ in quiet_desk.page.detail._facts._rows}
    assert labels["Wanted"] == "<b>x</b> & <img src=y>"


async def test_every_control_has_a_name_and_no_text_is_cut(desk: AtDesk) -> None:
    (edit,) = await desk.want(
        on_maria(EditKind.VAR, "city", "Porto", "Faro", reason="She wrote that she moved. " * 12)
    )
    await desk.send()
    await shown(desk, 1)
    desk.page.rows.select(edit)
    await until(lambda: desk.page.detail.button("apply").isEnabled())
    assert unnamed(desk.page) == []
    assert cut_off(desk.page.detail) == []
