"""The Reports page by keyboard and mouse: tiles, tables, people, files, states."""

import csv
from datetime import date
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from desktop.audience.report_definitions import REPORTS
from desktop.kit.errors import StorageError
from desktop.model.report_period import BucketSize
from desktop.panels.batches.batch_page import BatchPage
from desktop.panels.reports.printed_report import build_document, collect_printed, make_report_pdf
from desktop.panels.reports.report_dialogs import (
    ArrangeTilesDialog,
    CountedPeopleDialog,
    PhrasesDialog,
    UndoNoteDialog,
)
from desktop.settings import settings_table
from desktop.viewmodels.reports.report_period_choice import ReportDays, ReportPeriodChoice
from desktop.viewmodels.reports.report_tile_view import TileState
from desktop.viewmodels.reports.reports_page_model import DEFAULT_TILES
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.reports_page_driver import ReportsPageDriver
from tests.support.window_driver import CTRL, Key


async def test_tiles_say_figures_and_the_chosen_one_has_its_exact_table_below(
    window: ReportsPageDriver,
) -> None:
    assert "reports" not in window.view.rail_pages
    await window.open_reports()
    texts = window.visible_texts()
    assert "152 more than before (60)" in texts
    assert controls_without_name(window.page) == []
    assert clipped_texts(window.page) == []
    tile = window.tile("opt-outs")
    tile.chart.setFocus()
    assert window.model.chosen == "opt-outs"
    assert "Opt-outs by cause" in window.visible_texts(window.page.detail_card)
    rows = [window.model.category_model.row_at(n) for n in range(5)]
    assert [row.cells[:3] for row in rows if row is not None] == [
        ("Bulk change", "150", "0"),
        ("Not known", "35", "38"),
        ("Agent", "18", "16"),
        ("Sync", "9", "6"),
        ("All", "212", "60"),
    ]
    window.save_screenshot("reports")


async def test_arrow_keys_walk_the_values_and_enter_shows_who_they_are(
    window: ReportsPageDriver,
) -> None:
    await window.open_reports()
    chart = window.tile("opt-outs").chart
    chart.setFocus()
    window.press(Key.Key_Left)
    assert (window.model.cursor, chart.cursor_place()) == (27, 27)
    window.press(Key.Key_Left)
    assert chart.accessibleDescription().startswith(
        window.model.report("opt-outs").buckets[26].first.strftime("%a %-d %b: Bulk change 150")
    )
    # The highlighted day is the same in the table.
    assert window.page.detail_card.day_table.current_row() == 1
    window.press(Key.Key_Home)
    assert window.model.cursor == 0
    window.press(Key.Key_End)
    window.press(Key.Key_Left)
    window.press(Key.Key_Return)
    await window.wait_until(lambda: window.page.findChild(CountedPeopleDialog) is not None)
    dialog = window.page.findChild(CountedPeopleDialog)
    assert dialog.state_label.text() == "156 people."
    dialog.search_field.setText("p124@")
    dialog.apply_search()
    assert dialog.state_label.text() == "1 of 156 people match."
    dialog.reject()
    # From the table, a day further back.
    table = window.page.detail_card.day_table
    table.setFocus()
    table.select_row(2)
    assert chart.cursor_place() == 25


async def test_mail_of_reports_that_waits_is_told_until_it_is_sent(
    window: ReportsPageDriver,
) -> None:
    await window.open_reports()
    assert not window.page.mail_banner.isVisible()
    notices, now = window.house.data_store.report_notices, window.home.clock.now()
    await notices.claim_mail("weekly", date(2026, 11, 30), "The week's reports", "…", now)
    (mail,) = await notices.list_waiting()
    assert await notices.begin_attempt(mail, now + 900)
    await notices.note_failure(mail, "The mail server does not answer.")
    window.model.refresh()
    await window.wait_until(window.page.mail_banner.isVisible)
    said = window.visible_texts(window.page.mail_banner)
    assert "“The week's reports” was not sent yet." in said
    assert "After 1 attempt it is sent again from " in said
    assert "The mail server does not answer." in said
    await notices.remove_waiting(mail)
    window.model.refresh()
    await window.wait_until(lambda: not window.page.mail_banner.isVisible())


async def test_people_behind_a_finding_are_listed_and_the_batch_opens_in_activity(
    window: ReportsPageDriver,
) -> None:
    await window.open_reports()
    window.model.choose("opt-outs")
    card = window.page.detail_card
    assert "40 of the 150 had opened an e-mail in the 7 days before." in window.visible_texts(card)
    window.click(card.finding_rows[0].link)
    await window.wait_until(lambda: window.page.findChild(CountedPeopleDialog) is not None)
    dialog = window.page.findChild(CountedPeopleDialog)
    assert dialog.state_label.text() == "40 people."
    dialog.reject()
    window.click(card.finding_rows[1].link)
    assert window.view.current_page == "activity"


async def test_who_of_a_batch_still_read_their_mail_is_taken_to_the_preview_of_their_undo(
    window: ReportsPageDriver,
) -> None:
    await window.open_reports()
    window.model.choose("opt-outs")
    card = window.page.detail_card
    window.click(next(row.link for row in card.finding_rows if "Undo" in row.link.text()))
    dialog = window.page.findChild(UndoNoteDialog)
    assert dialog is not None
    dialog.field.setText("they read their mail")
    window.click(dialog.preview_button)
    await window.wait_until(lambda: window.view.current_page == "bulk")
    page = window.view.findChild(BatchPage)
    assert page is not None
    await window.wait_until(lambda: page.model.batch is not None)
    batch = page.model.batch
    assert batch is not None
    assert (batch.undone_batch, batch.reason) == ("1", "they read their mail")
    found = await window.house.store.edit_batches.list_profiles(batch.id)
    assert len(found) == 40

    def chosen() -> tuple[int, str] | None:
        view = page.model.view()
        return (view.counts[0].number, view.counts[0].label) if view is not None else None

    await window.wait_until(lambda: chosen() == (40, "chosen"))
    # What stood before is given back: there is no change to choose.
    assert not page.change_card.form.isVisible()


async def test_a_person_behind_a_number_opens_as_a_customer(window: ReportsPageDriver) -> None:
    await window.open_reports()
    window.model.choose("new-tickets")
    window.click(window.page.detail_card.people_button)
    await window.wait_until(lambda: window.page.findChild(CountedPeopleDialog) is not None)
    dialog = window.page.findChild(CountedPeopleDialog)
    report = window.model.report("new-tickets")
    assert report is not None
    assert len(dialog.rows()) == report.people
    looked_up: list[str] = []
    window.page.customer_requested.disconnect()
    window.page.customer_requested.connect(looked_up.append)
    window.press(Key.Key_Down)
    dialog.use_button.click()
    assert len(looked_up) == 1
    assert "@people.example" in looked_up[0]


async def test_weeks_other_days_and_no_comparison_are_counted_anew(
    window: ReportsPageDriver,
) -> None:
    await window.open_reports()
    first = window.model.report("new-tickets")
    assert first is not None
    header = window.page.header
    window.click(header.size_control.segment("week"))
    await window.wait_until(window.is_counted)
    weeks = window.model.report("new-tickets")
    assert weeks is not None
    assert (weeks.size, weeks.total) == (BucketSize.WEEK, first.total)
    assert window.model.day_model.rowCount() == len(weeks.buckets) <= 5
    header.compare_field.chosen.emit("off")
    await window.wait_until(window.is_counted)
    assert "than before" not in window.visible_texts(window.page)
    header.days_chosen.emit(ReportDays(ReportPeriodChoice.TWELVE_WEEKS))
    await window.wait_until(window.is_counted)
    longer = window.model.report("new-tickets")
    assert longer is not None
    assert (longer.period.days, longer.before_total) == (84, None)
    assert longer.total > first.total


async def test_a_phrase_is_chosen_in_the_tile_and_kept_in_the_settings(
    window: ReportsPageDriver,
) -> None:
    await window.open_reports()
    tile = window.tile("phrases")
    assert window.model.tile("phrases").state is TileState.UNSET
    tile.action_requested.emit()
    dialog = window.page.findChild(PhrasesDialog)
    assert dialog is not None
    dialog.field.setPlainText("travel insurance\n\n refund  please ")
    dialog.count_button.click()
    await window.wait_until(lambda: window.model.tile("phrases").state is TileState.SHOWN)
    kept = window.house.session.values.get(settings_table.REPORT_PHRASES)
    assert kept == ("travel insurance", "refund please")
    report = window.model.report("phrases")
    assert report is not None
    assert report.total > 5
    # What makes no phrase is refused and changes nothing.
    window.model.set_phrases("…")
    assert "A phrase needs a letter or a digit." in window.visible_texts()
    assert window.model.phrases == kept


async def test_one_tile_that_fails_says_so_and_tries_again_alone(
    window: ReportsPageDriver,
) -> None:
    await window.open_reports()
    reports = window.house.data_store.ticket_reports
    real = type(reports).__dict__["count_ratings"]

    async def fail(*_args: object) -> None:
        raise StorageError("The disk is full.", "Nothing was read.")

    reports.__dict__["count_ratings"] = fail
    window.model.retry("satisfaction-by-agent")
    await window.wait_until(
        lambda: window.model.tile("satisfaction-by-agent").state is TileState.FAILED
    )
    tile = window.tile("satisfaction-by-agent")
    assert "The disk is full. Nothing was read." in window.visible_texts(tile)
    assert window.model.tile("new-tickets").state is TileState.SHOWN
    assert real is not None
    del reports.__dict__["count_ratings"]
    tile.retry_requested.emit()
    await window.wait_until(
        lambda: window.model.tile("satisfaction-by-agent").state is TileState.SHOWN
    )


async def test_tiles_are_arranged_and_stay_so(window: ReportsPageDriver) -> None:
    await window.open_reports()
    window.click(window.page.header.arrange_button)
    dialog = window.page.findChild(ArrangeTilesDialog)
    assert dialog is not None
    dialog.box("health").setChecked(True)
    assert not dialog.show_button.isEnabled()
    assert "7 are ticked; 6 fit." in dialog.show_button.toolTip()
    for name in DEFAULT_TILES[:4]:
        dialog.box(name).setChecked(False)
    dialog.show_button.click()
    await window.wait_until(window.is_counted)
    wanted = ("opt-outs", "phrases", "health")
    assert window.model.tiles == wanted
    await window.show_health_of(1, 2)
    card = window.page.detail_card
    # Two beside those of the bulk opt-out, whom Sailthru alone knows.
    assert "39 people are Frustrated now." in window.visible_texts(card)
    # One click to who they are.
    window.click(card.finding_rows[0].link)
    await window.wait_until(lambda: "39 people match" in window.visible_texts())
    assert window.view.current_page == "audience"
    # And one to the suppression list, with nothing changed before the preview.
    window.view.show_page("reports")
    await window.wait_until(window.is_counted)
    window.click(card.finding_rows[3].link)
    await window.wait_until(lambda: window.view.current_page == "bulk")
    batch = window.view.findChild(BatchPage).model
    await window.wait_until(lambda: batch.batch is not None)
    assert (batch.draft.change, batch.draft.list_name) == ("list on", "Support - suppressed")
    assert not batch.is_sent
    assert set(window.page.tiles) == set(wanted)
    await window.reopen_window()
    await window.wait_until(lambda: "reports" in window.view.rail_pages)
    window.press(Key.Key_6, CTRL)
    await window.wait_until(window.is_counted)
    assert window.model.tiles == wanted


async def test_rows_picture_and_printed_page_are_written_to_files(
    window: ReportsPageDriver, tmp_path: Path
) -> None:
    await window.open_reports()
    window.model.choose("opt-outs")
    path = tmp_path / window.model.file_name("csv")
    window.model.export(str(path), "csv")
    await window.wait_until(path.exists)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["Cause"]: row["Number"] for row in rows} == {
        "Bulk change": "150", "Not known": "35", "Agent": "18", "Sync": "9",
    }  # fmt: skip
    await window.wait_until(lambda: "Saved 4 rows to" in window.visible_texts())
    picture = QImage.fromData(window.page.picture())
    assert picture.size() == window.tile("opt-outs").size() * 2
    text = build_document(collect_printed(window.model, window.page.tiles)).toPlainText()
    assert "152 more than before (60)" in text
    assert text.count("28 Nov") + text.count("Nov") > 5
    printed = collect_printed(window.model, window.page.tiles)
    pdf = tmp_path / "x.pdf"
    window.model.save_made(str(pdf), lambda: make_report_pdf(printed), window.model.tiles)
    await window.wait_until(pdf.exists)
    assert pdf.read_bytes().startswith(b"%PDF")


async def test_narrow_the_tiles_stand_below_each_other_and_nothing_is_cut(
    window: ReportsPageDriver,
) -> None:
    await window.open_reports()
    window.model.choose("opt-outs")
    window.view.resize(392, 860)
    await window.pause(0.2)
    lefts = {tile.x() for tile in window.page.tiles.values()}
    assert len(lefts) == 1
    width = window.page.width()
    assert all(tile.width() <= width for tile in window.page.tiles.values())
    card = window.page.detail_card
    assert card.width() <= width
    parts = [card.category_table, *card.finding_rows[:2], card.notes_label, card.day_table]
    shown = [part.geometry() for part in parts if part.isVisible()]
    assert len(shown) == 5
    assert all(one.bottom() < after.top() for one, after in pairwise(shown))
    assert card.category_table.verticalScrollBar().maximum() == 0


async def test_who_may_not_see_reports_has_no_page_and_is_told_why(
    agent_window: ReportsPageDriver,
) -> None:
    window = agent_window
    action = window.view.window_actions["Reports"]
    await window.wait_until(lambda: not action.isEnabled())
    assert "reports" not in window.view.rail_pages
    window.press(Key.Key_6, CTRL)
    assert window.view.current_page != "reports"
    assert "may not search everybody" in action.statusTip()


async def test_a_report_that_names_agents_is_refused_in_its_tile(
    window: ReportsPageDriver,
) -> None:
    await window.open_reports()
    name = "tickets-by-agent"
    assert REPORTS[name].names_agents
    permissions = window.house.session.rules.permissions
    role = window.house.session.actor.role
    kept = dict(permissions[role])
    changed = {one: allowed and one.value != "agent_reports" for one, allowed in kept.items()}
    permissions[role] = changed  # type: ignore[index]
    try:
        window.model.retry(name)
        await window.wait_until(lambda: window.model.tile(name).state is TileState.REFUSED)
    finally:
        permissions[role] = kept  # type: ignore[index]
    assert "may not see reports that name agents" in window.visible_texts(window.tile(name))
    assert window.tile(name).chart.focusPolicy() == Qt.FocusPolicy.StrongFocus
